{{ config(materialized='table') }}
-- The users who can be segmented, with their features in standard deviations from the mean of all; 0 for a feature that is not used.
{{ standardised_rows(ref('int_segment_users_listed'), ref('int_segment_features_scaled'), segment_features(), 'user_id') }}
