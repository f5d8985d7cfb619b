-- How well do the models tell who adopts? The honest one, and for comparison those that know the outcome already.
select
    model,
    evaluation,
    users,
    verdict,
    round(value, 3) as auc,
    round(ci_low, 3) as ci_low,
    round(ci_high, 3) as ci_high
from {{ ref('adoption_model_scores') }}
where metric = 'auc'
order by leaks_outcome, model, evaluation
