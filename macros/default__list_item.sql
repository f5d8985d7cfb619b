{% macro default__list_item(list, place) %}({{ list }})[{{ place }}]{% endmacro %}
