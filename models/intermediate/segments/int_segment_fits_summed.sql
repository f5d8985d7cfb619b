-- The fit of the segments in one row, also where there was nobody to fit on.
{{ summed_fits(
    ref('int_segment_users_listed'), ref('int_segment_features_scaled'), ref('int_segment_counts_fitted'), ref('int_segments_fitted'), 'users'
) }}
