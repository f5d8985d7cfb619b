-- The weeks and months of their lives in which users were active, and since when that activity lay ahead within the horizon.
with

periods as (

    select * from {{ ref('int_active_periods_found') }}

),

users as (

    select * from {{ ref('int_users_cohorted') }}

),

-- by a day's activity: the first period of those whose horizon, from their first day on, reaches it
days as (

    {% for grain in ['week', 'month'] %}
    {{ 'union all' if not loop.first }}
    select
        '{{ grain }}' as period_grain,
        date_day,
        {{ period_number(grain, dbt.dateadd('day', -var('retention_horizon_days'), 'date_day')) }} + 1 as reached_from
    from {{ ref('int_days_listed') }}
    {% endfor %}

),

lives as (

    select
        users.cohort_grain,
        users.cohort_number,
        users.user_id,
        users.org_id,
        users.organisation_users,
        users.adopted_from,
        periods.period_number - users.cohort_number as periods_since,
        days.reached_from - users.cohort_number as reached_from

    from periods
    inner join users
        on
            periods.period_grain = users.cohort_grain
            and periods.user_id = users.user_id
            and periods.period_number >= users.cohort_number
    inner join days
        on
            periods.period_grain = days.period_grain
            and periods.first_active_on = days.date_day

),

final as (

    select
        cohort_grain,
        cohort_number,
        user_id,
        org_id,
        organisation_users,
        adopted_from,
        periods_since,
        -- of periods up to an earlier active one, that one tells already
        greatest(
            reached_from,
            coalesce(lag(periods_since) over (
                partition by cohort_grain, user_id
                order by periods_since
            ) + 1, 0)
        ) as ahead_from

    from lives

)

select * from final
