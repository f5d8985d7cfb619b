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
            when scores.value is null then 'too_few_outcomes'
            when models.leaks_outcome then 'leaks_outcome'
            when models.joint_p_value <= 0.05 then 'useful'
            else 'no_evidence'
        end as verdict

    from scores
    inner join models on scores.model = models.model

)

select * from final
