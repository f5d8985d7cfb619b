{# The columns of covariate_patterns as rows, one per pattern and feature. #}
{% macro pattern_rows(features, patterns) -%}
    {% for feature in features %}
    select
        pattern_id,
        pattern_key,
        '{{ feature.name }}' as attribute,
        {{ feature.name if feature.type == 'categorical' else 'cast(null as varchar)' }} as level,
        {{ feature.name if feature.type == 'numeric' else 'cast(null as double)' }} as number
    from {{ patterns }}
    {{ "union all" if not loop.last }}
    {%- endfor %}
{%- endmacro %}
