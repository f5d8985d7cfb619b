{{ segment_profile_rows(ref('int_track_features_summed'), ref('int_track_segments_fitted'), 'tracks') }}
