{%- set features = var('skip_model_features') | selectattr('name', 'in', var('skip_regression_features')) | list -%}
-- The covariate patterns of the sampled plays, one row per feature of the regression.
with

plays as (

    select
        *,
        {{ pattern_key(features) }} as pattern_key
    from {{ ref('int_plays_sampled') }}

),

patterns as (

    {{ covariate_patterns(features, 'plays') }}

),

final as (

    {{ pattern_rows(features, 'patterns') }}

)

select * from final
