-- depends_on: {{ ref('int_days_offset') }}
with

timed_plays as (

    select
        plays.*,
        lower(plays.platform) as spelling,
        {{ local_time('plays.started_at') }} as local_started_at

    from {{ ref('stg_streaming__plays') }} as plays
    {{ local_day_join('plays.started_at') }}

),

spellings as (

    select distinct lower(platform) as spelling
    from {{ ref('stg_streaming__plays') }}
    where platform is not null

),

-- the longest beginning that fits says which platform is meant
platforms as (

    select
        spellings.spelling,
        coalesce(beginnings.platform, 'other') as platform

    from spellings
    left join {{ ref('platform_spellings') }} as beginnings on starts_with(spellings.spelling, beginnings.beginning)
    qualify row_number() over (
        partition by spellings.spelling
        order by length(beginnings.beginning) desc
    ) = 1

),

-- who hears a track to its end hears all of it; the median passes over those who wound back
tracks as (

    select
        track_uri,
        {{ median('ms_played') }} / 1000.0 as track_length_seconds
    from {{ ref('stg_streaming__plays') }}
    where lower(reason_end) = 'trackdone'
    group by track_uri

),

reasons as (

    select
        count(distinct lower(reason_start)) as start_reasons,
        count(distinct lower(reason_end)) as end_reasons
    from {{ ref('stg_streaming__plays') }}

),

observation as (

    select * from {{ ref('int_observation_bounded') }}

),

joined as (

    select
        timed_plays.play_id,
        timed_plays.user_id,
        timed_plays.track_uri,
        timed_plays.track_name,
        timed_plays.artist_name,
        timed_plays.album_name,
        timed_plays.started_at,
        timed_plays.ended_at,
        timed_plays.ms_played,
        timed_plays.is_shuffled,
        platforms.platform,
        observation.as_of,
        reasons.start_reasons,
        reasons.end_reasons,
        cast(timed_plays.local_started_at as date) as started_on,
        cast(hour(timed_plays.local_started_at) as integer) as hour_of_day,
        lower(timed_plays.reason_start) as reason_start,
        lower(timed_plays.reason_end) as reason_end,
        timed_plays.ms_played / 1000.0 as seconds_played,
        case when tracks.track_length_seconds > 0 then tracks.track_length_seconds end as track_length_seconds,
        coalesce(
            timed_plays.is_skipped,
            case
                when lower(timed_plays.reason_end) in ('fwdbtn', 'backbtn') then true
                when lower(timed_plays.reason_end) = 'trackdone' then false
            end
        ) as is_skip

    from timed_plays
    cross join observation
    cross join reasons
    left join tracks on timed_plays.track_uri = tracks.track_uri
    left join platforms on timed_plays.spelling = platforms.spelling

),

final as (

    select
        play_id,
        user_id,
        track_uri,
        track_name,
        artist_name,
        album_name,
        started_at,
        ended_at,
        started_on,
        ms_played,
        seconds_played,
        track_length_seconds,
        case
            when seconds_played < track_length_seconds then round(100 * seconds_played / track_length_seconds, 9)
            when track_length_seconds is not null then 100
        end as percent_played,
        is_skip,
        coalesce(reason_end = 'trackdone', false) as is_completed,
        platform,
        {{ public_level('reason_start', 'start_reasons') }} as reason_start,
        {{ public_level('reason_end', 'end_reasons') }} as reason_end,
        is_shuffled,
        hour_of_day,
        cast({{ iso_weekday('started_on') }} as integer) as day_of_week,
        {{ iso_weekday('started_on') }} >= 6 as is_weekend,
        hour_of_day between 17 and 21 as is_peak_hour,
        hour_of_day < 6 as is_night,
        coalesce(started_on > as_of, false) as is_after_as_of

    from joined

)

select * from final
