{# Whether the raw tables come from the project's sample data: no folder is named, and no source in use has a place of its own. Stops where some come from
   the sample and others do not, because people who do not exist would stand among a company's own. #}
{% macro uses_sample_data() %}
    {%- if env_var('RAW_DATA_DIR', '') -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set own, sample = [], [] -%}
    {%- for node in graph.sources.values() if node.source_name in var('raw_sources') -%}
        {%- set place = raw_input(node.name, raw_table(node.source_name, node.name)).place -%}
        {%- do (sample if place.startswith(flags.PROFILES_DIR ~ '/sample_data/') else own).append(node) -%}
    {%- endfor -%}
    {%- if own and sample -%}
        {{ exceptions.raise_compiler_error("inputs names a place for " ~ own | map(attribute='name') | join(', ') ~ ", and not for "
            ~ sample | map(attribute='name') | join(', ') ~ ", which would come from the sample data. Set RAW_DATA_DIR to the folder of your tables, "
            ~ "name a place for each, or leave out the sources that you do not have: raw_sources: ["
            ~ own | map(attribute='source_name') | unique | join(', ') ~ "]") }}
    {%- endif -%}
    {{ return(sample | length > 0) }}
{% endmacro %}
