{{ config(materialized='table') }}
-- Where each user lies among all, and the features that speak most for the user's segment and against the one that comes next.
{{ explained_rows(
    ref('int_segment_users_assigned'), ref('int_segment_users_scaled'), ref('int_segments_fitted'), ref('int_segment_axes_fitted'),
    segment_features(), 'user_id'
) }}
