{# How CSV files are to be read: their encoding (UTF-16 by its mark, UTF-8 where every byte is valid, else Latin-1, with a warning; or the one that
   `inputs.<table>.encoding` names) and what ends their lines. Stops on what DuckDB would read wrongly or not at all. Looks at all bytes of a file once.
   Compressed files and object stores are not looked at; they are taken for UTF-8. #}
{% macro csv_form(name, files, named_encoding) %}
    {%- set setting = "inputs." ~ name.split('.')[1] ~ ".encoding" -%}
    {%- set encodings, with_crlf, with_lone_cr = [], [], [] -%}
    {%- for file in files if '://' not in file and not file.endswith(('.gz', '.zst')) -%}
        {%- set query = "select form.encoding, form.has_crlf, form.has_lone_cr, form.has_delimiter from (select file_form(" ~ sql_text(file) ~ ") as form)" -%}
        {%- set encoding, has_crlf, has_lone_cr, has_delimiter = run_query(query).rows[0] -%}
        {%- do with_crlf.append(file) if has_crlf -%}
        {%- do with_lone_cr.append(file) if has_lone_cr -%}
        {%- if has_delimiter -%}
            {{ exceptions.raise_compiler_error(name ~ ": " ~ file ~ " holds the bytes 1F 1E 1F 1E, by which the reader would cut a line. Take them out, for example: "
                ~ "perl -pi -e 's/\\x1f\\x1e\\x1f\\x1e//g' " ~ file) }}
        {%- elif encoding == 'utf-16-be' -%}
            {{ exceptions.raise_compiler_error(name ~ ": " ~ file ~ " is UTF-16 with the high byte first. Convert it, for example: iconv -f utf-16 -t utf-8") }}
        {%- elif named_encoding -%}
        {%- elif encoding == 'unknown' -%}
            {{ exceptions.raise_compiler_error(name ~ ": " ~ file ~ " is neither UTF-8 nor Latin-1. It may be Windows-1252; convert it, for example: "
                ~ "iconv -f windows-1252 -t utf-8") }}
        {%- elif encoding == 'latin-1' -%}
            {%- do exceptions.warn(name ~ ": " ~ file ~ " is not valid UTF-8; read as Latin-1. If it has another encoding, name it in " ~ setting) -%}
        {%- endif -%}
        {#- ASCII reads the same in either -#}
        {%- do encodings.append(encoding) if encoding != 'ascii' -%}
    {%- endfor -%}
    {%- if with_crlf and with_lone_cr -%}
        {{ exceptions.raise_compiler_error(name ~ ": lines of " ~ with_crlf[0] ~ " end in CRLF, and " ~ ("one" if with_crlf[0] == with_lone_cr[0] else "a line of "
            ~ with_lone_cr[0]) ~ " has a lone CR in it, beside which the reader would lose text. Take it out, for example: perl -pi -e 's/\\r(?!\\n)/\\n/g' "
            ~ with_lone_cr[0]) }}
    {%- elif not named_encoding and encodings | unique | list | length > 1 -%}
        {{ exceptions.raise_compiler_error(name ~ ": the files " ~ files | join(', ') ~ " have different encodings: " ~ encodings | unique | join(', ')
            ~ ". Convert them to one") }}
    {%- endif -%}
    {#- with CRLF named the reader takes CRLF and LF for ends of lines, and without it what it finds first -#}
    {{ return({'encoding': named_encoding or (encodings + ['utf-8'])[0], 'has_crlf': with_crlf | length > 0}) }}
{% endmacro %}
