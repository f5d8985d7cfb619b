{# A number from a raw column of any type, null where it is none; the words nan and infinity are none. #}
{% macro parse_number(column) -%}
    case
        when {{ matches("trim(cast(" ~ column ~ " as varchar))", "[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]{1,3})?") }}
            then try_cast(trim(cast({{ column }} as varchar)) as double)
    end
{%- endmacro %}
