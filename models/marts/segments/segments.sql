{{ segment_summary_rows(
    ref('int_segments_fitted'), ref('int_segment_counts_fitted'), ref('int_segment_users_assigned'), 'users'
) }}
