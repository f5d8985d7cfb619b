with

everybody as (

    select * from {{ ref('adoption_rates') }}
    where attribute = '(all)'

),

attributes as (

    select
        attribute,
        sum(users) as users,
        sum(adopted_users) as adopted_users,
        sum(matured_users) as matured_users,
        sum(matured_adopted_users) as matured_adopted_users
    from {{ ref('adoption_rates') }}
    group by attribute

)

select attributes.*
from attributes
cross join everybody
where
    attributes.users <> everybody.users
    or attributes.adopted_users <> everybody.adopted_users
    or attributes.matured_users <> everybody.matured_users
    or attributes.matured_adopted_users <> everybody.matured_adopted_users
