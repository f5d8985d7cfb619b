-- How many users came back in the week after that of their sign-up, and in the fourth, over all cohorts whose week has ended. Users of one
-- organisation are alike in every cohort, so the interval cannot be had from the cohorts one by one.
with

users as (

    select * from {{ ref('int_users_followed') }}

),

lives as (

    select * from {{ ref('int_users_retained') }}
    where cohort_grain = 'week'

),

periods as (

    select * from {{ ref('int_periods_listed') }}
    where period_grain = 'week'

),

observation as (

    select * from {{ ref('int_observation_bounded') }}

),

cohorts as (

    {% for week in [1, 4] %}
    {{ 'union all' if not loop.first }}
    select
        user_id,
        org_id,
        {{ week }} as periods_since,
        {{ period_number('week', 'observed_from') }} + {{ week }} as period_number
    from users
    {% endfor %}

),

organisations as (

    select
        cohorts.periods_since,
        cohorts.org_id,
        count(*) as users,
        count(lives.user_id) as active_users

    from cohorts
    inner join periods on cohorts.period_number = periods.period_number
    inner join observation
        on
            periods.started_on >= observation.activity_started_on
            and periods.ended_on <= observation.as_of
    left join lives
        on
            cohorts.user_id = lives.user_id
            and cohorts.periods_since = lives.periods_since
    group by cohorts.periods_since, cohorts.org_id

),

summed as (

    select
        periods_since,
        {{ clustered_counts('active_users', 'users', 'return') }}
    from organisations
    group by periods_since

),

correlated as (

    select
        *,
        {{ intraclass_correlation('return', within='periods_since') }} as return_correlation
    from summed

),

final as (

    select
        periods_since,
        return_trials as users,
        return_successes as active_users,
        {{ design_effect('return') }} as design_effect,
        {{ effective_trials('return') }} as effective_users

    from correlated

)

select * from final
