{# The column names of CSV files. Stops on a file without a header, with a repeated name, or with another header than the first file's. #}
{% macro csv_header(name, files, form) %}
    {%- set query -%}
        {%- for file in files %}
        select
            {{ loop.index0 }} as file_index,
            unnest(range(1, len(fields) + 1)) as position,
            trim({{ csv_text('unnest(fields)') }}) as column_name
        from (
            select {{ csv_fields("regexp_replace(rtrim(line, chr(13)), '^(\uFEFF|\u00EF\u00BB\u00BF)', '')") }} as fields
            from (select line from {{ csv_lines([file], form, header_lines=0) }} limit 1)
        )
        {{ "union all" if not loop.last }}
        {%- endfor %}
        order by file_index, position
    {%- endset -%}
    {%- set headers = {} -%}
    {%- for row in run_query(query).rows -%}
        {%- do headers.setdefault(row[0] | int, []).append(row[2] or '') -%}
    {%- endfor -%}
    {%- for file in files -%}
        {%- set header = headers.get(loop.index0, []) -%}
        {%- if not header -%}
            {{ exceptions.raise_compiler_error("Source " ~ name ~ ": " ~ file ~ " is empty: it has no header line. Deliver it again") }}
        {%- elif header | length == 1 and modules.re.search('[;|\t]', header[0]) -%}
            {{ exceptions.raise_compiler_error("Source " ~ name ~ ": the header of " ~ file ~ " has no comma (" ~ shown_names(header) ~ "). Read a file with another "
                ~ "separator by a query: inputs." ~ name.split('.')[1] ~ ".from: (select * from read_csv('" ~ file ~ "', delim = '"
                ~ modules.re.search('[;|\t]', header[0]).group(0) ~ "', all_varchar = true))") }}
        {%- elif header | map('lower') | unique | list | length < header | length -%}
            {{ exceptions.raise_compiler_error("Source " ~ name ~ ": the header of " ~ file ~ " has a name twice: " ~ shown_names(header) ~ ". Rename one") }}
        {%- elif header != headers[0] -%}
            {{ exceptions.raise_compiler_error("Source " ~ name ~ ": the header of " ~ file ~ " (" ~ shown_names(header)
                ~ ") is not that of " ~ files[0] ~ " (" ~ shown_names(headers[0]) ~ "). Where files may differ, read them by a query: inputs."
                ~ name.split('.')[1] ~ ".from: (select * from read_csv([...], union_by_name = true, all_varchar = true))") }}
        {%- endif -%}
    {%- endfor -%}
    {{ return(headers[0]) }}
{% endmacro %}
