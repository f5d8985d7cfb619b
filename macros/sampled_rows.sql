{# The rows on which segments are fitted: the first by a hash of their key, which no other row moves. #}
{% macro sampled_rows(standardised, features, key) -%}
with

scaled as (

    select * from {{ standardised }}

),

final as (

    select
        scaled.{{ key }},
        {%- for feature in features %}
        scaled.{{ feature.name }},
        {%- endfor %}
        row_number() over (
            order by {{ stable_number('scaled.' ~ key, 1000000007) }}, scaled.{{ key }}
        ) as place

    from scaled
    qualify place <= {{ var('fit_sample_users') }}

)

select * from final
{%- endmacro %}
