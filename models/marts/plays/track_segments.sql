with

tracks as (

    select * from {{ ref('track_features') }}

),

-- those played often enough
segmented as (

    {{ segmented_rows(
        ref('int_tracks_listed'), ref('int_tracks_assigned'), ref('int_tracks_explained'), ref('int_track_segments_fitted'),
        track_segment_features(), 'track_uri'
    ) }}

),

final as (

    select
        tracks.track_uri,
        tracks.track_name,
        tracks.artist_name,
        tracks.play_count,
        tracks.as_of,
        segmented.segment_id,
        segmented.segment_name,
        segmented.distance,
        segmented.runner_up_segment_id,
        segmented.margin,
        segmented.pca_1,
        segmented.pca_2,
        segmented.top_reason_1,
        segmented.top_reason_2,
        segmented.top_reason_3,
        segmented.model_fitted_as_of,
        case when segmented.track_uri is null then 'few_plays' else segmented.no_segment_reason end as no_segment_reason

    from tracks
    left join segmented on tracks.track_uri = segmented.track_uri

)

select * from final
