{# Grouping sets: everything together, then one set per attribute, each with the columns `within`. One scan serves them all. #}
{% macro attribute_sets(attributes, within) -%}
    group by grouping sets (
        ({{ within }})
        {%- for attribute in attributes %},
        ({{ within }}, {{ attribute }})
        {%- endfor %}
    )
{%- endmacro %}
