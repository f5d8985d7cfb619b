{{ config(materialized='table') }}
-- depends_on: {{ ref('stg_inputs__excluded_users') }}
{%- set texts = [
    'spotify_track_uri', 'platform', 'track_name', 'artist_name', 'album_name', 'reason_start', 'reason_end', 'shuffle', 'skipped',
] %}
{%- set contents = ['user_id', 'ts', 'ms_played'] %}
{%- for column in texts -%}
{%- do contents.append("coalesce(cast(" ~ column ~ " as varchar), '')") -%}
{%- endfor %}
with

raw_plays as (

    select * from {{ ref('base_streaming__plays') }}

),

trimmed_plays as (

    select
        {%- for column in texts %}
        nullif(trim(cast({{ column }} as varchar)), '') as {{ column }},
        {%- endfor %}
        user_id,
        ts,
        nullif(trim(cast(ms_played as varchar)), '') as ms_played,
        is_excluded,
        reading_problem,
        raw_text,
        source_file,
        source_row

    from raw_plays

),

parsed_plays as (

    select
        user_id as raw_user_id,
        ts as raw_ts,
        ms_played as raw_ms_played,
        shuffle as raw_shuffle,
        skipped as raw_skipped,
        is_excluded as is_excluded_row,
        reading_problem,
        raw_text,
        source_file,
        source_row,
        spotify_track_uri,
        platform,
        track_name,
        artist_name,
        album_name,
        reason_start,
        reason_end,
        {{ parse_id('user_id') }} as user_id,
        {{ parse_time('ts', month_first=true) }} as ts,
        {{ parse_number('ms_played') }} as ms_played,
        {{ parse_boolean('shuffle') }} as shuffle,
        {{ parse_boolean('skipped') }} as skipped

    from trimmed_plays

),

checked_plays as (

    select
        *,
        -- equal for exact duplicates, in whatever form their values are written
        {{ stable_number("concat_ws('|', " ~ contents | join(', ') ~ ')', 9223372036854775807) }} as play_id,
        is_excluded_row or {{ excluded_user('user_id') }} as is_excluded,
        {{ reject_columns([
            {'column': 'user_id', 'raw': 'raw_user_id', 'parsed': 'user_id', 'kind': 'id', 'required': true},
            {'column': 'spotify_track_uri', 'raw': 'spotify_track_uri', 'parsed': 'spotify_track_uri', 'kind': 'track', 'required': true},
            {'column': 'ts', 'raw': 'raw_ts', 'parsed': 'ts', 'kind': 'time', 'required': true},
            {
                'column': 'ms_played', 'raw': 'raw_ms_played', 'parsed': 'ms_played', 'kind': 'number', 'required': true,
                'range': [0, 86400000], 'before': 'ts',
            },
            {'column': 'shuffle', 'raw': 'raw_shuffle', 'parsed': 'shuffle', 'kind': 'boolean'},
            {'column': 'skipped', 'raw': 'raw_skipped', 'parsed': 'skipped', 'kind': 'boolean'},
        ]) }}

    from parsed_plays

),

final as (

    select
        play_id,
        user_id,
        {{ public_text('spotify_track_uri') }} as track_uri,
        ts as ended_at,
        platform,
        {%- for column in ['track_name', 'artist_name', 'album_name', 'reason_start', 'reason_end'] %}
        {{ public_text(column) }} as {{ column }},
        {%- endfor %}
        shuffle as is_shuffled,
        skipped as is_skipped,
        is_excluded,
        source_file,
        source_row,
        rejected_column,
        reject_reason,
        case when reject_reason is null then cast(ms_played as bigint) end as ms_played,
        case when reject_reason is null then {{ dbt.dateadd('millisecond', '-cast(ms_played as bigint)', 'ts') }} end as started_at,
        -- what nobody will ask for again is most of the table
        case when reject_reason is not null then raw_text end as raw_text

    from checked_plays

)

select * from final
