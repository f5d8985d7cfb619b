with

scores as (

    select * from {{ ref('int_skip_models_evaluated') }}

),

runs as (

    select * from {{ ref('int_skip_models_judged') }}
    where kind = 'run'

),

-- whether an evaluation finds the predictions better than the mean
gains as (

    select
        model,
        evaluation,
        value is not null as is_evaluated,
        ci_low > 0 as is_useful
    from scores
    where metric = 'brier_gain'

),

-- chosen before the future begins, which then says how good the choice is
best_models as (

    select model
    from scores
    where metric = 'auc' and evaluation <> 'future' and value is not null
    qualify row_number() over (
        order by value desc, model asc
    ) = 1

),

final as (

    select
        scores.model,
        'skipped' as target,
        scores.evaluation,
        scores.metric,
        scores.value,
        scores.ci_low,
        scores.ci_high,
        scores.plays,
        scores.skips,
        scores.users,
        runs.leaks_outcome,
        best_models.model is not null as is_best,
        case
            when not gains.is_evaluated then 'too_few_outcomes'
            when runs.leaks_outcome then 'leaks_outcome'
            when gains.is_useful then 'useful'
            else 'no_evidence'
        end as verdict

    from scores
    inner join runs on scores.model = runs.model and scores.evaluation = runs.evaluation
    inner join gains on scores.model = gains.model and scores.evaluation = gains.evaluation
    left join best_models on scores.model = best_models.model

)

select * from final
