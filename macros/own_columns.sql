{# The columns of a raw table without those that the reader adds. #}
{% macro own_columns(present) %}
    {{ return(present | reject('in', ['_raw_text', '_reading_problem', '_source_row', '_source_file']) | list) }}
{% endmacro %}
