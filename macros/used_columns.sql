{# The columns of a raw table that the build reads, in the table's order: those of the contract, and those whose name stands in an expression of `inputs`.
   All others are never named in SQL, unless an expression takes all columns together (`columns(...)`, `raw_rows`). #}
{% macro used_columns(present, contract, input) %}
    {%- set expressions = (input.columns.values() | list + [input.only or '', input.excluded or '']) | join(' ') | lower -%}
    {#- such an expression may mean any column without naming it -#}
    {%- set is_any = 'columns(' in expressions or 'raw_rows' in expressions -%}
    {%- set used = [] -%}
    {%- for column in present if column and (is_any or column | lower in contract.columns or column | lower | replace('"', '""') in expressions) -%}
        {%- do used.append(column) -%}
    {%- endfor -%}
    {{ return(used) }}
{% endmacro %}
