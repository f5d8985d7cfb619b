{# SQL for the condition, itself SQL, by which a row is found again: column = 'value' and other_column = 'other value'. #}
{% macro evidence_key(columns, relation=none) -%}
    {%- for column in columns -%}
        {%- set value = relation ~ '.' ~ column if relation else column -%}
        '{{ ' and ' if not loop.first }}{{ column }} = ''' || replace(cast({{ value }} as varchar), '''', '''''') || ''''
        {%- if not loop.last %} || {% endif -%}
    {%- endfor -%}
{%- endmacro %}
