{# The number of the week (Monday to Sunday) or month that a date lies in, counted from 1970, so that the difference of two is the periods between. #}
{% macro period_number(grain, date_day) -%}
    {%- if grain == 'week' -%}
        cast(floor({{ dbt.datediff("cast('1970-01-05' as date)", date_day, 'day') }} / 7.0) as integer)
    {%- else -%}
        cast({{ dbt.datediff("cast('1970-01-01' as date)", date_day, 'month') }} as integer)
    {%- endif -%}
{%- endmacro %}
