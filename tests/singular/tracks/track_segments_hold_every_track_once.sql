-- Every track of track_features is in track_segments, and the segments count all of those that have one.
with

played as (

    select
        count(*) as tracks,
        count(*) filter (where play_count >= {{ var('track_min_plays') }}) as tracks_played_enough
    from {{ ref('track_features') }}

),

listed as (

    select
        count(*) as tracks,
        count(segment_id) as segmented_tracks,
        count(*) filter (where no_segment_reason is null or no_segment_reason <> 'few_plays') as tracks_played_enough
    from {{ ref('track_segments') }}

),

counted as (

    select coalesce(sum(tracks), 0) as segmented_tracks
    from {{ ref('track_segment_summaries') }}

)

select
    played.tracks,
    listed.tracks as listed_tracks,
    played.tracks_played_enough,
    listed.tracks_played_enough as listed_tracks_played_enough,
    listed.segmented_tracks,
    counted.segmented_tracks as counted_tracks
from played
cross join listed
cross join counted
where
    played.tracks <> listed.tracks
    or played.tracks_played_enough <> listed.tracks_played_enough
    or listed.segmented_tracks <> counted.segmented_tracks
