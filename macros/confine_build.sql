{# Confines the connection of the build, once all databases are attached. From here on it opens only the raw files that the settings name and that are
   there now, the project's seeds, and its own file; it loads no extension; and none of this can be undone. docs/security.md says what remains open. #}
{% macro confine_build() %}
    {%- if execute and run_query("select current_setting('lock_configuration')").rows[0][0] | string | lower != 'true' -%}
        {%- set paths, folders, extensions = [], [], [] -%}
        {%- for node in graph.nodes.values() if node.resource_type == 'seed' -%}
            {%- do paths.append(node.root_path ~ '/' ~ node.original_file_path) -%}
        {%- endfor -%}
        {%- for node in graph.sources.values() if node.source_name in var('raw_sources') -%}
            {%- for pattern in raw_input(node.name, raw_table(node.source_name, node.name)).patterns -%}
                {%- if '://' in pattern -%}
                    {%- do extensions.append('azure' if pattern.startswith(('az://', 'azure://', 'abfss://')) else 'httpfs') -%}
                    {%- do folders.append(modules.re.split('[*?[]', pattern)[0].rpartition('/')[0] ~ '/') -%}
                {%- else -%}
                    {#- the engine asks for the pattern and for each file that it finds; the files are read one by one -#}
                    {%- do paths.append(pattern) -%}
                    {%- for file in run_query("select file from glob(" ~ sql_text(pattern) ~ ")").columns[0].values() -%}
                        {%- do paths.extend([file, sql_glob(file)]) -%}
                    {%- endfor -%}
                {%- endif -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- for extension in extensions | unique %}
    install {{ extension }};
    load {{ extension }};
        {%- endfor %}
    set allowed_paths = [{% for path in paths | unique %}{{ sql_text(path) }}{{ ', ' if not loop.last }}{% endfor %}];
    set allowed_directories = [{% for folder in folders | unique %}{{ sql_text(folder) }}{{ ', ' if not loop.last }}{% endfor %}];
    set autoinstall_known_extensions = false;
    set autoload_known_extensions = false;
    set enable_external_access = false;
    set lock_configuration = true;
    {%- endif -%}
{% endmacro %}
