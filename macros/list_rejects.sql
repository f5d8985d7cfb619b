{# The rows of a raw table that were set aside for what stands in them, with their raw text. #}
{% macro list_rejects(source_name, table_name, checked_rows) %}
    select
        '{{ source_name }}' as source,
        '{{ table_name }}' as table_name,
        source_file,
        source_row,
        rejected_column as column_name,
        reject_reason as reason,
        raw_text
    from {{ checked_rows }}
    where reject_reason is not null
{% endmacro %}
