{# The columns of a raw table that the build reads, in the table's order: those of the contract, and those whose name stands in an expression of `inputs`.
   All others are never named in SQL. #}
{% macro used_columns(present, contract, input) %}
    {%- set expressions = (input.columns.values() | list + [input.only or '', input.excluded or '']) | join(' ') | lower -%}
    {%- set used = [] -%}
    {%- for column in present if column and (column | lower in contract.columns or column | lower | replace('"', '""') in expressions) -%}
        {%- do used.append(column) -%}
    {%- endfor -%}
    {{ return(used) }}
{% endmacro %}
