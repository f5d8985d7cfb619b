{# What stands in for a source that is not in use: its columns without a row. #}
{% macro no_raw_rows(contract) %}
select
    {%- for column in contract.columns %}
    cast(null as varchar) as {{ column }},
    {%- endfor %}
    false as is_excluded,
    cast(null as varchar) as reading_problem,
    cast(null as varchar) as raw_text,
    cast(null as varchar) as source_file,
    cast(null as bigint) as source_row
where false
{% endmacro %}
