{% macro shown_names(names) %}{{ return((names | join(', '))[:300]) }}{% endmacro %}
