{# The value of an attribute that is a term of a regression, in a query that knows the attributes that are free text: of those only whether
   there is any. #}
{% macro term_value(term) -%}
    {%- if term.type == 'numeric' -%}
        numbers['{{ term.name }}']
    {%- else -%}
        case
            when levels['{{ term.name }}'] is not null and '{{ term.name }}' in (select free_texts.attribute from free_texts) then '(too many levels)'
            else levels['{{ term.name }}']
        end
    {%- endif -%}
{%- endmacro %}
