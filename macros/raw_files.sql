{# The files that an input names by a path or glob, in name order. Stops where there is none. #}
{% macro raw_files(name, input) %}
    {%- set files = run_query("select file from glob(" ~ sql_text(input.glob) ~ ") order by file").columns[0].values() | list -%}
    {%- if not files -%}
        {{ exceptions.raise_compiler_error("Source " ~ name ~ ": there is no file " ~ input.place
            ~ ". RAW_DATA_DIR names the folder, inputs." ~ name.split('.')[1] ~ ".from another file, raw_sources the sources in use") }}
    {%- endif -%}
    {{ return(files) }}
{% endmacro %}
