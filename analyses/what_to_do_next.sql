-- What stands out, how sure is it, and what should be checked or tried next?
select
    place,
    severity,
    area,
    finding,
    recommendation,
    evidence_table,
    evidence_key,
    users,
    round(evidence_value, 3) as evidence_value,
    round(ci_low, 3) as ci_low,
    round(ci_high, 3) as ci_high,
    round(q_value, 4) as q_value
from {{ ref('recommendations') }}
order by place
