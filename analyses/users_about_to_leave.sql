-- Who is about to leave, what speaks for it, and whether the model knows more than the days since the last visit?
select
    scores.user_id,
    scores.churn_risk_band,
    scores.top_reason_1,
    scores.top_reason_2,
    verdicts.verdict,
    round(scores.churn_probability, 3) as churn_probability
from {{ ref('user_churn_scores') }} as scores
inner join {{ ref('churn_model_scores') }} as verdicts
    on verdicts.model = 'churn' and verdicts.evaluation = 'future' and verdicts.metric = 'auc_gain'
where scores.churn_probability is not null
order by scores.churn_probability desc, scores.user_id asc
limit 50
