-- Texts that marts do not show as they came in, because they hold an e-mail address or are free text, and ids that look like an e-mail
-- address, which marts show all the same.
{{ config(severity='warn') }}
{%- set columns = [
    ('users', 'creation_source', ref('users'), 'creation_source'),
    ('user_actions', 'action', ref('user_actions'), 'action'),
    ('plays', 'spotify_track_uri', ref('plays'), 'track_uri'),
    ('plays', 'track_name', ref('plays'), 'track_name'),
    ('plays', 'artist_name', ref('plays'), 'artist_name'),
    ('plays', 'album_name', ref('plays'), 'album_name'),
    ('plays', 'reason_start', ref('plays'), 'reason_start'),
    ('plays', 'reason_end', ref('plays'), 'reason_end'),
] -%}
{%- for column in usage_columns() | selectattr('kind', 'equalto', 'text') -%}
{%- do columns.append(('app_usage', column.name, ref('stg_telemetry__app_usage'), column.name)) -%}
{%- endfor -%}
{%- for attribute in listed_settings('profile_attributes', ['name', 'type']) | rejectattr('type', 'equalto', 'numeric') -%}
{%- do columns.append(('user_profiles', attribute.name, ref('stg_people__user_profiles'), 'levels[' ~ sql_text(attribute.name) ~ ']')) -%}
{%- endfor %}

with

levels as (
    {% for table_name, column_name, relation, level in columns %}
    select
        '{{ table_name }}' as table_name,
        '{{ column_name }}' as column_name,
        {{ level }} as level,
        count(*) as mart_rows
    from {{ relation }}
    where {{ level }} in ('(e-mail address)', '(too many levels)')
    group by {{ level }}
    {{ "union all" if not loop.last }}
    {%- endfor %}

),

ids as (
    {% for table_name, column_name, mart_column in [('users', 'object_id', 'user_id'), ('users', 'org_id', 'org_id')] %}
    select
        '{{ table_name }}' as table_name,
        '{{ column_name }}' as column_name,
        count(*) as mart_rows
    from {{ ref('users') }}
    where {{ looks_like_address(mart_column) if var('id_type') == 'text' else 'false' }}
    {{ "union all" if not loop.last }}
    {%- endfor %}

),

final as (

    select
        table_name,
        column_name,
        mart_rows,
        case level
            when '(e-mail address)' then 'hold an e-mail address and show (e-mail address) instead'
            else 'hold free text, more than max_levels values, and show (too many levels) instead'
        end as finding,
        case
            when table_name = 'user_profiles' then 'take it out of profile_attributes, or map it: '
            when column_name in ('action', 'spotify_track_uri') then 'map it to values that name nobody: '
            else 'leave it out, or map it: '
        end
        || 'inputs: {' || table_name || ': {columns: {' || column_name || ': '
        || case when table_name = 'user_profiles' or column_name in ('action', 'spotify_track_uri') then '<your SQL>' else '"null"' end
        || '}}}' as remedy
    from levels

    union all

    select
        table_name,
        column_name,
        mart_rows,
        'have an id that is an e-mail address; marts show ids as they are' as finding,
        'map another id, the same in every table: inputs: {' || table_name || ': {columns: {' || column_name || ': <your SQL>}}}' as remedy
    from ids
    where mart_rows > 0

)

select * from final
