-- Which larger organisations have few adopted users? Sorted by the upper bound, so that small ones do not come first by chance.
select
    org_id,
    users,
    adopted_users,
    last_active_on,
    round(adoption_rate, 3) as adoption_rate,
    round(ci_high, 3) as ci_high
from {{ ref('organisations') }}
where users >= 10
qualify row_number() over (order by ci_high, org_id) <= 10
order by ci_high, org_id
