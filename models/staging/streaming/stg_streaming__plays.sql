{%- set columns = [
    'user_id', 'track_uri', 'track_name', 'artist_name', 'album_name', 'platform', 'reason_start', 'reason_end', 'is_shuffled', 'is_skipped',
    'ms_played', 'started_at', 'ended_at',
] %}
with

play_rows as (

    select
        {%- for column in columns %}
        {{ column }},
        {%- endfor %}
        play_id
    from {{ ref('stg_streaming__play_rows') }}
    where reject_reason is null and not is_excluded

),

repeated_ids as (

    select distinct play_id
    from {{ ref('stg_streaming__repeated_play_rows') }}

),

final as (

    select
        {%- for column in columns %}
        {{ column }},
        {%- endfor %}
        play_id
    from play_rows
    where play_id not in (select repeated_ids.play_id from repeated_ids)

    union all

    select distinct
        {%- for column in columns %}
        {{ column }},
        {%- endfor %}
        play_id
    from play_rows
    where play_id in (select repeated_ids.play_id from repeated_ids)

)

select * from final
