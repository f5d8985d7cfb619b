{# Parquet files, a table or a query as rows in their own types. #}
{% macro typed_rows(input) %}
    {%- if input.kind == 'parquet' -%}
        {%- set reader = 'read_parquet(' ~ sql_text(input.place) ~ ', union_by_name = true)' -%}
    {%- else -%}
        {%- set reader = input.place -%}
    {%- endif %}
    select
        source_rows.*,
        cast(null as varchar) as _reading_problem,
        cast(to_json(source_rows) as varchar) as _raw_text,
        {{ 'parse_filename(filename)' if input.kind == 'parquet' else 'cast(null as varchar)' }} as _source_file,
        {{ 'file_row_number + 1' if input.kind == 'parquet' else 'cast(null as bigint)' }} as _source_row
    from {{ reader }} as source_rows
{% endmacro %}
