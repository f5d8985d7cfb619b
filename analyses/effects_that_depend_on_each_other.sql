-- Does the effect of one attribute on an action depend on another one?
select
    action,
    model,
    interaction,
    verdict,
    degrees_of_freedom,
    round(statistic, 2) as likelihood_ratio,
    round(p_value, 3) as p_value,
    round(q_value, 3) as q_value
from {{ ref('action_interactions') }}
order by q_value, action, interaction
