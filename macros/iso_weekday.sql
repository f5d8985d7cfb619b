{# The number of a date's weekday, from Monday = 1 to Sunday = 7. #}
{% macro iso_weekday(date_day) -%}
    {{ dbt.datediff(dbt.date_trunc('week', date_day), date_day, 'day') }} + 1
{%- endmacro %}
