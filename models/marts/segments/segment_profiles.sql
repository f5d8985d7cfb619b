{{ segment_profile_rows(ref('int_segment_features_summed'), ref('int_segments_fitted'), 'users') }}
