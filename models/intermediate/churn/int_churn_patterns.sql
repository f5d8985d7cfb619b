{%- set features = var('churn_model_features') -%}
-- The covariate patterns of all users at risk at any cutoff, one row per feature.
with

patterns as (

    {{ covariate_patterns(features, ref('int_churn_features_measured')) }}

),

final as (

    {{ pattern_rows(features, 'patterns') }}

)

select * from final
