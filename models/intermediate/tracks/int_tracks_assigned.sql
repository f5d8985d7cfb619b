-- The segment whose centre is nearest to each track, and the one that comes next.
{{ nearest_centres(ref('int_tracks_scaled'), ref('int_track_segments_fitted'), track_segment_features(), 'track_uri') }}
