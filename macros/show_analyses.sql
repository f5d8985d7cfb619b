{# Prints the results of analyses in the terminal: dbt run-operation show_analyses. #}
{% macro show_analyses(names) %}
    {%- for name in names -%}
        {%- if 'analysis.' ~ project_name ~ '.' ~ name not in graph.nodes -%}
            {{ exceptions.raise_compiler_error("There is no analysis " ~ name ~ "; look into analyses/") }}
        {%- endif -%}
        {%- do print('\n' ~ name ~ '\n' ~ '-' * name | length) -%}
        {%- do run_query(render(graph.nodes['analysis.' ~ project_name ~ '.' ~ name].raw_code)).print_table(max_rows=none, max_columns=none, max_column_width=80) -%}
    {%- endfor -%}
{% endmacro %}
