{# A number that stands for a value, small enough to be summed over any number of rows. #}
{% macro row_fingerprint(column) %}{{ return(adapter.dispatch('row_fingerprint')(column)) }}{% endmacro %}
