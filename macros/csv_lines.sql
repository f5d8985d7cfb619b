{# A reader that gives every physical line of CSV files as one row: nothing is guessed, nothing is skipped. The column delimiter is
   a sequence that no text contains, so that a line stays whole. #}
{% macro csv_lines(files, form, header_lines=1) -%}
    read_csv(
        {{ sql_files(files) }}, auto_detect = false, header = false, skip = {{ header_lines }}, columns = {'line': 'varchar'},
        delim = chr(31) || chr(30) || chr(31) || chr(30), quote = '', escape = '', comment = '', strict_mode = false,
        max_line_size = 16777216, encoding = {{ sql_text(form.encoding) }}, {{ "new_line = '\\r\\n', " if form.has_crlf }}filename = true,
        hive_partitioning = false
    )
{%- endmacro %}
