{# A text as an SQL literal. #}
{% macro sql_text(text) %}'{{ text | string | replace("'", "''") }}'{% endmacro %}
