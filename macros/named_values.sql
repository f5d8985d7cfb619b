{# A map from names to values: what a row says under names that only the settings know. `values` holds pairs of a name and its SQL. #}
{% macro named_values(values, type) -%}
    {{- return(adapter.dispatch('named_values')(values, type)) -}}
{%- endmacro %}
