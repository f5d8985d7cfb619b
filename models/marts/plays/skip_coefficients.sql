with

terms as (

    select * from {{ ref('int_skip_logit_judged') }}

),

listeners as (

    select count(distinct user_id) as users
    from {{ ref('int_plays_sampled') }}

),

final as (

    select
        terms.model,
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

        listeners.users,
        terms.users as plays,
        terms.events,
        terms.support,
        terms.penalty,
        terms.is_separated,
        terms.leaks_outcome,
        terms.fitted_as_of as model_fitted_as_of

    from terms
    cross join listeners
    where terms.role in ('intercept', 'effect') and terms.coefficient is not null

)

select * from final
