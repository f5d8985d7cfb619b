{{ segment_k_score_rows(ref('int_segment_counts_fitted'), 'users') }}
