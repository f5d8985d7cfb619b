-- How well do the models tell, when a play starts, whether it will be skipped? The best one is chosen before the future begins.
select
    model,
    evaluation,
    is_best,
    plays,
    users,
    verdict,
    round(value, 3) as auc,
    round(ci_low, 3) as ci_low,
    round(ci_high, 3) as ci_high
from {{ ref('skip_model_scores') }}
where metric = 'auc'
order by is_best desc, model asc, evaluation asc
