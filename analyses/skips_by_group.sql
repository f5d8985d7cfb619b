-- Which plays are skipped: on what, at which hour, how begun, how long?
select
    attribute,
    level,
    plays,
    round(skip_rate, 3) as skip_rate,
    round(ci_low, 3) as ci_low,
    round(ci_high, 3) as ci_high
from {{ ref('skip_rates') }}
order by attribute, level_order
