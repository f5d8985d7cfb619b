{# A UTC timestamp as clocks show it in the var `timezone`. Needs `local_day_join` in the from clause; costs nothing where the zone is UTC. #}
{% macro local_time(timestamp_at) -%}
    {%- if var('timezone') == 'UTC' -%}
    {{ timestamp_at }}
    {%- else -%}
    {{ dbt.dateadd('second', "case when " ~ timestamp_at ~ " < int_days_offset.changes_at "
        ~ "then int_days_offset.offset_before_seconds else int_days_offset.offset_after_seconds end", timestamp_at) }}
    {%- endif -%}
{%- endmacro %}
