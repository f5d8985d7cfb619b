{# A whole number from a raw column of any type, null where it is none. #}
{% macro parse_whole_number(column) -%}
    case
        when {{ matches("trim(cast(" ~ column ~ " as varchar))", "[+-]?[0-9]+([.]0*)?") }}
            then try_cast(split_part(trim(cast({{ column }} as varchar)), '.', 1) as bigint)
    end
{%- endmacro %}
