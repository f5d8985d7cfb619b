with

active_weeks as (

    select
        user_id,
        period_number
    from {{ ref('int_active_periods_found') }}
    where period_grain = 'week'

),

weeks as (

    select * from {{ ref('int_periods_listed') }}
    where period_grain = 'week'

),

observation as (

    select * from {{ ref('int_observation_bounded') }}

),

-- each active week, with the active one before it
numbered_weeks as (

    select
        period_number,
        lag(period_number) over (
            partition by user_id
            order by period_number
        ) as earlier_number
    from active_weeks

),

counted_weeks as (

    select
        period_number,
        count(*) as active_users,
        count(*) filter (where earlier_number is null) as new_users,
        count(*) filter (where earlier_number = period_number - 1) as retained_users,
        count(*) filter (where earlier_number < period_number - 1) as resurrected_users

    from numbered_weeks
    group by period_number

),

first_week as (

    select min(period_number) as period_number
    from counted_weeks

),

listed_weeks as (

    select
        weeks.started_on,
        weeks.started_on >= observation.activity_started_on and weeks.ended_on <= observation.as_of as is_complete,
        coalesce(counted_weeks.active_users, 0) as active_users,
        coalesce(counted_weeks.new_users, 0) as new_users,
        coalesce(counted_weeks.retained_users, 0) as retained_users,
        coalesce(counted_weeks.resurrected_users, 0) as resurrected_users

    from weeks
    inner join first_week on weeks.period_number >= first_week.period_number
    inner join observation on weeks.started_on <= observation.as_of
    left join counted_weeks on weeks.period_number = counted_weeks.period_number

),

final as (

    select
        started_on as date_week,
        is_complete,
        active_users,
        new_users,
        retained_users,
        resurrected_users,
        -- active in the week before and not in this one
        coalesce(lag(active_users) over (order by started_on), 0) - retained_users as churned_users

    from listed_weeks

)

select * from final
