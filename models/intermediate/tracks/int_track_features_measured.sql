-- What is known of each feature over all tracks, in one scan: how many have it, its quartiles, and the bounds to which it is capped.
{{ measured_features(ref('int_tracks_listed'), track_segment_features(), 'tracks') }}
