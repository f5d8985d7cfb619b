{# CSV files as rows of text, one per physical line. `_source_row` is the line's number in its file, the header being line 1. #}
{% macro csv_rows(place, encoding, header, file_count) %}
    select
        {%- for column in header if column %}
        {{ csv_text('fields[' ~ (header.index(column) + 1) ~ ']') }} as {{ adapter.quote(column) }},
        {%- endfor %}
        case
            when line = '' then 'blank line'
            when fields is null then 'malformed quoting'
            when len(fields) <> {{ header | length }} then 'wrong number of fields: {{ header | length }} expected'
        end as _reading_problem,
        line as _raw_text,
        parse_filename(filename) as _source_file,
        {{ 'line_number' if file_count == 1 else 'row_number() over (partition by filename order by line_number)' }} + 1 as _source_row
    from (
        select
            filename,
            line,
            {{ csv_fields('line') }} as fields,
            line_number
        from (
            select filename, coalesce(rtrim(line, chr(13)), '') as line, row_number() over () as line_number
            from {{ csv_lines(place, encoding) }}
        )
    )
{% endmacro %}
