{# A value of the settings as an SQL text, null where it is not declared. #}
{% macro declared_text(setting) -%}
    {{ sql_text(setting | string) if setting is defined else 'cast(null as varchar)' }}
{%- endmacro %}
