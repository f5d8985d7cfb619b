{# The encoding of CSV files: UTF-16 by its mark, UTF-8 where every line is valid UTF-8, else Latin-1, which any byte is. One pass over the
   files, read as Latin-1, where a byte is a character; `inputs.<table>.encoding` spares it. #}
{% macro csv_encoding(name, files) %}
    {%- set utf8 = '(?:[\\x00-\\x7F]|[\\x{C2}-\\x{DF}][\\x{80}-\\x{BF}]|[\\x{E0}-\\x{EF}][\\x{80}-\\x{BF}]{2}|[\\x{F0}-\\x{F4}][\\x{80}-\\x{BF}]{3})*' -%}
    {%- set query -%}
        select
            count(*) filter (where starts_with(line, chr(255) || chr(254)) or starts_with(line, chr(254) || chr(255))) as utf16_marks,
            count(*) filter (where not regexp_full_match(line, '{{ utf8 }}')) as other_lines,
            min(filename) filter (where not regexp_full_match(line, '{{ utf8 }}')) as other_file
        from {{ csv_lines(files, 'latin-1', header_lines=0) }}
        where strlen(line) <> length(line)
    {%- endset -%}
    {%- set found = run_query(query).rows[0] -%}
    {%- if found[0] > 0 -%}
        {{ return('utf-16') }}
    {%- elif found[1] > 0 -%}
        {%- do exceptions.warn(name ~ ": " ~ found[2] ~ " is not valid UTF-8 (" ~ found[1] ~ " lines); read as Latin-1. If it has another encoding, name it in inputs." ~ name.split('.')[1] ~ ".encoding") -%}
        {{ return('latin-1') }}
    {%- endif -%}
    {{ return('utf-8') }}
{% endmacro %}
