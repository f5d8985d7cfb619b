-- How long does it take to become a regular user?
select
    days_since_signup,
    at_risk,
    round(adopted_share, 3) as adopted_share,
    round(ci_low, 3) as ci_low,
    round(ci_high, 3) as ci_high
from {{ ref('adoption_curves') }}
where attribute = '(all)' and days_since_signup in (0, 7, 14, 30, 60, 90, 180)
order by days_since_signup
