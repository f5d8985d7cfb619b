with

steps as (

    select
        attribute,
        level,
        days_since_signup,
        adopted_share,
        at_risk,
        lag(adopted_share) over (partition by attribute, level order by days_since_signup) as earlier_share,
        lag(at_risk) over (partition by attribute, level order by days_since_signup) as earlier_at_risk
    from {{ ref('adoption_curves') }}

)

select *
from steps
where adopted_share < earlier_share or at_risk > earlier_at_risk
