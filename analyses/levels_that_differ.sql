-- Where an attribute makes a difference: which of its levels differ from which, and by how much?
select
    action,
    attribute,
    level,
    other_level,
    round(difference, 3) as difference,
    round(ci_low, 3) as ci_low,
    round(ci_high, 3) as ci_high,
    round(q_value, 3) as q_value
from {{ ref('action_pairs') }}
where verdict = 'different'
order by action asc, attribute asc, abs(difference) desc
