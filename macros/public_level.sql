{# A level as marts may hold it: a column with more than `max_levels` of them is free text, in which names can stand, and all its levels become
   the one `(too many levels)`. #}
{% macro public_level(column, levels) -%}
    case when {{ column }} is not null and {{ levels }} > {{ var('max_levels') }} then '(too many levels)' else {{ column }} end
{%- endmacro %}
