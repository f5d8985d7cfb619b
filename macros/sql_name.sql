{# A name as an SQL identifier: in double quotes, with those that it contains doubled. Every name that comes from a file, a database or a setting goes
   through it; the adapter's own quoting does not double them, so that a header could contain SQL. #}
{% macro sql_name(name) %}"{{ name | string | replace('"', '""') }}"{% endmacro %}
