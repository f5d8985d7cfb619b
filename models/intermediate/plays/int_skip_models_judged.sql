{{ config(materialized='view') }}
-- Runs, predictions and importances of the models of skips, with whether they use anything that is not known when a play starts.
with

fitted as (

    select * from {{ ref('int_skip_models_fitted') }}

),

used as (
    {% for feature in var('skip_model_features') %}
    select '{{ feature.name }}' as feature
    {{ "union all" if not loop.last }}
    {%- endfor %}

),

leaks as (

    select count(*) > 0 as leaks_outcome
    from used
    left join {{ ref('feature_register') }} as register on used.feature = register.feature
    where register.feature is null or register.known_from <> 'play_start' or register.contains_outcome

),

final as (

    select
        fitted.kind,
        fitted.model,
        fitted.evaluation,
        fitted.part,
        fitted.play_id,
        fitted.user_number,
        fitted.is_skip,
        fitted.probability,
        fitted.baseline,
        fitted.feature,
        fitted.impurity_importance,
        fitted.auc_drop,
        fitted.auc_drop_sd,
        fitted.ci_low,
        fitted.ci_high,
        fitted.plays,
        fitted.skips,
        fitted.terms,
        fitted.verdict,
        fitted.seed,
        fitted.library_versions,
        fitted.fitted_as_of,
        leaks.leaks_outcome

    from fitted
    cross join leaks

)

select * from final
