{% macro default__utc_offset_seconds(timestamp_at) -%}
    date_diff('second', {{ timestamp_at }}, timezone('{{ var("timezone") }}', timezone('UTC', {{ timestamp_at }})))
{%- endmacro %}
