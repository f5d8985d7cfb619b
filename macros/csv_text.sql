{# The text of one CSV field without its quotes; an empty or blank one is null. #}
{% macro csv_text(field) -%}
    case
        when starts_with({{ field }}, '"') then nullif(replace({{ field }}[2:-2], '""', '"'), '')
        when trim({{ field }}) <> '' then {{ field }}
    end
{%- endmacro %}
