with

terms as (

    select * from {{ ref('int_adoption_models_fitted') }}

),

features as (

    select
        model,
        count(distinct attribute) as features,
        count(*) filter (where role = 'effect') as terms
    from terms
    group by model

),

available as (

    select
        count(*) filter (where is_fitted) as landmark_users,
        count(*) filter (where no_score_reason is null or no_score_reason <> 'no_account') as accounts
    from {{ ref('int_users_landmarked') }}

),

final as (

    select
        runs.model,
        'adopted' as target,
        runs.fitted_as_of as as_of,
        runs.users as rows,
        case when runs.penalty = 'l1' then available.accounts else available.landmark_users end as rows_available,
        runs.events,
        features.features,
        features.terms,
        runs.patterns,
        runs.clusters,
        runs.penalty,
        runs.log_likelihood,
        runs.pseudo_r_squared,
        runs.joint_p_value,
        case when runs.penalty = 'l1' then cast({{ var('seed') }} as bigint) end as seed,
        runs.library_versions,
        runs.leaks_outcome,
        runs.verdict

    from terms as runs
    inner join features on runs.model = features.model
    cross join available
    where runs.role = 'intercept'

)

select * from final
