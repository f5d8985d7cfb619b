{%- set features = var('adoption_model_features') -%}
-- The covariate patterns of all users who are predicted, one row per feature: far fewer than users.
with

users as (

    select
        user_id,
        pattern_key
    from {{ ref('int_users_landmarked') }}
    where pattern_key is not null

),

users_with_features as (

    select
        features.*,
        users.pattern_key
    from users
    inner join {{ ref('user_features') }} as features on users.user_id = features.user_id

),

patterns as (

    {{ covariate_patterns(features, 'users_with_features') }}

),

final as (

    {{ pattern_rows(features, 'patterns') }}

)

select * from final
