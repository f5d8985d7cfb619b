{# Attaches the databases that `inputs.<table>.from` may read from, read-only. #}
{% macro attach_databases() %}
    {%- for name, path in var('attached_databases').items() %}
    attach if not exists {{ sql_text(path) }} as {{ sql_name(name) }} (read_only);
    {%- endfor %}
{% endmacro %}
