with

play_rows as (

    select
        play_id,
        user_id,
        track_uri,
        track_name,
        artist_name,
        album_name,
        platform,
        reason_start,
        reason_end,
        is_shuffled,
        is_skipped,
        ms_played,
        started_at,
        ended_at
    from {{ ref('stg_streaming__play_rows') }}
    where reject_reason is null and not is_excluded

),

repeated_ids as (

    select distinct play_id
    from {{ ref('stg_streaming__repeated_play_rows') }}

),

final as (

    select
        play_id,
        user_id,
        track_uri,
        track_name,
        artist_name,
        album_name,
        platform,
        reason_start,
        reason_end,
        is_shuffled,
        is_skipped,
        ms_played,
        started_at,
        ended_at
    from play_rows
    where play_id not in (select repeated_ids.play_id from repeated_ids)

    union all

    select distinct
        play_id,
        user_id,
        track_uri,
        track_name,
        artist_name,
        album_name,
        platform,
        reason_start,
        reason_end,
        is_shuffled,
        is_skipped,
        ms_played,
        started_at,
        ended_at
    from play_rows
    where play_id in (select repeated_ids.play_id from repeated_ids)

)

select * from final
