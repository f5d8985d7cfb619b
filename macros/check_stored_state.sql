{# Stops a call whose settings are not those that the warehouse was built with: its history of segments cannot be rebuilt, and would be lost. The
   warehouse remembers them in the table `warehouse_settings`; this returns the SQL that writes them down. #}
{% macro check_stored_state() %}
    {%- if execute -%}
        {%- set settings = api.Relation.create(database=target.database, schema=target.schema, identifier='warehouse_settings') -%}
        {%- set stored = {} -%}
        {%- if load_relation(settings) is not none -%}
            {%- for name, value in run_query('select name, value from ' ~ settings).rows -%}
                {%- do stored.update({name: value}) -%}
            {%- endfor -%}
        {%- endif -%}
        {#- a warehouse from before there was that table: its tables tell the type of their ids -#}
        {%- for node in graph.nodes.values() if node.config.materialized in ['incremental', 'snapshot'] -%}
            {%- set relation = adapter.get_relation(node.database, node.schema, node.alias) -%}
            {%- if relation is not none -%}
                {%- for column in adapter.get_columns_in_relation(relation) if column.name == 'user_id' -%}
                    {%- do stored.setdefault('id_type', 'bigint' if column.dtype | upper == 'BIGINT' else 'text') -%}
                {%- endfor -%}
            {%- endif -%}
        {%- endfor -%}
        {%- set wanted = {'id_type': var('id_type'), 'raw_data': 'sample_data' if uses_sample_data() else 'own'} -%}
        {%- set ways_out = ". To begin anew on purpose, 'make reset' writes a copy of what cannot be rebuilt and removes the warehouse. To keep both, name "
            ~ "another warehouse: WAREHOUSE_PATH=warehouse/other.duckdb" -%}
        {%- if stored.get('id_type', wanted.id_type) != wanted.id_type -%}
            {{ exceptions.raise_compiler_error("This warehouse was built with id_type: " ~ stored.id_type ~ ", and this call says id_type: " ~ wanted.id_type
                ~ ". Its history of segments would be lost. If the settings are missing, add them: make build CONFIG=company.yml" ~ ways_out) }}
        {%- elif stored.get('raw_data') == 'own' and wanted.raw_data == 'sample_data' -%}
            {{ exceptions.raise_compiler_error("This warehouse was built from your own tables, and this call would build it from the sample data. The history of "
                ~ "your users would be lost. If RAW_DATA_DIR or the settings are missing, add them: RAW_DATA_DIR=/data make build CONFIG=company.yml"
                ~ ways_out) }}
        {%- endif -%}
        {%- if stored != wanted or load_relation(settings) is none %}
    create schema if not exists {{ settings.without_identifier() }};
    create or replace table {{ settings }} (name varchar not null, value varchar not null);
    insert into {{ settings }} values {% for name, value in wanted.items() %}({{ sql_text(name) }}, {{ sql_text(value) }}){{ ', ' if not loop.last }}{% endfor %};
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
