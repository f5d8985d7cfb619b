{# The value with which a feature enters a regression: a level, where missing is one too, or a number rounded down to the feature's step. #}
{% macro pattern_value(feature) -%}
    {%- if feature.type == 'categorical' -%}
        coalesce(cast({{ feature.name }} as varchar), '(missing)')
    {%- else -%}
        floor(cast({{ feature.name }} as double) / {{ feature.step | default(1) }}) * {{ feature.step | default(1) }}
    {%- endif -%}
{%- endmacro %}
