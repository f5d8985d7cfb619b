from python_models.methods.segment_projection import assigned_columns, assigned_table
from python_models.methods.tables import typed
from python_models.previous_fit import kept_fit


def model(dbt, session):
    if dbt.config.meta_get("refit") == "never":
        # what is in no raw table any more is not kept
        return kept_fit(dbt, session).join(dbt.ref("int_tracks_listed").project("track_uri"), "track_uri", how="semi")
    sample = dbt.ref("int_tracks_sampled").order("place").df()
    features = dbt.ref("int_track_features_scaled").filter("is_used").order("place").df()
    segments = dbt.ref("int_track_segments_fitted").order("segment_id, place").df()
    table = assigned_table(sample, features["feature"].tolist(), segments, key="track_uri")
    return typed(table, assigned_columns("text", key="track_uri"))
