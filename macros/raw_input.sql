{# What the var `inputs` says of one raw table, complete with defaults: `place` is as people read it, `glob` as DuckDB does, `patterns` lists the paths and
   globs that reading it may open. Stops on a key or a column that does not exist. #}
{% macro raw_input(table_name, contract) %}
    {%- set given = var('inputs').get(table_name) or {} -%}
    {%- set known = ['from', 'columns', 'only', 'excluded', 'encoding'] -%}
    {%- for key in given if key not in known -%}
        {{ exceptions.raise_compiler_error("inputs." ~ table_name ~ "." ~ key ~ " is not a setting; there are: " ~ known | join(', ')) }}
    {%- endfor -%}
    {%- for column in given.get('columns') or {} if column not in contract.columns -%}
        {{ exceptions.raise_compiler_error("inputs." ~ table_name ~ ".columns." ~ column ~ " is not a column of the contract of "
            ~ contract.name ~ "; it has: " ~ contract.columns | join(', ') ~ ". The contract's name stands on the left, yours on the right") }}
    {%- endfor -%}
    {%- set folder = env_var('RAW_DATA_DIR', '') or flags.PROFILES_DIR ~ '/sample_data' -%}
    {%- set format = env_var('RAW_FORMAT', 'csv') -%}
    {%- if format not in ['csv', 'parquet'] -%}
        {{ exceptions.raise_compiler_error("RAW_FORMAT is '" ~ format ~ "'; it can be csv or parquet") }}
    {%- endif -%}
    {%- set place = given.get('from') or table_name ~ '.' ~ format -%}
    {%- if place.startswith('(') -%}
        {%- set kind = 'query' -%}
    {%- elif place.endswith('.parquet') -%}
        {%- set kind = 'parquet' -%}
    {%- elif modules.re.search('[.]csv([.](gz|zst))?$', place) -%}
        {%- set kind = 'csv' -%}
    {%- elif modules.re.match('^[A-Za-z_]\w*([.]\w+)*$', place) and place.split('.')[-1] not in ['json', 'tsv', 'txt', 'xls', 'xlsx'] -%}
        {%- set kind = 'relation' -%}
    {%- else -%}
        {{ exceptions.raise_compiler_error("inputs." ~ table_name ~ ".from is '" ~ place
            ~ "'; it can be a file or glob that ends in .csv or .parquet, a table (database.schema.table), or a query in parentheses, "
            ~ "which reads whatever DuckDB reads, for example (select * from read_csv('/data/users.tsv', delim = '\t', all_varchar = true))") }}
    {%- endif -%}
    {#- the folder's name is taken letter by letter, what `from` says of files in it is a glob -#}
    {%- set glob, patterns = place, [] -%}
    {%- if kind == 'query' -%}
        {#- a query may name files in any of its texts -#}
        {%- for text, name in modules.re.findall("'((?:[^']|'')*)'|\"((?:[^\"]|\"\")*)\"", place) -%}
            {%- do patterns.append(text | replace("''", "'") or name | replace('""', '"')) -%}
        {%- endfor -%}
    {%- elif kind in ['csv', 'parquet'] -%}
        {%- if not (place.startswith('/') or '://' in place) -%}
            {%- set glob, place = sql_glob(folder) ~ '/' ~ place, folder ~ '/' ~ place -%}
        {%- endif -%}
        {%- do patterns.append(glob) -%}
    {%- endif -%}
    {{ return({
        'kind': kind,
        'place': place,
        'glob': glob,
        'patterns': patterns,
        'columns': given.get('columns') or {},
        'only': given.get('only'),
        'excluded': given.get('excluded'),
        'encoding': given.get('encoding'),
    }) }}
{% endmacro %}
