{# The places of the largest of some numbers, largest first, as a list; of equal ones the first stands first. #}
{% macro largest_places(numbers, count) %}{{ return(adapter.dispatch('largest_places')(numbers, count)) }}{% endmacro %}
