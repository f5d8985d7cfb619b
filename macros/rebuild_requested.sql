{# Whether a day is one of those that the var `rebuild_days` names. #}
{% macro rebuild_requested(date_day) -%}
    {%- if var('rebuild_days') -%}
    {{ date_day }} between cast({{ sql_text(var('rebuild_days')[0]) }} as date) and cast({{ sql_text(var('rebuild_days')[1]) }} as date)
    {%- else -%}
    false
    {%- endif -%}
{%- endmacro %}
