{# A whole number from 0 to `buckets` - 1 that depends on the value alone, on any machine and in any version: for folds and samples. #}
{% macro stable_number(expression, buckets) -%}
    {{- return(adapter.dispatch('stable_number')(expression, buckets)) -}}
{%- endmacro %}
