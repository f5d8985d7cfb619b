{# A UTC timestamp from a raw column of any type, null where it cannot be read. Text is ISO 8601, with or without an offset; it is checked
   before it is cast, because a cast alone drops offsets and takes words like 'infinity'. #}
{% macro parse_time(column) -%}
    {%- set text = "trim(cast(" ~ column ~ " as varchar))" -%}
    {%- set iso = "[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?)?" -%}
    case
        when upper(typeof({{ column }})) like 'TIMESTAMP%' or upper(typeof({{ column }})) = 'DATE' then try_cast({{ column }} as timestamp)
        when {{ matches(text, iso) }} then try_cast({{ text }} as timestamp)
        when {{ matches(text, iso ~ " ?(Z|[+-][0-9]{2}(:?[0-9]{2})?)") }}
            then cast(try_cast({{ text }} as timestamp with time zone) as timestamp)
    end
{%- endmacro %}
