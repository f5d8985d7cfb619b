{{ config(materialized='view') }}
-- The terms of every regression on adoption, with whether its model uses anything that is known only after the fact.
with

terms as (

    select * from {{ ref('int_adoption_logit_fitted') }}
    union all
    select * from {{ ref('int_adoption_published_fitted') }}

),

late_features as (

    select
        feature,
        ' ' || used_by || ' ' as used_by
    from {{ ref('feature_register') }}
    where known_from in ('cutoff', 'later') or contains_outcome

),

leaking_models as (

    select distinct terms.model
    from terms
    inner join late_features
        -- a model that was not fitted has no terms to tell by
        on terms.attribute = late_features.feature or late_features.used_by like '% ' || terms.model || ' %'

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
