{{ segmented_rows(
    ref('int_segment_users_listed'), ref('int_segment_users_assigned'), ref('int_segment_users_explained'), ref('int_segments_fitted'),
    segment_features(), 'user_id'
) }}
