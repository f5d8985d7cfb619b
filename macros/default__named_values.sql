{# A struct is made first: in DuckDB that is faster than a map from the start. #}
{% macro default__named_values(values, type) -%}
    {%- if values -%}
    cast({
        {%- for name, value in values %}
        {{ sql_text(name) }}: {{ value }}{{ ',' if not loop.last }}
        {%- endfor %}
    } as map(varchar, {{ type }}))
    {%- else -%}
    cast(map {} as map(varchar, {{ type }}))
    {%- endif -%}
{%- endmacro %}
