-- How is the product doing, area by area, how exactly is that known, and where does each figure come from?
select
    area,
    label,
    unit,
    users,
    verdict,
    note,
    evidence_table,
    evidence_key,
    round(value, 3) as figure,
    round(ci_low, 3) as ci_low,
    round(ci_high, 3) as ci_high
from {{ ref('key_insights') }}
order by place
