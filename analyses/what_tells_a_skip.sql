-- Which features does the best model lean on when it tells skips, and how sure is that?
select
    importances.place,
    importances.feature,
    importances.plays,
    round(importances.auc_drop, 4) as auc_drop,
    round(importances.ci_low, 4) as ci_low,
    round(importances.ci_high, 4) as ci_high
from {{ ref('skip_feature_importance') }} as importances
inner join {{ ref('skip_model_scores') }} as scores
    on
        importances.model = scores.model
        and scores.is_best
        and scores.evaluation = 'future'
        and scores.metric = 'auc'
order by importances.place
