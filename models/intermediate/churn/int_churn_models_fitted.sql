{{ config(materialized='view') }}
-- The terms of the regression of churn, with whether it uses anything that is known only after the cutoff.
with

terms as (

    select * from {{ ref('int_churn_logit_fitted') }}

),

late_features as (

    select feature
    from {{ ref('feature_register') }}
    where known_from not in ('signup', 'cutoff') or contains_outcome

),

leaking_models as (

    select distinct terms.model
    from terms
    inner join late_features on terms.attribute = late_features.feature

),

final as (

    select
        model,
        role,
        term,
        attribute,
        level,
        reference_level,
        coefficient,
        std_error,
        z_value,
        odds_ratio,
        ci_low,
        ci_high,
        p_value,
        q_value,
        vif,
        marginal_effect,
        marginal_effect_ci_low,
        marginal_effect_ci_high,
        users,
        events,
        support,
        is_separated,
        mean_contribution,
        penalty,
        patterns,
        clusters,
        log_likelihood,
        null_log_likelihood,
        pseudo_r_squared,
        joint_p_value,
        verdict,
        library_versions,
        fitted_as_of,
        model in (select leaking_models.model from leaking_models) as leaks_outcome
    from terms

)

select * from final
