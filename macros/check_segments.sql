{# Stops the run on settings of segments that cannot be meant. #}
{% macro check_segments() %}
    {%- for name in ['segment_features', 'capped_features', 'segment_attributes', 'segment_kpis', 'track_segment_features', 'track_capped_features']
        if var(name) is string or var(name) is mapping or var(name) is not iterable or var(name) | reject('string') | list
        or var(name) | unique | list | length != var(name) | length -%}
        {{ exceptions.raise_compiler_error(name ~ " is " ~ var(name) ~ "; it must be a list of different names: [sessions_per_week, engagement_score]") }}
    {%- endfor -%}
    {%- for name in ['segment_features', 'segment_kpis', 'track_segment_features'] if not var(name) -%}
        {{ exceptions.raise_compiler_error(name ~ " is empty; it must name at least one number") }}
    {%- endfor -%}
    {%- set activity = activity_features() -%}
    {%- set texts, numbers = [], [] -%}
    {%- for column in usage_columns() -%}
        {%- do (texts if column.kind == 'text' else numbers).append(column.name) -%}
    {%- endfor -%}
    {%- set contract = usage_columns() | rejectattr('is_further') | selectattr('kind', 'equalto', 'number') | map(attribute='name') | list -%}
    {%- set words = run_query("select keyword_name from duckdb_keywords() where keyword_category = 'reserved'").columns[0].values() -%}
    {%- set taken = ['user_id', 'org_id', 'segment_id', 'place', 'users', 'has_features', 'is_excluded', 'reading_problem', 'raw_text', 'source_file',
        'source_row', 'rejected_column', 'reject_reason', 'content', 'row_of_user', 'squared_distance'] -%}
    {%- for name in var('segment_features') -%}
        {%- if name in texts -%}
            {{ exceptions.raise_compiler_error("segment_features names '" ~ name ~ "', which is text; there are the numbers: " ~ (contract + activity) | join(', ')) }}
        {%- elif not modules.re.match('^[a-z][a-z0-9_]*$', name) or name in taken or name in words -%}
            {{ exceptions.raise_compiler_error("A feature cannot be called '" ~ name ~ "': it needs small letters, digits and _, and no word that SQL or the "
                ~ "models use. Call it otherwise and map your column: inputs.app_usage.columns.my_" ~ name | lower | replace(' ', '_') ~ ": " ~ name) }}
        {%- elif name not in contract + activity and 'telemetry' not in var('raw_sources') -%}
            {{ exceptions.raise_compiler_error("segment_features names '" ~ name ~ "'; without the source telemetry there are the columns of user_features: "
                ~ activity | join(', ')) }}
        {%- endif -%}
    {%- endfor -%}
    {%- for name in var('capped_features') if name not in contract + activity + var('segment_features') -%}
        {{ exceptions.raise_compiler_error("capped_features names '" ~ name ~ "', which is no feature; there are: " ~ (contract + activity) | join(', ')) }}
    {%- endfor -%}
    {%- for name in var('segment_kpis') if name not in numbers + activity -%}
        {{ exceptions.raise_compiler_error("segment_kpis names '" ~ name ~ "'; there are: " ~ (numbers + activity) | join(', ')) }}
    {%- endfor -%}
    {%- set declared = declared_attributes() | rejectattr('type', 'equalto', 'numeric') | map(attribute='name') | list -%}
    {%- set known = (texts + declared + account_attributes()) | unique | list -%}
    {#- the default names groups of the default profile, which a company may not have -#}
    {%- for name in var('segment_attributes') if name not in known and 'segment_attributes' in (invocation_args_dict.vars or {}) -%}
        {{ exceptions.raise_compiler_error("segment_attributes names '" ~ name ~ "'; there are: " ~ known | join(', ')) }}
    {%- endfor -%}
    {%- set of_tracks = graph.nodes['model.' ~ project_name ~ '.track_features'].columns.values()
        | selectattr('data_type', 'in', ['bigint', 'double']) | map(attribute='name') | list -%}
    {%- for setting in ['track_segment_features', 'track_capped_features'] -%}
        {%- for name in var(setting) if name not in of_tracks -%}
            {{ exceptions.raise_compiler_error(setting ~ " names '" ~ name ~ "'; there are: " ~ of_tracks | join(', ')) }}
        {%- endfor -%}
    {%- endfor -%}
    {%- for name in ['segment_count', 'track_segment_count'] if var(name) != 'auto' and not (var(name) is integer and var(name) > 0) -%}
        {{ exceptions.raise_compiler_error(name ~ " is '" ~ var(name) ~ "'; it can be auto or a whole number above 0") }}
    {%- endfor -%}
    {%- set k_range = var('segment_k_range') -%}
    {%- if k_range is string or k_range is not iterable or k_range | reject('integer') | list or k_range | length != 2 or not 2 <= k_range[0] <= k_range[1] -%}
        {{ exceptions.raise_compiler_error("segment_k_range is " ~ k_range ~ "; it must be the fewest segments, at least 2, and the most: [2, 8]") }}
    {%- endif -%}
    {%- if not (var('segment_name_margin') is number and var('segment_name_margin') >= 0) -%}
        {{ exceptions.raise_compiler_error("segment_name_margin is '" ~ var('segment_name_margin') ~ "'; it must be a number, 0 or more") }}
    {%- endif -%}
{% endmacro %}
