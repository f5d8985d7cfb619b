{{ config(materialized='view') }}
-- The terms of every regression of an action, with whether its model uses anything that may be a consequence of the action.
with

terms as (

    select * from {{ ref('int_action_models_fitted') }}

),

leaking_models as (

    select distinct patterns.model
    from {{ ref('int_action_patterns') }} as patterns
    inner join {{ ref('int_attributes_sized') }} as attributes on patterns.attribute = attributes.attribute
    where attributes.is_of_today

),

final as (

    select
        action,
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
