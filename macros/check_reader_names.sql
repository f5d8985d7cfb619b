{# Stops on a raw table with a column whose name is kept for the reader's own columns: it would be published in their place. #}
{% macro check_reader_names(name, input, header) %}
    {%- set kept = ['file_row_number'] if input.kind == 'parquet' else [] -%}
    {%- for column in header if column | lower in kept or (column | lower).startswith('_reader_') -%}
        {{ exceptions.raise_compiler_error("Source " ~ name ~ ": " ~ input.place ~ " has a column " ~ shown_names([column]) ~ ". Names that begin with _reader_"
            ~ (" and the name file_row_number" if kept else "") ~ " are kept for what the reader adds. Rename the column, or read the table by a query: inputs."
            ~ name.split('.')[1] ~ ".from: (select * exclude (" ~ column ~ ") from ...)") }}
    {%- endfor -%}
{% endmacro %}
