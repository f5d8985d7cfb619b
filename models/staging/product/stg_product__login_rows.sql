-- depends_on: {{ ref('stg_inputs__excluded_users') }}
with

raw_logins as (

    select * from {{ ref('base_product__user_engagement') }}

),

parsed_logins as (

    select
        user_id as raw_user_id,
        time_stamp,
        visited,
        is_excluded as is_excluded_row,
        reading_problem,
        raw_text,
        source_file,
        source_row,
        {{ parse_id('user_id') }} as user_id,
        {{ parse_time('time_stamp') }} as logged_in_at,
        {{ parse_boolean('visited') }} as has_visited

    from raw_logins

),

final as (

    select
        user_id,
        logged_in_at,
        -- a row with visited = 0 says that there was no login
        is_excluded_row or not coalesce(has_visited, true) or {{ excluded_user('user_id') }} as is_excluded,
        {{ reject_columns([
            {'column': 'user_id', 'raw': 'raw_user_id', 'parsed': 'user_id', 'kind': 'id', 'required': true},
            {'column': 'time_stamp', 'raw': 'time_stamp', 'parsed': 'logged_in_at', 'kind': 'time', 'required': true},
            {'column': 'visited', 'raw': 'visited', 'parsed': 'has_visited', 'kind': 'boolean'},
        ]) }},
        raw_text,
        source_file,
        source_row

    from parsed_logins

)

select * from final
