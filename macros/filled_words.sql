{# SQL for a rule's words in which every {name} stands for what was found: the column <name>_words. #}
{% macro filled_words(words, names) -%}
    {%- set filled = namespace(sql=words) -%}
    {%- for name in names -%}
        {%- set filled.sql = "replace(\n            " ~ filled.sql ~ ",\n            '{" ~ name ~ "}', coalesce(" ~ name ~ "_words, '(unknown)')\n        )" -%}
    {%- endfor -%}
    {{ filled.sql }}
{%- endmacro %}
