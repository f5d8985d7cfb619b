with

scores as (

    select * from {{ ref('int_action_models_evaluated') }}

),

models as (

    select * from {{ ref('int_action_models_judged') }}
    where role = 'intercept'

),

-- whether an evaluation finds the predictions better than the mean, and whether the model ever says that a user performs the action
evaluations as (

    select
        action,
        model,
        evaluation,
        max(value) filter (where metric = 'brier_gain') is not null as is_evaluated,
        coalesce(max(ci_low) filter (where metric = 'brier_gain') > 0, false) as is_useful,
        coalesce(max(value) filter (where metric = 'predicted_share') = 0, false) as is_silent

    from scores
    group by action, model, evaluation

),

final as (

    select
        scores.action,
        scores.model,
        scores.action as target,
        scores.evaluation,
        scores.metric,
        scores.value,
        scores.ci_low,
        scores.ci_high,
        scores.users,
        scores.events,
        models.leaks_outcome,
        case
            when not evaluations.is_evaluated then 'too_few_outcomes'
            when models.leaks_outcome then 'leaks_outcome'
            when
                evaluations.is_silent
                and scores.metric in ('accuracy', 'auc_hard', 'precision', 'recall', 'specificity', 'f1', 'predicted_share')
                then 'never_predicts_action'
            when evaluations.is_useful then 'useful'
            else 'no_evidence'
        end as verdict

    from scores
    inner join models on scores.action = models.action and scores.model = models.model
    inner join evaluations
        on
            scores.action = evaluations.action
            and scores.model = evaluations.model
            and scores.evaluation = evaluations.evaluation

)

select * from final
