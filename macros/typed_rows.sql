{# Parquet files, a table or a query as rows in their own types: `reader` is what to read from, `used` its columns. #}
{% macro typed_rows(input, reader, used, floats) %}
    select
        {%- for column in used %}
        {%- if column in floats %}
        -- what dataframes write for a missing number; isnan, because a comparison with NaN is decided from Parquet statistics, which leave it out
        case when not isnan(_reader_rows.{{ sql_name(column) }}) then _reader_rows.{{ sql_name(column) }} end as {{ sql_name(column) }},
        {%- else %}
        _reader_rows.{{ sql_name(column) }},
        {%- endif %}
        {%- endfor %}
        cast(null as varchar) as _reader_problem,
        {{ 'cast(to_json(_reader_rows) as varchar)' if var('keep_rejected_text') else 'cast(null as varchar)' }} as _reader_text,
        {{ 'parse_filename(_reader_path)' if input.kind == 'parquet' else 'cast(null as varchar)' }} as _reader_file,
        {{ 'file_row_number + 1' if input.kind == 'parquet' else 'cast(null as bigint)' }} as _reader_row
    from {{ reader }} as _reader_rows
{% endmacro %}
