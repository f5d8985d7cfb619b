{% macro default__named_values(values, type) -%}
    cast(map {
        {%- for name, value in values %}
        {{ sql_text(name) }}: {{ value }}{{ ',' if not loop.last }}
        {%- endfor %}
    } as map(varchar, {{ type }}))
{%- endmacro %}
