{# Confines the connection of the build, once all databases are attached. From here on it opens files only where the settings say that raw tables are,
   in the project's seeds, and its own; it loads no extension; and none of this can be undone. docs/security.md says what remains open. #}
{% macro confine_build() %}
    {%- if execute and run_query("select current_setting('lock_configuration')").rows[0][0] | string | lower != 'true' -%}
        {%- set places = [] -%}
        {%- for node in graph.nodes.values() if node.resource_type == 'seed' -%}
            {%- do places.append(node.root_path ~ '/' ~ node.original_file_path.rpartition('/')[0]) -%}
        {%- endfor -%}
        {%- for node in graph.sources.values() if node.source_name in var('raw_sources') -%}
            {%- set input = raw_input(node.name, raw_table(node.source_name, node.name)) -%}
            {%- do places.extend(input.opens) -%}
            {#- by name, because a link among them may point elsewhere -#}
            {%- for pattern in input.patterns if '://' not in pattern -%}
                {%- do places.extend(run_query("select file from glob(" ~ sql_text(pattern) ~ ")").columns[0].values()) -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- set places = places | unique | list -%}
        {%- set extensions = [] -%}
        {%- for place in places if '://' in place -%}
            {%- do extensions.append('azure' if place.startswith(('az://', 'azure://', 'abfss://')) else 'httpfs') -%}
        {%- endfor -%}
        {%- set quoted = [] -%}
        {%- for place in places -%}
            {%- do quoted.append(sql_text(place)) -%}
        {%- endfor -%}
        {%- for extension in extensions | unique %}
    install {{ extension }};
    load {{ extension }};
        {%- endfor %}
    set allowed_directories = [{{ quoted | join(', ') }}];
    set allowed_paths = [{{ quoted | join(', ') }}];
    set autoinstall_known_extensions = false;
    set autoload_known_extensions = false;
    set enable_external_access = false;
    set lock_configuration = true;
    {%- endif -%}
{% endmacro %}
