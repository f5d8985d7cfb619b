-- Which attributes go with which action, so that it is no chance, and how large is the difference?
select
    action,
    attribute,
    level,
    reference_level,
    effect_size_name,
    users,
    round(effect_size, 3) as effect_size,
    round(effect_ci_low, 3) as ci_low,
    round(effect_ci_high, 3) as ci_high,
    round(q_value, 3) as q_value
from {{ ref('action_tests') }}
where verdict = 'different'
order by action, q_value
