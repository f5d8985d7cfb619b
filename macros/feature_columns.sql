{# One row per feature, turned into one row for all of them: a column <feature>_<name> for each of the names. #}
{% macro feature_columns(features, names) -%}
    {%- for feature in features -%}
        {%- set last = loop.last -%}
        {%- for name in names %}
        max({{ name }}) filter (where feature = '{{ feature.name }}') as {{ feature.name }}_{{ name }}{{ ',' if not (last and loop.last) }}
        {%- endfor -%}
    {%- endfor -%}
{%- endmacro %}
