-- Where each track lies among all, and the features that speak most for the track's segment and against the one that comes next.
{{ explained_rows(
    ref('int_tracks_assigned'), ref('int_tracks_scaled'), ref('int_track_segments_fitted'), ref('int_track_axes_fitted'),
    track_segment_features(), 'track_uri'
) }}
