{# The contract of one raw table, as the source's YAML declares it. #}
{% macro raw_table(source_name, table_name) %}
    {%- set tables = [] -%}
    {%- for node in graph.sources.values() if node.source_name == source_name and node.name == table_name -%}
        {%- do tables.append(node) -%}
    {%- endfor -%}
    {%- set required, optional = [], [] -%}
    {%- for column in tables[0].columns.values() -%}
        {%- do (required if column.config.meta.get('required') else optional).append(column.name) -%}
    {%- endfor -%}
    {{ return({'name': source_name ~ '.' ~ table_name, 'required': required, 'columns': tables[0].columns.keys() | list}) }}
{% endmacro %}
