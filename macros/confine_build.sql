{# Confines the connection of the build, once all databases are attached. From here on it opens only the raw files that the settings name and that are
   there now, the project's seeds, and its own file; it loads no extension; and none of this can be undone. docs/security.md says what remains open. #}
{% macro confine_build() %}
    {%- if execute and run_query("select current_setting('lock_configuration')").rows[0][0] | string | lower != 'true' -%}
        {%- set paths, folders, extensions, patterns = [], [], [], [] -%}
        {%- for node in graph.nodes.values() if node.resource_type == 'seed' -%}
            {%- do paths.append(node.root_path ~ '/' ~ node.original_file_path) -%}
        {%- endfor -%}
        {%- for node in graph.sources.values() if node.source_name in var('raw_sources') -%}
            {%- do patterns.extend(raw_input(node.name, raw_table(node.source_name, node.name)).patterns) -%}
        {%- endfor -%}
        {#- views of an earlier build read the files that its settings named, until they are built anew -#}
        {%- set texts = "regexp_extract_all(sql, '''((?:[^'']|'''')*)''', 1)" -%}
        {%- set views = "select distinct unnest(" ~ texts ~ ") from duckdb_views() where database_name = current_database() and schema_name = 'staging'" -%}
        {%- for text in run_query(views).columns[0].values() if text and '/' in text -%}
            {%- do patterns.append(text | replace("''", "'")) -%}
        {%- endfor -%}
        {%- for pattern in patterns | unique -%}
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
