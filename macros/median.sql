{# The median of a column within a group. #}
{% macro median(column) %}percentile_cont(0.5) within group (order by {{ column }}){% endmacro %}
