{# The text of one CSV field without its quotes; an empty field is null. #}
{% macro csv_text(field) -%}
    nullif(case when starts_with({{ field }}, '"') then replace({{ field }}[2:-2], '""', '"') else {{ field }} end, '')
{%- endmacro %}
