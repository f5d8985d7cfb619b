{# The covariate patterns of rows that have a pattern_key, each with the values of its features as columns. #}
{% macro covariate_patterns(features, described_rows) -%}
    select
        pattern_key,
        {%- for feature in features %}
        min({{ pattern_value(feature) }}) as {{ feature.name }},
        {%- endfor %}
        row_number() over (order by pattern_key) as pattern_id

    from {{ described_rows }}
    where pattern_key is not null
    group by pattern_key
{%- endmacro %}
