-- depends_on: {{ ref('stg_inputs__excluded_users') }}
with

raw_actions as (

    select * from {{ ref('base_people__user_actions') }}

),

parsed_actions as (

    select
        user_id as raw_user_id,
        action as raw_action,
        occurred_at as raw_occurred_at,
        is_excluded as is_excluded_row,
        reading_problem,
        raw_text,
        source_file,
        source_row,
        {{ parse_id('user_id') }} as user_id,
        nullif(trim(cast(action as varchar)), '') as action,
        {{ parse_time('occurred_at') }} as occurred_at

    from raw_actions

),

final as (

    select
        user_id,
        {{ public_text('action') }} as action,
        occurred_at,
        is_excluded_row or {{ excluded_user('user_id') }} as is_excluded,
        {{ reject_columns([
            {'column': 'user_id', 'raw': 'raw_user_id', 'parsed': 'user_id', 'kind': 'id', 'required': true},
            {'column': 'action', 'raw': 'raw_action', 'parsed': 'action', 'kind': 'action', 'required': true},
            {'column': 'occurred_at', 'raw': 'raw_occurred_at', 'parsed': 'occurred_at', 'kind': 'time'},
        ]) }},
        raw_text,
        source_file,
        source_row

    from parsed_actions

)

select * from final
