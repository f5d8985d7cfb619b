{% macro default__local_midnight(date_at) %}timezone('UTC', timezone({{ sql_text(var('timezone')) }}, {{ date_at }})){% endmacro %}
