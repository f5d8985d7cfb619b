{# The encoding of CSV files: UTF-16 by its mark, UTF-8 where every byte is valid, else Latin-1, with a warning. Stops on what DuckDB would read
   wrongly or not at all. Looks at all bytes of a file once; `inputs.<table>.encoding` spares it, and it is left out for compressed files and for more
   than 1 GB, which are taken for UTF-8. #}
{% macro csv_encoding(name, place) %}
    {%- set setting = "inputs." ~ name.split('.')[1] ~ ".encoding" -%}
    {%- if place.endswith('.gz') or place.endswith('.zst') or run_query("select sum(size) from read_blob(" ~ sql_text(place) ~ ")").rows[0][0] > 1000000000 -%}
        {{ return('utf-8') }}
    {%- endif -%}
    {%- set query -%}
        select
            filename,
            hex(content[1:2]) in ('FFFE', 'FEFF') as is_utf16,
            try(decode(content)) is not null as is_utf8,
            coalesce(strlen(try(decode(content))) = length(try(decode(content))), false) as is_ascii,
            case
                when try(decode(content)) is null then regexp_matches(hex(content), '^(?:[0-9A-F]{2})*[89][0-9A-F]')
                else false
            end as has_control_characters,
            case
                when not contains(try(decode(content)), chr(13)) then false
                when contains(try(decode(content)), chr(13) || chr(10))
                    then contains(replace(try(decode(content)), chr(13) || chr(10), ''), chr(13))
                else false
            end as has_lone_cr
        from read_blob({{ sql_text(place) }})
        order by filename
    {%- endset -%}
    {%- set encodings = [] -%}
    {%- for file, is_utf16, is_utf8, is_ascii, has_control_characters, has_lone_cr in run_query(query).rows -%}
        {%- if has_lone_cr -%}
            {{ exceptions.raise_compiler_error(name ~ ": lines of " ~ file ~ " end in CRLF, and one has a lone CR in it, beside which the reader would lose "
                ~ "text. Take it out, for example: perl -pi -e 's/\\r(?!\\n)/\\n/g' " ~ file) }}
        {%- elif is_utf16 -%}
            {%- do encodings.append('utf-16') -%}
        {%- elif is_utf8 -%}
            {#- ASCII reads the same in either -#}
            {%- do encodings.append('utf-8') if not is_ascii -%}
        {%- elif has_control_characters -%}
            {{ exceptions.raise_compiler_error(name ~ ": " ~ file ~ " is neither UTF-8 nor Latin-1. It may be Windows-1252; convert it, for example: "
                ~ "iconv -f windows-1252 -t utf-8") }}
        {%- else -%}
            {%- do exceptions.warn(name ~ ": " ~ file ~ " is not valid UTF-8; read as Latin-1. If it has another encoding, name it in " ~ setting) -%}
            {%- do encodings.append('latin-1') -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if encodings | unique | list | length > 1 -%}
        {{ exceptions.raise_compiler_error(name ~ ": the files " ~ place ~ " have different encodings: " ~ encodings | unique | join(', ') ~ ". Convert them to one") }}
    {%- endif -%}
    {{ return((encodings + ['utf-8'])[0]) }}
{% endmacro %}
