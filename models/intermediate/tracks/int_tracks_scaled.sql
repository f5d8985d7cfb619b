-- The tracks that can be segmented, with their features in standard deviations from the mean of all; 0 for a feature that is not used.
{{ standardised_rows(ref('int_tracks_listed'), ref('int_track_features_scaled'), track_segment_features(), 'track_uri') }}
