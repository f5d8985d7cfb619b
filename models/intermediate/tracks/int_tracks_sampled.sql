-- The tracks on which segments are fitted: the first by a hash of their key, which no other track moves.
{{ sampled_rows(ref('int_tracks_scaled'), track_segment_features(), 'track_uri') }}
