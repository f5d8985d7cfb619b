{# A UTC timestamp from a raw column of any type, null where it cannot be read. Text is ISO 8601, with or without an offset; it is checked
   before it is cast, because a cast alone drops offsets and takes words like 'infinity'. A date without a time is the start of that day in the
   var `timezone`, so that it stays that day. With `month_first`, 3/1/2025 10:05 is read too, as the first of March. #}
{% macro parse_time(column, month_first=false) -%}
    {%- set text = "trim(cast(" ~ column ~ " as varchar))" -%}
    {%- set date = "[0-9]{4}-[0-9]{2}-[0-9]{2}" -%}
    {%- set time = "[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?" -%}
    case
        when upper(typeof({{ column }})) like 'TIMESTAMP%' then try_cast({{ column }} as timestamp)
        when upper(typeof({{ column }})) = 'DATE' or {{ matches(text, date) }}
            then {{ local_midnight("try_cast(" ~ text ~ " as timestamp)") }}
        when {{ matches(text, date ~ time) }} then try_cast({{ text }} as timestamp)
        when {{ matches(text, date ~ time ~ " ?(Z|UTC|[+-](0[0-9]|1[0-4])(:?[0-9]{2})?)") }}
            then cast(try_cast({{ zoned_time(text) }} as timestamp with time zone) as timestamp)
        {%- if month_first %}
        when {{ matches(text, '[0-9]{1,2}/[0-9]{1,2}/[0-9]{4} [0-9]{1,2}:[0-9]{2}(:[0-9]{2})?') }}
            then try_cast({{ month_first_time(text) }} as timestamp)
        {%- endif %}
    end
{%- endmacro %}
