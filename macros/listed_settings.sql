{# A var that is a list of entries with certain keys. Stops where it is not, also while models are only parsed. #}
{% macro listed_settings(name, keys) %}
    {%- set form = name ~ " must be a list of at least one entry of the form {" ~ keys | join(': ..., ') ~ ": ...}" -%}
    {%- if var(name) is string or var(name) is mapping or var(name) is not iterable or not var(name) -%}
        {{ exceptions.raise_compiler_error(form) }}
    {%- endif -%}
    {%- for entry in var(name) -%}
        {%- for key in keys if entry is not mapping or key not in entry -%}
            {{ exceptions.raise_compiler_error(form ~ "; it holds " ~ entry) }}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(var(name)) }}
{% endmacro %}
