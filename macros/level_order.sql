{# The place of a level within its attribute, from 1: as was declared, then by the number it begins with, then by name; (missing) comes last. #}
{% macro level_order(levels, orders, within) -%}
    cast(row_number() over (
        partition by {{ within }}
        order by
            {{ levels }}.level = '(missing)',
            coalesce({{ orders }}.level_order, 1000000),
            coalesce(try_cast(regexp_extract({{ levels }}.level, '^[0-9]+') as integer), 1000000),
            {{ levels }}.level
    ) as integer)
{%- endmacro %}
