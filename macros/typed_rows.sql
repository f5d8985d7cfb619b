{# Parquet files, a table or a query as rows in their own types. #}
{% macro typed_rows(input) %}
    {%- if input.kind == 'parquet' -%}
        {%- set reader = 'read_parquet(' ~ sql_text(input.place) ~ ', union_by_name = true)' -%}
    {%- else -%}
        {%- set reader = input.place -%}
    {%- endif %}
    {%- set floats = run_query("select column_name from (describe select * from " ~ reader ~ ") where column_type in ('DOUBLE', 'FLOAT')").columns[0].values() -%}
    select
        source_rows.*
        {%- if floats | length > 0 %} replace (
            {%- for column in floats %}
            -- what dataframes write for a missing number; isnan, because a comparison with NaN is decided from Parquet statistics, which leave it out
            case when not isnan({{ adapter.quote(column) }}) then {{ adapter.quote(column) }} end as {{ adapter.quote(column) }}{{ ',' if not loop.last }}
            {%- endfor %}
        ){% endif %},
        cast(null as varchar) as _reading_problem,
        cast(to_json(source_rows) as varchar) as _raw_text,
        {{ 'parse_filename(filename)' if input.kind == 'parquet' else 'cast(null as varchar)' }} as _source_file,
        {{ 'file_row_number + 1' if input.kind == 'parquet' else 'cast(null as bigint)' }} as _source_row
    from {{ reader }} as source_rows
{% endmacro %}
