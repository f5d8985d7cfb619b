with

terms as (

    select * from {{ ref('int_churn_models_fitted') }}

),

final as (

    select
        model,
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
        penalty,
        is_separated,
        leaks_outcome,
        fitted_as_of as model_fitted_as_of

    from terms
    where role in ('intercept', 'effect') and coefficient is not null

)

select * from final
