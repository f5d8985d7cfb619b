{# The files that a path or glob names, in name order. Stops where there is none. #}
{% macro raw_files(name, place) %}
    {%- set files = run_query("select file from glob(" ~ sql_text(place) ~ ") order by file").columns[0].values() | list -%}
    {%- if not files -%}
        {{ exceptions.raise_compiler_error("Source " ~ name ~ ": there is no file " ~ place
            ~ ". RAW_DATA_DIR names the folder, inputs." ~ name.split('.')[1] ~ ".from another file, raw_sources the sources in use") }}
    {%- endif -%}
    {{ return(files) }}
{% endmacro %}
