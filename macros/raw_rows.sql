{# The rows of a raw table under the names of its contract, as they stand in the source: text from CSV, their own types from elsewhere. Each
   row carries what can be said of it before it is typed: whether the rule of `inputs` excludes it, why it could not be split, where it stands. #}
{% macro raw_rows(source_name, table_name) %}
    {%- if execute -%}
        {{ return(adapter.dispatch('raw_rows')(source_name, table_name, raw_table(source_name, table_name))) }}
    {%- endif -%}
{% endmacro %}
