{# SQL for the condition, itself SQL, by which a row is found again: column = 'value' and other_column = 'other value'. #}
{% macro evidence_key(columns) -%}
    {%- for column in columns -%}
        '{{ ' and ' if not loop.first }}{{ column }} = ''' || replace(cast({{ column }} as varchar), '''', '''''') || ''''
        {%- if not loop.last %} || {% endif -%}
    {%- endfor -%}
{%- endmacro %}
