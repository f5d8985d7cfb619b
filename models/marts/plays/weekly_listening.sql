with

observation as (

    select * from {{ ref('int_observation_bounded') }}

),

-- stray days long before the log are left out
plays as (

    select
        plays.*,
        cast({{ dbt.date_trunc('week', 'plays.started_on') }} as date) as date_week

    from {{ ref('plays') }} as plays
    inner join observation on plays.started_on between observation.activity_started_on and observation.as_of

),

music as (

    select
        date_week,
        count(distinct track_uri) as tracks,
        count(distinct artist_name) as artists
    from plays
    group by date_week

),

listeners as (

    select
        date_week,
        user_id,
        count(*) as plays,
        sum(ms_played) as ms_played,
        count(is_skip) as judged_plays,
        count(*) filter (where is_skip) as skips,
        count(is_shuffled) as plays_of_known_order,
        count(*) filter (where is_shuffled) as shuffled_plays

    from plays
    group by date_week, user_id

),

-- the plays of one listener are alike; of a sole listener nobody can say how much
clusters as (

    select
        *,
        case when min(user_id) over () <> max(user_id) over () then user_id end as cluster_id
    from listeners

),

summed as (

    select
        date_week,
        cast(sum(plays) as bigint) as plays,
        count(*) as listeners,
        cast(sum(ms_played) as bigint) as ms_played,
        cast(sum(plays_of_known_order) as bigint) as plays_of_known_order,
        cast(sum(shuffled_plays) as bigint) as shuffled_plays,
        {{ clustered_counts('skips', 'judged_plays', 'skip', 'cluster_id') }}

    from clusters
    group by date_week

),

correlated as (

    select
        *,
        {{ intraclass_correlation('skip', within='true') }} as skip_correlation
    from summed

),

effective as (

    select
        *,
        {{ effective_trials('skip') }} as effective_plays
    from correlated

),

bounds as (

    select
        min(effective.date_week) as first_week,
        max(observation.activity_started_on) as activity_started_on,
        max(observation.as_of) as as_of
    from effective
    cross join observation

),

-- every week from the first play to as_of, also those without one
weeks as (

    select
        days.date_day as date_week,
        bounds.activity_started_on,
        bounds.as_of
    from {{ ref('int_days_listed') }} as days
    inner join bounds on days.date_day between bounds.first_week and bounds.as_of
    where {{ iso_weekday('days.date_day') }} = 1

),

final as (

    select
        weeks.date_week,
        weeks.date_week >= weeks.activity_started_on and {{ dbt.dateadd('day', 6, 'weeks.date_week') }} <= weeks.as_of as is_complete,
        coalesce(effective.plays, 0) as plays,
        coalesce(effective.listeners, 0) as listeners,
        coalesce(music.tracks, 0) as tracks,
        coalesce(music.artists, 0) as artists,
        coalesce(effective.ms_played, 0) / 60000.0 as minutes_played,
        coalesce(effective.skip_trials, 0) as judged_plays,
        coalesce(effective.skip_successes, 0) as skips,
        effective.skip_successes * 1.0 / nullif(effective.skip_trials, 0) as skip_rate,
        {{ wilson_bound('-', 'effective.skip_successes', 'effective.skip_trials', 'effective.effective_plays') }} as ci_low,
        {{ wilson_bound('+', 'effective.skip_successes', 'effective.skip_trials', 'effective.effective_plays') }} as ci_high,
        effective.shuffled_plays * 1.0 / nullif(effective.plays_of_known_order, 0) as shuffle_rate

    from weeks
    left join effective on weeks.date_week = effective.date_week
    left join music on weeks.date_week = music.date_week

)

select * from final
