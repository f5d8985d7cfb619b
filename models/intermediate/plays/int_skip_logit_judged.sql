{{ config(materialized='view') }}
-- The terms of the regression of skips, with whether it uses anything that is not known when a play starts.
with

terms as (

    select * from {{ ref('int_skip_logit_fitted') }}

),

leaks as (

    select count(*) > 0 as leaks_outcome
    from terms
    left join {{ ref('feature_register') }} as register on terms.attribute = register.feature
    where
        terms.attribute is not null
        and (register.feature is null or register.known_from <> 'play_start' or register.contains_outcome)

),

final as (

    select
        terms.model,
        terms.role,
        terms.term,
        terms.attribute,
        terms.level,
        terms.reference_level,
        terms.coefficient,
        terms.std_error,
        terms.z_value,
        terms.odds_ratio,
        terms.ci_low,
        terms.ci_high,
        terms.p_value,
        terms.q_value,
        terms.vif,
        terms.marginal_effect,
        terms.marginal_effect_ci_low,
        terms.marginal_effect_ci_high,
        terms.users,
        terms.events,
        terms.support,
        terms.is_separated,
        terms.mean_contribution,
        terms.penalty,
        terms.patterns,
        terms.clusters,
        terms.log_likelihood,
        terms.null_log_likelihood,
        terms.pseudo_r_squared,
        terms.joint_p_value,
        terms.verdict,
        terms.library_versions,
        terms.fitted_as_of,
        leaks.leaks_outcome

    from terms
    cross join leaks

)

select * from final
