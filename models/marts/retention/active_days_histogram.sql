with

observation as (

    select * from {{ ref('int_observation_bounded') }}

),

-- the first of the 28 days that end with as_of
window_starts as (

    select
        *,
        cast({{ dbt.dateadd('day', -27, 'as_of') }} as date) as window_started_on
    from observation

),

users as (

    select
        users.user_id,
        users.org_id,
        users.observed_from <= window_starts.window_started_on
        and coalesce(window_starts.activity_started_on <= window_starts.window_started_on, false) as is_observed_throughout

    from {{ ref('int_users_followed') }} as users
    cross join window_starts

),

active_users as (

    select
        activity_days.user_id,
        count(*) as active_days

    from {{ ref('user_activity_days') }} as activity_days
    inner join window_starts
        on
            activity_days.date_day >= window_starts.window_started_on
            and activity_days.date_day <= window_starts.as_of
    group by activity_days.user_id

),

newcomers as (

    select count(*) as users
    from users
    where not is_observed_throughout

),

organisations as (

    select
        users.org_id,
        coalesce(active_users.active_days, 0) as active_days,
        count(*) as users

    from users
    left join active_users on users.user_id = active_users.user_id
    where users.is_observed_throughout
    group by users.org_id, coalesce(active_users.active_days, 0)

),

organisation_sizes as (

    select
        org_id,
        sum(users) as observed_users
    from organisations
    group by org_id

),

numbers as (

    select day_number as active_days
    from {{ ref('int_days_listed') }}
    where day_number between 0 and 28

),

-- every organisation with every number of days, also where it has nobody with so many
cells as (

    select
        numbers.active_days,
        organisation_sizes.org_id,
        organisation_sizes.observed_users,
        coalesce(organisations.users, 0) as users

    from organisation_sizes
    cross join numbers
    left join organisations
        on
            organisation_sizes.org_id is not distinct from organisations.org_id
            and numbers.active_days = organisations.active_days

),

summed as (

    select
        active_days,
        {{ clustered_counts('users', 'observed_users', 'days') }}
    from cells
    group by active_days

),

-- pooled over the numbers of days
correlated as (

    select
        *,
        {{ intraclass_correlation('days', within='days_trials') }} as days_correlation
    from summed

),

sized as (

    select
        *,
        {{ design_effect('days') }} as design_effect,
        {{ effective_trials('days') }} as effective_users
    from correlated

),

final as (

    select
        sized.active_days,
        sized.days_successes as users,
        sized.days_trials as observed_users,
        sized.days_successes * 1.0 / sized.days_trials as share,
        {{ wilson_bound('-', 'sized.days_successes', 'sized.days_trials', 'sized.effective_users') }} as ci_low,
        {{ wilson_bound('+', 'sized.days_successes', 'sized.days_trials', 'sized.effective_users') }} as ci_high,
        sized.design_effect,
        newcomers.users as newcomers

    from sized
    cross join newcomers

)

select * from final
