{# What `inputs` says of a column or a rule, as SQL: a column's own name is quoted, anything else is SQL already. Stops on a single word that is no
   column. #}
{% macro raw_expression(name, setting, expression, present) %}
    {%- set expression = expression | string | trim -%}
    {%- if expression | lower in present -%}
        {{ return(sql_name(expression)) }}
    {%- elif modules.re.match('^[A-Za-z_]\\w*$', expression) and expression | lower not in ['true', 'false', 'null'] -%}
        {{ exceptions.raise_compiler_error("inputs." ~ name.split('.')[1] ~ "." ~ setting ~ ": there is no column " ~ expression ~ "; there are: "
            ~ shown_names(present)) }}
    {%- endif -%}
    {{ return(expression) }}
{% endmacro %}
