-- The first silence of churn_days of everybody who is followed. It is known on its last day, and nothing that comes later changes that.
with

users as (

    select * from {{ ref('int_survivors_listed') }}
    where is_at_risk

),

observation as (

    select * from {{ ref('int_observation_bounded') }}

),

activity_days as (

    select
        activity_days.user_id,
        activity_days.date_day

    from {{ ref('user_activity_days') }} as activity_days
    inner join observation on activity_days.date_day <= observation.as_of

),

-- active days after the origin, with the last active day before each
later_days as (

    select
        users.origin,
        users.user_id,
        activity_days.date_day,
        coalesce(
            lag(activity_days.date_day) over (
                partition by users.origin, users.user_id
                order by activity_days.date_day
            ),
            users.last_active_on
        ) as earlier_day

    from activity_days
    inner join users
        on
            activity_days.user_id = users.user_id
            and activity_days.date_day > users.origin_on

),

silences as (

    select
        origin,
        user_id,
        min(earlier_day) filter (where {{ dbt.datediff('earlier_day', 'date_day', 'day') }} > {{ var('churn_days') }}) as silent_after,
        max(date_day) as last_active_on

    from later_days
    group by origin, user_id

),

lives as (

    select
        users.origin,
        users.user_id,
        cast({{ dbt.datediff('users.origin_on', 'observation.as_of', 'day') }} as integer) as days_observed,
        {{ dbt.datediff(
            'users.origin_on',
            'coalesce(silences.silent_after, silences.last_active_on, users.last_active_on)',
            'day',
        ) }} + {{ var('churn_days') }} as days_to_leaving

    from users
    cross join observation
    left join silences
        on
            users.origin = silences.origin
            and users.user_id = silences.user_id

),

final as (

    select
        origin,
        user_id,
        days_observed,
        coalesce(days_to_leaving <= days_observed, false) as has_left,
        cast(least(days_to_leaving, days_observed) as integer) as day_number
    from lives

)

select * from final
