{{ config(enabled=var('refit') == 'always') }}
-- Fitted tracks whose segment or place on the map is not the one that scikit-learn gives. Without a fit the features are newer than it.
select
    fitted.track_uri,
    fitted.segment_id,
    track_segments.segment_id as assigned_segment_id,
    fitted.pca_1,
    track_segments.pca_1 as assigned_pca_1,
    fitted.pca_2,
    track_segments.pca_2 as assigned_pca_2
from {{ ref('int_tracks_fitted') }} as fitted
left join {{ ref('track_segments') }} as track_segments on fitted.track_uri = track_segments.track_uri
where
    coalesce(fitted.segment_id <> track_segments.segment_id, true)
    or coalesce(abs(fitted.pca_1 - track_segments.pca_1) > 1e-6, true)
    or coalesce(abs(fitted.pca_2 - track_segments.pca_2) > 1e-6, true)
