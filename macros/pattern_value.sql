{# The value with which a feature enters a regression: a level, where missing is one too, or a number, rounded down to the feature's step if it
   has one. #}
{% macro pattern_value(feature) -%}
    {%- if feature.type != 'numeric' -%}
        coalesce(cast({{ feature.name }} as varchar), '(missing)')
    {%- elif feature.step -%}
        floor(cast({{ feature.name }} as double) / {{ feature.step }}) * {{ feature.step }}
    {%- else -%}
        cast({{ feature.name }} as double)
    {%- endif -%}
{%- endmacro %}
