{% macro default__matches(expression, pattern) %}regexp_full_match({{ expression }}, '{{ pattern }}'){% endmacro %}
