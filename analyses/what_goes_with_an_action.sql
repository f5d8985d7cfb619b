-- What goes with performing an action, all else equal? The first regression of action_models, terms that stand out from chance.
select
    action,
    term,
    reference_level,
    round(odds_ratio, 2) as odds_ratio,
    round(ci_low, 2) as ci_low,
    round(ci_high, 2) as ci_high,
    round(marginal_effect, 3) as marginal_effect,
    round(q_value, 3) as q_value
from {{ ref('action_coefficients') }}
where model = '{{ var("action_models")[0].name }}' and q_value <= {{ var('test_alpha') }}
order by action, q_value
