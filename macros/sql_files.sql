{# Files as an SQL list, each of which names this file alone. #}
{% macro sql_files(files) -%}
    [{% for file in files %}{{ sql_text(sql_glob(file)) }}{{ ', ' if not loop.last }}{% endfor %}]
{%- endmacro %}
