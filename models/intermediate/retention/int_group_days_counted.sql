-- How many users of a group were active on each of the 28 days that end with as_of; days with none have no row.
with

activity_days as (

    select
        activity_days.user_id,
        activity_days.date_day

    from {{ ref('user_activity_days') }} as activity_days
    inner join {{ ref('int_observation_bounded') }} as observation
        on
            activity_days.date_day <= observation.as_of
            and activity_days.date_day > {{ dbt.dateadd('day', -28, 'observation.as_of') }}

),

groups as (

    select * from {{ ref('int_users_grouped') }}

),

final as (

    select
        groups.attribute,
        groups.level,
        activity_days.date_day,
        count(*) as active_users

    from activity_days
    inner join groups on activity_days.user_id = groups.user_id
    group by groups.attribute, groups.level, activity_days.date_day

)

select * from final
