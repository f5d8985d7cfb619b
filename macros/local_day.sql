{# The day of a UTC timestamp in the var `timezone`. Needs `local_day_join` in the from clause; costs a cast where the zone is UTC. #}
{% macro local_day(timestamp_at) -%}
    cast({{ local_time(timestamp_at) }} as date)
{%- endmacro %}
