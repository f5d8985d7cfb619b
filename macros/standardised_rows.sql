{# The rows that can be segmented, with their features in standard deviations from the mean of all; 0 for a feature that is not used. #}
{% macro standardised_rows(listed_rows, scales, features, key) -%}
with

listed as (

    select * from {{ listed_rows }}
    where has_features

),

scale as (

    select
        {{ feature_columns(features, ['median', 'low', 'high', 'mean', 'std']) }}
    from {{ scales }}

),

final as (

    select
        {%- for feature in features %}
        coalesce(round(
            ({{ prepared_feature(feature, 'scale') }} - scale.{{ feature.name }}_mean)
            / nullif(scale.{{ feature.name }}_std, 0), 9
        ), 0) as {{ feature.name }},
        {%- endfor %}
        listed.{{ key }}

    from listed
    cross join scale

)

select * from final
{%- endmacro %}
