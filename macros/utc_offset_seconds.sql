{# How many seconds the clock of the var `timezone` is ahead of UTC at a UTC timestamp. #}
{% macro utc_offset_seconds(timestamp_at) %}{{ return(adapter.dispatch('utc_offset_seconds')(timestamp_at)) }}{% endmacro %}
