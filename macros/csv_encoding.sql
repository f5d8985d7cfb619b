{# The encoding of CSV files: UTF-16 by its mark, UTF-8 where every byte is valid, else Latin-1, with a warning. Stops on what DuckDB would read
   wrongly or not at all. Looks at all bytes of a file once; `inputs.<table>.encoding` spares it, and it is left out for compressed files and for object
   stores, which are taken for UTF-8. #}
{% macro csv_encoding(name, files) %}
    {%- set setting = "inputs." ~ name.split('.')[1] ~ ".encoding" -%}
    {%- set encodings = [] -%}
    {%- for file in files if '://' not in file and not file.endswith(('.gz', '.zst')) -%}
        {%- set encoding = run_query("select file_encoding(" ~ sql_text(file) ~ ")").rows[0][0] -%}
        {%- if encoding == 'lone CR' -%}
            {{ exceptions.raise_compiler_error(name ~ ": lines of " ~ file ~ " end in CRLF, and one has a lone CR in it, beside which the reader would lose "
                ~ "text. Take it out, for example: perl -pi -e 's/\\r(?!\\n)/\\n/g' " ~ file) }}
        {%- elif encoding == 'unknown' -%}
            {{ exceptions.raise_compiler_error(name ~ ": " ~ file ~ " is neither UTF-8 nor Latin-1. It may be Windows-1252; convert it, for example: "
                ~ "iconv -f windows-1252 -t utf-8") }}
        {%- elif encoding == 'latin-1' -%}
            {%- do exceptions.warn(name ~ ": " ~ file ~ " is not valid UTF-8; read as Latin-1. If it has another encoding, name it in " ~ setting) -%}
        {%- endif -%}
        {#- ASCII reads the same in either -#}
        {%- do encodings.append(encoding) if encoding != 'ascii' -%}
    {%- endfor -%}
    {%- if encodings | unique | list | length > 1 -%}
        {{ exceptions.raise_compiler_error(name ~ ": the files " ~ files | join(', ') ~ " have different encodings: " ~ encodings | unique | join(', ')
            ~ ". Convert them to one") }}
    {%- endif -%}
    {{ return((encodings + ['utf-8'])[0]) }}
{% endmacro %}
