{# In a query grouped by one attribute at a time (grouping sets): which attribute the row is of, and which level. #}
{% macro attribute_and_level(attributes) -%}
    {%- if attributes %}
        case
            {%- for attribute in attributes %}
            when grouping({{ attribute }}) = 0 then '{{ attribute }}'
            {%- endfor %}
            else '(all)'
        end as attribute,
        case
            {%- for attribute in attributes %}
            when grouping({{ attribute }}) = 0 then coalesce({{ attribute }}, '(missing)')
            {%- endfor %}
            else '(all)'
        end as level
    {%- else %}
        '(all)' as attribute,
        '(all)' as level
    {%- endif %}
{%- endmacro %}
