{% macro default__quantiles(column, shares) %}quantile_cont({{ column }}, {{ shares }}){% endmacro %}
