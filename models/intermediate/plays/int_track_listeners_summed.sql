-- What each listener did with each track, up to as_of: fewer rows than plays, and all that tracks and listeners are described by.
with

plays as (

    select * from {{ ref('plays') }}
    where not is_after_as_of

),

observation as (

    select * from {{ ref('int_observation_bounded') }}

),

final as (

    select
        plays.track_uri,
        plays.user_id,
        count(*) as plays,
        cast(sum(plays.ms_played) as bigint) as ms_played,
        count(plays.is_skip) as judged_plays,
        count(*) filter (where plays.is_skip) as skips,
        count(plays.is_shuffled) as plays_of_known_order,
        count(*) filter (where plays.is_shuffled) as shuffled_plays,
        count(*) filter (where plays.is_completed) as completed_plays,
        count(plays.percent_played) as plays_of_known_length,
        cast(coalesce(sum(cast(plays.percent_played as decimal(12, 9))), 0) as decimal(28, 9)) as percent_total,
        count(*) filter (where plays.is_night) as night_plays,
        count(*) filter (where plays.is_weekend) as weekend_plays,
        count(*) filter (where plays.is_peak_hour) as peak_hour_plays,
        count(*) filter (where plays.started_on > {{ dbt.dateadd('day', -28, 'observation.as_of') }}) as plays_last_28,
        max(plays.track_length_seconds) as track_length_seconds,
        max(plays.track_name) as track_name,
        max(plays.artist_name) as artist_name,
        max(plays.album_name) as album_name,
        min(plays.started_on) as first_played_on,
        max(plays.started_on) as last_played_on

    from plays
    cross join observation
    group by plays.track_uri, plays.user_id

)

select * from final
