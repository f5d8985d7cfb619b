{# The day of a UTC timestamp in the var `timezone`. Needs `local_day_join` in the from clause; costs a cast where the zone is UTC. #}
{% macro local_day(timestamp_at) -%}
    {%- if var('timezone') == 'UTC' -%}
    cast({{ timestamp_at }} as date)
    {%- else -%}
    cast({{ dbt.dateadd('second', "case when " ~ timestamp_at ~ " < int_days_offset.changes_at "
        ~ "then int_days_offset.offset_before_seconds else int_days_offset.offset_after_seconds end", timestamp_at) }} as date)
    {%- endif -%}
{%- endmacro %}
