-- depends_on: {{ ref('int_days_offset') }}
with

actions as (

    select * from {{ ref('stg_people__user_actions') }}

),

counted as (

    select
        actions.user_id,
        actions.action,
        {{ local_day('actions.occurred_at') }} as date_day,
        count(*) as times

    from actions
    {{ local_day_join('actions.occurred_at') }}
    group by actions.user_id, actions.action, {{ local_day('actions.occurred_at') }}

),

names as (

    select count(distinct action) as actions
    from counted

),

-- with too many names of actions these are free text, in which people's names can stand
final as (

    select
        counted.user_id,
        counted.action,
        counted.date_day,
        counted.times

    from counted
    cross join names
    where names.actions <= {{ var('max_levels') }}

    union all

    select
        counted.user_id,
        '(too many levels)' as action,
        counted.date_day,
        cast(sum(counted.times) as bigint) as times

    from counted
    cross join names
    where names.actions > {{ var('max_levels') }}
    group by counted.user_id, counted.date_day

)

select * from final
