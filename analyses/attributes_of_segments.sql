-- Which attributes go with the segment that users are in, so that it is no chance, and how strongly?
select
    attribute,
    verdict,
    users,
    reason,
    round(effect_size, 3) as cramers_v,
    round(q_value, 3) as q_value
from {{ ref('segment_attribute_tests') }}
order by verdict, q_value, attribute
