-- depends_on: {{ ref('int_days_offset') }}
with

actions as (

    select * from {{ ref('stg_people__user_actions') }}

),

final as (

    select
        actions.user_id,
        actions.action,
        {{ local_day('actions.occurred_at') }} as date_day,
        count(*) as times

    from actions
    {{ local_day_join('actions.occurred_at') }}
    group by actions.user_id, actions.action, {{ local_day('actions.occurred_at') }}

)

select * from final
