{# Stops where the name of a folder, as in `user_id=7/`, would take the place of a column of the Parquet files in it. #}
{% macro check_partitions(name, files, parquet) %}
    {%- set keys = {} -%}
    {%- for file in files -%}
        {%- for folder, key in modules.re.findall('(?:^|/)(([^/=]+)=[^/]*)(?=/)', file) -%}
            {%- do keys.update({key | lower: folder}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if keys -%}
        {%- for column in run_query("select column_name from (describe select * from " ~ parquet ~ ", hive_partitioning = false))").columns[0].values()
            if column | lower in keys -%}
            {{ exceptions.raise_compiler_error("Source " ~ name ~ ": the folder " ~ keys[column | lower] ~ " has the name of the column " ~ column
                ~ " of the files in it, and would take its place. Rename the folder, or read the files by a query: inputs." ~ name.split('.')[1]
                ~ ".from: (select * from read_parquet('...', hive_partitioning = false))") }}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}
