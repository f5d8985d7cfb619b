{# A time with an offset in the one form that a cast takes: no space before the offset, Z for UTC, seconds. #}
{% macro zoned_time(text) -%}
    regexp_replace(
        replace(replace(replace(replace({{ text }}, ' UTC', 'Z'), ' Z', 'Z'), ' +', '+'), ' -', '-'),
        '^(.{10}[ T][0-9]{2}:[0-9]{2})(Z|[+-].*)$',
        '\1:00\2'
    )
{%- endmacro %}
