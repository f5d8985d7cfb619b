"""The tables that no build can make again from the raw tables."""

SCHEMA = "intermediate"

# The history of segments, and the tables that models read back from their own last run: `refit: never` and the names of segments need them.
STATE = (
    "segment_memberships",
    "int_segment_axes_fitted",
    "int_segment_counts_fitted",
    "int_segment_features_scaled",
    "int_segment_users_fitted",
    "int_segments_fitted",
    "int_track_axes_fitted",
    "int_track_counts_fitted",
    "int_track_features_scaled",
    "int_track_segments_fitted",
    "int_tracks_fitted",
)

# The settings that the state rests on (columns name and value), as the last build left them.
SETTINGS = "warehouse_settings"

KEPT = (*STATE, SETTINGS)
