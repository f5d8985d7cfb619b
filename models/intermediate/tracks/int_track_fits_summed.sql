-- The fit of the segments of tracks in one row, also where there was nothing to fit on.
{{ summed_fits(
    ref('int_tracks_listed'), ref('int_track_features_scaled'), ref('int_track_counts_fitted'), ref('int_track_segments_fitted'), 'tracks'
) }}
