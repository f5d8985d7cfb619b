{% macro default__raw_rows(source_name, table_name, contract) %}
    {%- if source_name not in var('raw_sources') %}
        {{- return(no_raw_rows(contract)) }}
    {%- endif %}
    {%- set name = contract.name -%}
    {%- set input = raw_input(table_name, contract) -%}
    {%- if input.kind == 'csv' -%}
        {%- set files = raw_files(name, input.place) -%}
        {%- set encoding = input.encoding or csv_encoding(name, input.place) -%}
        {%- set present = csv_header(name, files, encoding) -%}
        {%- set rows = csv_rows(input.place, encoding, present, files | length) -%}
    {%- else -%}
        {%- if input.kind == 'parquet' -%}
            {%- do raw_files(name, input.place) -%}
        {%- endif -%}
        {%- set rows = typed_rows(input) -%}
        {%- set present = run_query("select column_name from (describe " ~ rows ~ ")").columns[0].values() | list -%}
    {%- endif -%}
    {%- set present = present | map('lower') | list -%}
    {%- set missing = [] -%}
    {%- for column in contract.required if column not in present and column not in input.columns -%}
        {%- do missing.append(column) -%}
    {%- endfor -%}
    {%- if missing -%}
        {{ exceptions.raise_compiler_error("Source " ~ name ~ ": " ~ input.place
            ~ (", read as " ~ input.encoding ~ " (inputs." ~ table_name ~ ".encoding)," if input.encoding else "") ~ " lacks " ~ missing | join(', ') ~ "; it has "
            ~ (own_columns(present) | join(', '))[:300]
            ~ ". Say in inputs." ~ table_name ~ ".columns which of them it is, for example: " ~ missing[0] ~ ": "
            ~ (own_columns(present) | reject('in', contract.columns) | list + present)[0][:60]
            ~ (", or change " ~ contract.setting if contract.setting else "")) }}
    {%- endif %}
    {%- set expressions = {} -%}
    {%- for column, expression in input.columns.items() -%}
        {%- do expressions.update({column: raw_expression(name, 'columns.' ~ column, expression, present)}) -%}
    {%- endfor %}
with

raw_rows as (

    {{ rows }}

)

select
    {%- for column in contract.columns %}
    {%- if column in input.columns %}
    {{ expressions[column] }} as {{ column }}, -- inputs.{{ table_name }}.columns.{{ column }}
    {%- elif column in present %}
    {{ adapter.quote(column) }} as {{ column }},
    {%- else %}
    cast({{ contract.stand_ins.get(column, 'null') }} as varchar) as {{ column }},
    {%- endif %}
    {%- endfor %}
    {%- if input.excluded %}
    coalesce(try_cast(({{ raw_expression(name, 'excluded', input.excluded, present) }}) as boolean), false) as is_excluded, -- inputs.{{ table_name }}.excluded
    {%- else %}
    false as is_excluded,
    {%- endif %}
    _reading_problem as reading_problem,
    _raw_text as raw_text,
    _source_file as source_file,
    _source_row as source_row
from raw_rows
    {%- if input.only %}
where _reading_problem is not null or try_cast(({{ raw_expression(name, 'only', input.only, present) }}) as boolean) -- inputs.{{ table_name }}.only
    {%- endif %}
{% endmacro %}
