{%- set features = var('skip_model_features') -%}
{%- set own_columns = [
    'is_skip', 'platform', 'reason_start', 'is_shuffled', 'hour_of_day', 'day_of_week', 'is_weekend', 'is_peak_hour', 'is_night',
    'earlier_track_length_seconds',
] -%}
-- The plays from which models learn what is skipped, the first by a hash of their id, with what is known when a play starts.
with

plays as (

    select * from {{ ref('plays') }}

),

sampled as (

    select *
    from plays
    where is_skip is not null and not is_after_as_of
    qualify row_number() over (
        order by {{ stable_number('play_id', 1000000007) }}, play_id
    ) <= {{ var('fit_sample_plays') }}

),

sampled_tracks as (

    select distinct track_uri
    from sampled

),

-- what ends at the very start of a play comes after it: it is not known before
events as (

    select
        play_id,
        track_uri,
        started_at as happened_at,
        0 as place,
        cast(null as bigint) as ms_played
    from sampled

    union all

    select
        plays.play_id,
        plays.track_uri,
        plays.ended_at as happened_at,
        1 as place,
        plays.ms_played
    from plays
    inner join sampled_tracks on plays.track_uri = sampled_tracks.track_uri
    where plays.is_completed and plays.ms_played > 0

),

numbered_events as (

    select
        *,
        count(ms_played) over (
            partition by track_uri
            order by happened_at, place, play_id
            rows between unbounded preceding and current row
        ) as completed_plays

    from events

),

-- each completed play with the starts that follow it, until the next one is completed
lengths as (

    select
        play_id,
        place,
        max(ms_played) over (partition by track_uri, completed_plays) / 1000.0 as earlier_track_length_seconds
    from numbered_events

),

-- users from those with most plays on, dealt out over the folds
users as (

    select
        user_id,
        row_number() over (
            order by count(*) desc, user_id
        ) as user_number

    from sampled
    group by user_id

),

-- the latest plays, which a fit from before the first of them should predict
future as (

    select percentile_disc({{ 1 - var('future_share') }}) within group (order by started_at) as starts_at
    from sampled

),

final as (

    select
        sampled.play_id,
        sampled.user_id,
        users.user_number,
        {{ evaluation_fold('users.user_number', 'sampled.user_id') }} as fold,
        sampled.started_at,
        sampled.ended_at,
        sampled.ended_at < future.starts_at as is_past,
        sampled.started_at >= future.starts_at as is_future,
        sampled.is_skip,

        sampled.platform,
        sampled.reason_start,
        sampled.is_shuffled,
        sampled.hour_of_day,
        sampled.day_of_week,
        sampled.is_weekend,
        sampled.is_peak_hour,
        sampled.is_night,
        {%- for feature in features if feature.name not in own_columns %}
        sampled.{{ feature.name }},
        {%- endfor %}
        cast(lengths.earlier_track_length_seconds as double) as earlier_track_length_seconds,
        lengths.earlier_track_length_seconds is not null as has_earlier_track_length

    from sampled
    inner join lengths on sampled.play_id = lengths.play_id and lengths.place = 0
    inner join users on sampled.user_id = users.user_id
    cross join future

)

select * from final
