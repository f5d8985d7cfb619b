{{ config(materialized='table') }}
-- The segment whose centre is nearest to each user, and the one that comes next.
{{ nearest_centres(ref('int_segment_users_scaled'), ref('int_segments_fitted'), segment_features(), 'user_id') }}
