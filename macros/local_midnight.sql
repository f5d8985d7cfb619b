{# The UTC timestamp at which a day begins in the var `timezone`. #}
{% macro local_midnight(date_at) -%}
    {%- if var('timezone') == 'UTC' -%}
    {{ date_at }}
    {%- else -%}
    {{ adapter.dispatch('local_midnight')(date_at) }}
    {%- endif -%}
{%- endmacro %}
