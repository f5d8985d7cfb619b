-- The users on whom segments are fitted: the first by a hash of their id, which no other user moves.
{{ sampled_rows(ref('int_segment_users_scaled'), segment_features(), 'user_id') }}
