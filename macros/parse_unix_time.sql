{# A UTC timestamp from a raw column that holds unix seconds or, as a second form, what parse_time reads. #}
{% macro parse_unix_time(column) -%}
    case
        when {{ parse_whole_number(column) }} between 0 and 4102444799
            then {{ dbt.dateadd('second', parse_whole_number(column), "timestamp '1970-01-01'") }}
        else {{ parse_time(column) }}
    end
{%- endmacro %}
