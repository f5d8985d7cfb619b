{{ config(materialized='table') }}
{%- set features = segment_features() -%}
-- The users who can be segmented, with their features in standard deviations from the mean of all; 0 for a feature that is not used.
with

users as (

    select * from {{ ref('int_segment_users_listed') }}
    where has_features

),

scale as (

    select
        {{ feature_columns(features, ['median', 'low', 'high', 'mean', 'std']) }}
    from {{ ref('int_segment_features_scaled') }}

),

final as (

    select
        {%- for feature in features %}
        coalesce(round(
            ({{ prepared_feature(feature, 'scale') }} - scale.{{ feature.name }}_mean)
            / nullif(scale.{{ feature.name }}_std, 0), 9
        ), 0) as {{ feature.name }},
        {%- endfor %}
        users.user_id

    from users
    cross join scale

)

select * from final
