{# An id of `id_type` from a raw column of any type, null where it cannot be read. 10803.0 reads as 10803. The test of the type is
   decided when the query is planned, so that ids that are integers already cost nothing. #}
{% macro parse_id(column) -%}
    {%- if var('id_type') == 'text' -%}
    nullif(trim(cast({{ column }} as varchar)), '')
    {%- else -%}
    case
        when upper(typeof({{ column }})) like '%INT%' then try_cast({{ column }} as bigint)
        when {{ matches("trim(cast(" ~ column ~ " as varchar))", "[+-]?[0-9]+([.]0*)?") }}
            then try_cast(split_part(trim(cast({{ column }} as varchar)), '.', 1) as bigint)
    end
    {%- endif -%}
{%- endmacro %}
