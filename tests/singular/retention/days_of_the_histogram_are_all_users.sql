with

summed as (

    select
        sum(users) as users,
        any_value(observed_users) as observed_users,
        any_value(newcomers) as newcomers,
        count(*) as numbers
    from {{ ref('active_days_histogram') }}

),

observed_users as (

    select count(*) as users
    from {{ ref('int_users_followed') }}

)

select
    summed.*,
    observed_users.users as followed_users
from summed
cross join observed_users
where
    summed.numbers not in (0, 29)
    or summed.users <> summed.observed_users
    or summed.observed_users + summed.newcomers <> observed_users.users
