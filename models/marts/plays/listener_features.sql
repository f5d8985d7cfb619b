with

pairs as (

    select * from {{ ref('int_track_listeners_summed') }}

),

active_days as (

    select
        activity_days.user_id,
        count(*) as listening_days
    from {{ ref('user_activity_days') }} as activity_days
    inner join {{ ref('int_observation_bounded') }} as observation on activity_days.date_day <= observation.as_of
    where activity_days.plays > 0
    group by activity_days.user_id

),

observation as (

    select * from {{ ref('int_observation_bounded') }}

),

summed as (

    select
        user_id,
        cast(sum(plays) as bigint) as plays,
        cast(sum(plays_last_28) as bigint) as plays_last_28,
        cast(sum(ms_played) as bigint) as ms_played,
        cast(sum(judged_plays) as bigint) as judged_plays,
        cast(sum(skips) as bigint) as skips,
        cast(sum(plays_of_known_order) as bigint) as plays_of_known_order,
        cast(sum(shuffled_plays) as bigint) as shuffled_plays,
        cast(sum(plays_of_known_length) as bigint) as plays_of_known_length,
        cast(sum(percent_total) as double) as percent_total,
        cast(sum(night_plays) as bigint) as night_plays,
        cast(sum(weekend_plays) as bigint) as weekend_plays,
        cast(sum(peak_hour_plays) as bigint) as peak_hour_plays,
        count(*) as tracks,
        min(first_played_on) as first_played_on,
        max(last_played_on) as last_played_on

    from pairs
    group by user_id

),

final as (

    select
        summed.user_id,
        summed.plays,
        summed.plays_last_28,
        summed.tracks,
        active_days.listening_days,
        summed.judged_plays,
        summed.skips,
        summed.plays_of_known_length,
        summed.first_played_on,
        summed.last_played_on,
        observation.as_of,
        cast({{ dbt.datediff('summed.last_played_on', 'observation.as_of', 'day') }} as integer) as days_since_last_played,
        summed.skips * 1.0 / nullif(summed.judged_plays, 0) as skip_rate,
        {{ wilson_bound('-', 'summed.skips', 'summed.judged_plays') }} as ci_low,
        {{ wilson_bound('+', 'summed.skips', 'summed.judged_plays') }} as ci_high,
        summed.ms_played / 60000.0 as minutes_played,
        round(summed.ms_played / 1000.0 / summed.plays, 9) as avg_seconds_per_play,
        round(summed.percent_total / nullif(summed.plays_of_known_length, 0), 9) as avg_percent_played,
        summed.shuffled_plays * 1.0 / nullif(summed.plays_of_known_order, 0) as shuffle_rate,
        summed.night_plays * 1.0 / summed.plays as night_share,
        summed.weekend_plays * 1.0 / summed.plays as weekend_share,
        summed.peak_hour_plays * 1.0 / summed.plays as peak_hour_share

    from summed
    inner join active_days on summed.user_id = active_days.user_id
    cross join observation

)

select * from final
