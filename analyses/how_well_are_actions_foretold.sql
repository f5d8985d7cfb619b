-- Can one tell from the attributes who performs an action? Better than by saying no to everybody?
select
    action,
    model,
    max(round(value, 3)) filter (where metric = 'auc') as auc,
    max(round(ci_low, 3)) filter (where metric = 'auc') as auc_ci_low,
    max(round(value, 3)) filter (where metric = 'accuracy') as accuracy,
    max(round(value, 3)) filter (where metric = 'baseline_accuracy') as baseline_accuracy,
    max(verdict) filter (where metric = 'accuracy') as verdict_of_accuracy,
    max(verdict) filter (where metric = 'auc') as verdict
from {{ ref('action_model_scores') }}
where evaluation = 'out_of_fold'
group by action, model
order by action, model
