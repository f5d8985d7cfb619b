{% macro default__local_midnight(date_at) %}timezone('UTC', timezone('{{ var("timezone") }}', {{ date_at }})){% endmacro %}
