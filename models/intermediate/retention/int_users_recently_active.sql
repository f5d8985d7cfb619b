-- What users did on the 28 days that end with as_of, seven days at a time.
with

activity_days as (

    select
        activity_days.user_id,
        cast({{ dbt.datediff('activity_days.date_day', 'observation.as_of', 'day') }} as integer) as days_ago

    from {{ ref('user_activity_days') }} as activity_days
    inner join {{ ref('int_observation_bounded') }} as observation on activity_days.date_day <= observation.as_of

),

final as (

    select
        user_id,
        count(*) as active_days,
        count(*) filter (where days_ago < 7) as recent_days,
        count(*) filter (where days_ago between 7 and 13) as previous_days

    from activity_days
    where days_ago < 28
    group by user_id

)

select * from final
