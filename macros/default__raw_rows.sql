{% macro default__raw_rows(source_name, table_name, contract) %}
    {%- if source_name not in var('raw_sources') %}
        {{- return(no_raw_rows(contract)) }}
    {%- endif %}
    {%- set name = contract.name -%}
    {%- set input = raw_input(table_name, contract) -%}
    {%- set floats = [] -%}
    {%- if input.kind == 'csv' -%}
        {%- set files = raw_files(name, input) -%}
        {%- set form = csv_form(name, files, input.encoding) -%}
        {%- set header = csv_header(name, files, form) -%}
    {%- else -%}
        {%- if input.kind == 'parquet' -%}
            {%- set files = raw_files(name, input) -%}
            {%- set parquet = 'read_parquet(' ~ sql_files(files) ~ ', union_by_name = true' -%}
            {%- do check_partitions(name, files, parquet) -%}
            {%- set described, reader = parquet ~ ')', parquet ~ ", filename = '_reader_path')" -%}
        {%- else -%}
            {%- set described, reader = input.place, input.place -%}
        {%- endif -%}
        {%- set header = [] -%}
        {%- for column, type in run_query("select column_name, column_type from (describe select * from " ~ described ~ ")").rows -%}
            {%- do header.append(column) -%}
            {%- do floats.append(column) if type in ['DOUBLE', 'FLOAT'] -%}
        {%- endfor -%}
    {%- endif -%}
    {%- do check_reader_names(name, input, header) -%}
    {%- set used = used_columns(header, contract, input) -%}
    {%- set present = header | map('lower') | list -%}
    {%- set missing = [] -%}
    {%- for column in contract.required if column not in present and column not in input.columns -%}
        {%- do missing.append(column) -%}
    {%- endfor -%}
    {%- if missing -%}
        {{ exceptions.raise_compiler_error("Source " ~ name ~ ": " ~ input.place
            ~ (", read as " ~ input.encoding ~ " (inputs." ~ table_name ~ ".encoding)," if input.encoding else "") ~ " lacks " ~ missing | join(', ') ~ "; it has "
            ~ shown_names(present)
            ~ ". Say in inputs." ~ table_name ~ ".columns which of them it is, for example: " ~ missing[0] ~ ": "
            ~ ('your_column' if names_are_values(present) else shown_names((present | reject('in', contract.columns) | list + present)[:1]))
            ~ (", or change " ~ contract.setting if contract.setting else "")) }}
    {%- endif %}
    {%- set expressions = {} -%}
    {%- for column, expression in input.columns.items() -%}
        {%- do expressions.update({column: raw_expression(name, 'columns.' ~ column, expression, present)}) -%}
    {%- endfor %}
with

raw_rows as (

    {{ csv_rows(files, form, header, used) if input.kind == 'csv' else typed_rows(input, reader, used, floats) }}

)

select
    {%- for column in contract.columns %}
    {%- if column in input.columns %}
    {{ expressions[column] }} as {{ column }}, -- inputs.{{ table_name }}.columns.{{ column }}
    {%- elif column in present %}
    {{ sql_name(column) }} as {{ column }},
    {%- else %}
    cast({{ contract.stand_ins.get(column, 'null') }} as varchar) as {{ column }},
    {%- endif %}
    {%- endfor %}
    {%- if input.excluded %}
    coalesce(try_cast(({{ raw_expression(name, 'excluded', input.excluded, present) }}) as boolean), false) as is_excluded, -- inputs.{{ table_name }}.excluded
    {%- else %}
    false as is_excluded,
    {%- endif %}
    _reader_problem as reading_problem,
    {{ '_reader_text' if var('keep_rejected_text') else 'cast(null as varchar)' }} as raw_text,
    _reader_file as source_file,
    _reader_row as source_row
from raw_rows
    {%- if input.only %}
where _reader_problem is not null or try_cast(({{ raw_expression(name, 'only', input.only, present) }}) as boolean) -- inputs.{{ table_name }}.only
    {%- endif %}
{% endmacro %}
