{# Whether any raw table comes from the project's sample data: no folder is named, and a source in use has no place of its own. #}
{% macro uses_sample_data() %}
    {%- if env_var('RAW_DATA_DIR', '') -%}
        {{ return(false) }}
    {%- endif -%}
    {%- for node in graph.sources.values() if node.source_name in var('raw_sources') -%}
        {%- if raw_input(node.name, raw_table(node.source_name, node.name)).place.startswith(flags.PROFILES_DIR ~ '/sample_data/') -%}
            {{ return(true) }}
        {%- endif -%}
    {%- endfor -%}
    {{ return(false) }}
{% endmacro %}
