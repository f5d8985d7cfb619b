{# CSV files as rows of text, one per physical line. `_reader_row` is the line's number in its file, the header being line 1. #}
{% macro csv_rows(files, form, header, used) %}
    select
        {%- for column in used %}
        {{ csv_text('fields[' ~ (header.index(column) + 1) ~ ']') }} as {{ sql_name(column) }},
        {%- endfor %}
        case
            when line = '' then 'blank line'
            when fields is null then 'malformed quoting'
            when len(fields) <> {{ header | length }} then 'wrong number of fields: {{ header | length }} expected'
        end as _reader_problem,
        line as _reader_text,
        parse_filename(filename) as _reader_file,
        {{ 'line_number' if files | length == 1 else 'row_number() over (partition by filename order by line_number)' }} + 1 as _reader_row
    from (
        select
            filename,
            line,
            {{ csv_fields('line') }} as fields,
            line_number
        from (
            select filename, coalesce(rtrim(line, chr(13)), '') as line, row_number() over () as line_number
            from {{ csv_lines(files, form) }}
        )
    )
{% endmacro %}
