{# The values below which the given shares of a column lie, as a list; a value between two neighbours is interpolated. #}
{% macro quantiles(column, shares) %}{{ return(adapter.dispatch('quantiles')(column, shares)) }}{% endmacro %}
