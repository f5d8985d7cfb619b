-- How often does each group of users perform each action, and how sure is that?
select
    action,
    attribute,
    level,
    users,
    performers,
    round(action_rate, 3) as action_rate,
    round(ci_low, 3) as ci_low,
    round(ci_high, 3) as ci_high
from {{ ref('action_rates') }}
order by action, attribute, level_order
