{# The contract of one raw table, as the source's YAML declares it. #}
{% macro raw_table(source_name, table_name) %}
    {%- set tables = [] -%}
    {%- for node in graph.sources.values() if node.source_name == source_name and node.name == table_name -%}
        {%- do tables.append(node) -%}
    {%- endfor -%}
    {%- set required = [] -%}
    {%- for column in tables[0].columns.values() if column.config.meta.get('required') -%}
        {%- do required.append(column.name) -%}
    {%- endfor -%}
    {#- columns that a var names -#}
    {%- set setting = tables[0].config.meta.get('further_columns') -%}
    {%- if setting == 'segment_features' -%}
        {%- set further = usage_columns() | selectattr('is_further') | map(attribute='name') | list -%}
    {%- else -%}
        {%- set further = (var(setting) if setting else []) | map(attribute='name') | list -%}
    {%- endif -%}
    {#- what holds of every row where the table lacks a column -#}
    {%- set stand_ins = {} -%}
    {%- for column in tables[0].columns.values() if column.config.meta.get('stands_in') -%}
        {%- do stand_ins.update({column.name: column.config.meta.stands_in}) -%}
    {%- endfor -%}
    {{ return({
        'name': source_name ~ '.' ~ table_name,
        'required': required + further,
        'columns': tables[0].columns.keys() | list + further,
        'setting': setting if further else none,
        'stand_ins': stand_ins,
    }) }}
{% endmacro %}
