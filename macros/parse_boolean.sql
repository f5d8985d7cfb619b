{# A boolean from a raw column of any type: 1, 0, true, false, t, f, yes, no, y, n; null where it is none of them. #}
{% macro parse_boolean(column) -%}
    {%- set text = 'lower(trim(cast(' ~ column ~ ' as varchar)))' -%}
    case
        when upper(typeof({{ column }})) like '%INT%' or upper(typeof({{ column }})) = 'BOOLEAN'
            then case try_cast({{ column }} as bigint) when 1 then true when 0 then false end
        when {{ matches(text, '1|1[.]0|true|t|yes|y') }} then true
        when {{ matches(text, '0|0[.]0|false|f|no|n') }} then false
    end
{%- endmacro %}
