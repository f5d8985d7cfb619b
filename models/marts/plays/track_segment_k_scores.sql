{{ segment_k_score_rows(ref('int_track_counts_fitted'), 'tracks') }}
