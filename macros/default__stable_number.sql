{% macro default__stable_number(expression, buckets) -%}
    cast(md5_number_lower(cast({{ expression }} as varchar)) % {{ buckets }} as bigint)
{%- endmacro %}
