{# One row: how many rows a raw table had, and what became of them. The raw rows are counted by themselves, before anything is typed. #}
{% macro count_rows(source_name, table_name, raw_rows, checked_rows) %}
    select
        '{{ source_name }}' as source,
        '{{ table_name }}' as table_name,
        (select count(*) from {{ raw_rows }}) as raw_rows,
        count(*) filter (where reject_reason is null and not is_excluded) as accepted_rows,
        count(*) filter (where reject_reason is not null) as rejected_rows,
        count(*) filter (where reject_reason is null and is_excluded) as excluded_rows
    from {{ checked_rows }}
{% endmacro %}
