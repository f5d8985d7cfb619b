-- Each feature within each segment of tracks, in one scan: as observed, and as it entered the fit.
{{ summed_features(
    ref('int_tracks_assigned'), ref('int_tracks_listed'), ref('int_tracks_scaled'), ref('int_track_features_measured'),
    track_segment_features(), 'track_uri', 'tracks'
) }}
