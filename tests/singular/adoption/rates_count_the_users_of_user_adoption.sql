-- The same accounts, counted from the user mart.
with

counted as (

    select
        count(*) as users,
        count(*) filter (where {{ adoption_label() }} is not null) as adopted_users,
        count(*) filter (where is_matured and is_observed_from_signup) as matured_users,
        count(*) filter (where is_in_adoption_rate) as users_in_rate,
        count(*) filter (where is_adopted_in_adoption_rate) as adopted_users_in_rate,
        count(*) filter (where is_in_matured_rate) as users_in_matured_rate,
        count(*) filter (where is_adopted_in_matured_rate) as adopted_users_in_matured_rate
    from {{ ref('user_adoption') }}
    where created_on <= as_of

)

select
    rates.users,
    rates.adopted_users,
    rates.matured_users,
    counted.users as counted_users,
    counted.adopted_users as counted_adopted_users,
    counted.matured_users as counted_matured_users,
    rates.matured_adopted_users,
    counted.users_in_rate,
    counted.adopted_users_in_rate,
    counted.users_in_matured_rate,
    counted.adopted_users_in_matured_rate
from {{ ref('adoption_rates') }} as rates
cross join counted
where
    rates.attribute = '(all)'
    and (
        rates.users <> counted.users
        or rates.adopted_users <> counted.adopted_users
        or rates.matured_users <> counted.matured_users
        or rates.users <> counted.users_in_rate
        or rates.adopted_users <> counted.adopted_users_in_rate
        or rates.matured_users <> counted.users_in_matured_rate
        or rates.matured_adopted_users <> counted.adopted_users_in_matured_rate
    )
