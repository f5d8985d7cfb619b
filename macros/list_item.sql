{# An item of a list by its place, from 1. #}
{% macro list_item(list, place) %}{{ return(adapter.dispatch('list_item')(list, place)) }}{% endmacro %}
