{# A boolean from a raw column of any type: 1, 0, true, false, t, f, yes, no, y, n; null where it is none of them. #}
{% macro parse_boolean(column) -%}
    case
        when lower(trim(cast({{ column }} as varchar))) in ('1', '1.0', 'true', 't', 'yes', 'y') then true
        when lower(trim(cast({{ column }} as varchar))) in ('0', '0.0', 'false', 'f', 'no', 'n') then false
    end
{%- endmacro %}
