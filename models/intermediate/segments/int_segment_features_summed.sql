-- Each feature within each segment, in one scan: as observed, and as it entered the fit.
{{ summed_features(
    ref('int_segment_users_assigned'), ref('int_segment_users_listed'), ref('int_segment_users_scaled'), ref('int_segment_features_measured'),
    segment_features(), 'user_id', 'users'
) }}
