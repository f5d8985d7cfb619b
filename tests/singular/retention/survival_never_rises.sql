with

steps as (

    select
        attribute,
        level,
        days_since_origin,
        staying_share,
        at_risk,
        lag(staying_share) over (partition by attribute, level order by days_since_origin) as earlier_share,
        lag(at_risk) over (partition by attribute, level order by days_since_origin) as earlier_at_risk
    from {{ ref('survival_curves') }}

)

select *
from steps
where staying_share > earlier_share or at_risk > earlier_at_risk
