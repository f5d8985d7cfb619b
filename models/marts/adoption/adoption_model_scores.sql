with

scores as (

    select * from {{ ref('int_adoption_logit_evaluated') }}
    union all
    select * from {{ ref('int_adoption_published_evaluated') }}

),

models as (

    select * from {{ ref('int_adoption_models_fitted') }}
    where role = 'intercept'

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

final as (

    select
        scores.model,
        'adopted' as target,
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
            when gains.is_useful then 'useful'
            else 'no_evidence'
        end as verdict

    from scores
    inner join models on scores.model = models.model
    inner join gains on scores.model = gains.model and scores.evaluation = gains.evaluation

)

select * from final
