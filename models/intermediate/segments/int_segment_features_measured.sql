-- What is known of each feature over all users, in one scan: how many have it, its quartiles, and the bounds to which it is capped.
{{ measured_features(ref('int_segment_users_listed'), segment_features(), 'users') }}
