{{ segment_summary_rows(
    ref('int_track_segments_fitted'), ref('int_track_counts_fitted'), ref('int_tracks_assigned'), 'tracks'
) }}
