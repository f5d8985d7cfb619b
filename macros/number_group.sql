{# The group that a number falls into. A value on an edge belongs to the group below it; beyond the edges there are two groups more. #}
{% macro number_group(number, bins, labels) -%}
    case
        when {{ number }} <= {{ bins[0] }} then '{{ bins[0] }} or less'
        {%- for label in labels %}
        when {{ number }} <= {{ bins[loop.index] }} then {{ sql_text(label) }}
        {%- endfor %}
        when {{ number }} > {{ bins[-1] }} then 'over {{ bins[-1] }}'
    end
{%- endmacro %}
