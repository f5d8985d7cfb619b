{# The attributes that the regressions of actions use, each once, as declared. #}
{% macro action_terms() %}
    {%- set names = [] -%}
    {%- for model in listed_settings('action_models', ['name', 'terms']) -%}
        {%- do names.extend(model.terms) -%}
    {%- endfor -%}
    {{ return(declared_attributes() | selectattr('name', 'in', names) | list) }}
{% endmacro %}
