{%- set features = var('skip_model_features') | selectattr('name', 'in', var('skip_regression_features')) | list -%}
-- The sampled plays by all that the regression asks of them; plays of one user belong together.
with

plays as (

    select
        user_number,
        is_skip,
        {{ pattern_key(features) }} as pattern_key
    from {{ ref('int_plays_sampled') }}

),

patterns as (

    select distinct
        pattern_key,
        pattern_id
    from {{ ref('int_skip_patterns') }}

),

final as (

    select
        patterns.pattern_id,
        plays.user_number as cluster_number,
        count(*) as users,
        count(*) filter (where plays.is_skip) as events

    from plays
    inner join patterns on plays.pattern_key = patterns.pattern_key
    group by patterns.pattern_id, plays.user_number

)

select * from final
