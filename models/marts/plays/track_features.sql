with

pairs as (

    select
        *,
        -- the plays of one listener are alike; of a sole listener nobody can say how much
        case when min(user_id) over () <> max(user_id) over () then user_id end as cluster_id
    from {{ ref('int_track_listeners_summed') }}

),

observation as (

    select * from {{ ref('int_observation_bounded') }}

),

summed as (

    select
        track_uri,
        max(track_name) as track_name,
        max(artist_name) as artist_name,
        max(album_name) as album_name,
        cast(sum(plays) as bigint) as play_count,
        count(*) as listeners,
        cast(sum(ms_played) as bigint) as ms_played,
        cast(sum(completed_plays) as bigint) as completed_plays,
        cast(sum(plays_of_known_order) as bigint) as plays_of_known_order,
        cast(sum(shuffled_plays) as bigint) as shuffled_plays,
        cast(sum(plays_of_known_length) as bigint) as plays_of_known_length,
        cast(sum(percent_total) as double) as percent_total,
        max(track_length_seconds) as track_length_seconds,
        min(first_played_on) as first_played_on,
        max(last_played_on) as last_played_on,
        {{ clustered_counts('skips', 'judged_plays', 'skip', 'cluster_id') }}

    from pairs
    group by track_uri

),

correlated as (

    select
        *,
        {{ intraclass_correlation('skip', within='true') }} as skip_correlation
    from summed

),

rated as (

    select
        *,
        skip_successes * 1.0 / nullif(skip_trials, 0) as skip_rate,
        percent_total / nullif(plays_of_known_length, 0) as avg_percent_played,
        {{ design_effect('skip') }} as design_effect,
        {{ effective_trials('skip') }} as effective_plays
    from correlated

),

final as (

    select
        rated.track_uri,
        rated.track_name,
        rated.artist_name,
        rated.album_name,
        rated.play_count,
        rated.listeners,
        rated.completed_plays,
        rated.plays_of_known_length,
        rated.track_length_seconds,
        rated.skip_trials as judged_plays,
        rated.skip_successes as skips,
        rated.skip_rate,
        rated.design_effect,
        rated.effective_plays,
        rated.first_played_on,
        rated.last_played_on,
        observation.as_of,
        {{ wilson_bound('-', 'rated.skip_successes', 'rated.skip_trials', 'rated.effective_plays') }} as ci_low,
        {{ wilson_bound('+', 'rated.skip_successes', 'rated.skip_trials', 'rated.effective_plays') }} as ci_high,
        rated.ms_played / 60000.0 as minutes_played,
        round(rated.ms_played / 1000.0 / rated.play_count, 9) as avg_seconds_per_play,
        round(rated.avg_percent_played, 9) as avg_percent_played,
        rated.shuffled_plays * 1.0 / nullif(rated.plays_of_known_order, 0) as shuffle_rate,
        round(rated.avg_percent_played * (1 - rated.skip_rate), 9) as engagement_score

    from rated
    cross join observation

)

select * from final
