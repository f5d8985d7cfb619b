with

scores as (

    select * from {{ ref('int_churn_logit_evaluated') }}

),

models as (

    select * from {{ ref('int_churn_models_fitted') }}
    where role = 'intercept'

),

-- whether an evaluation finds that the model ranks users better than the days since they were active do
gains as (

    select
        evaluation,
        value is not null as is_evaluated,
        ci_low > 0 as is_useful
    from scores
    where metric = 'auc_gain'

),

final as (

    select
        scores.model,
        'churned' as target,
        scores.evaluation,
        scores.metric,
        scores.value,
        scores.ci_low,
        scores.ci_high,
        scores.users,
        scores.events,
        models.leaks_outcome,
        case
            when not gains.is_evaluated then 'too_few_outcomes'
            when models.leaks_outcome then 'leaks_outcome'
            when scores.model <> models.model then 'baseline'
            when gains.is_useful then 'useful'
            else 'no_better_than_recency'
        end as verdict

    from scores
    cross join models
    inner join gains on scores.evaluation = gains.evaluation

)

select * from final
