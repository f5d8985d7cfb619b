-- The weeks and months of their lives in which users were active, and since when that activity lay ahead within the horizon.
with

periods as (

    select * from {{ ref('int_active_periods_found') }}

),

users as (

    select * from {{ ref('int_users_cohorted') }}

),

-- a horizon that begins with a period reaches the first active day if the period begins this late or later
reached as (

    {% for grain in ['week', 'month'] %}
    {{ 'union all' if not loop.first }}
    select
        user_id,
        period_grain,
        period_number,
        {{ period_number(grain, dbt.dateadd('day', -var('retention_horizon_days'), 'first_active_on')) }} + 1 as reached_from

    from periods
    where period_grain = '{{ grain }}'
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
        reached.period_number - users.cohort_number as periods_since,
        reached.reached_from - users.cohort_number as reached_from

    from reached
    inner join users
        on
            reached.period_grain = users.cohort_grain
            and reached.user_id = users.user_id
            and reached.period_number >= users.cohort_number

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
