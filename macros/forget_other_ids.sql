{# An incremental table and a snapshot keep the type of their ids. Where it is not that of the var `id_type` any more, the table is dropped before the run, and so
   built anew. #}
{% macro forget_other_ids() %}
    {%- if execute -%}
        {%- set wanted = 'VARCHAR' if var('id_type') == 'text' else 'BIGINT' -%}
        {%- for node in graph.nodes.values() if node.config.materialized in ['incremental', 'snapshot'] -%}
            {%- set relation = adapter.get_relation(node.database, node.schema, node.alias) -%}
            {%- if relation is not none -%}
                {%- for column in adapter.get_columns_in_relation(relation) if column.name == 'user_id' and column.dtype | upper != wanted -%}
                    {%- do log("id_type has changed: " ~ relation ~ " is built anew", info=true) -%}
                    {%- do adapter.drop_relation(relation) -%}
                    {%- do adapter.commit() -%}
                {%- endfor -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}
