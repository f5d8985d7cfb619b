{# The columns of a raw table without those that the reader adds. #}
{% macro own_columns(present) %}
    {{ return(present | reject('in', ['raw_text', 'reading_problem', 'source_row', 'source_file']) | list) }}
{% endmacro %}
