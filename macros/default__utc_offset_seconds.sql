{% macro default__utc_offset_seconds(timestamp_at) -%}
    date_diff('second', {{ timestamp_at }}, timezone({{ sql_text(var('timezone')) }}, timezone('UTC', {{ timestamp_at }})))
{%- endmacro %}
