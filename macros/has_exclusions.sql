{# Whether `inputs` excludes anybody. #}
{% macro has_exclusions() %}
    {%- for input in var('inputs').values() if input and input.get('excluded') -%}
        {{ return(true) }}
    {%- endfor -%}
    {{ return(false) }}
{% endmacro %}
