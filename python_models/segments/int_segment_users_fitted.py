from python_models.methods.segment_projection import assigned_columns, assigned_table
from python_models.methods.tables import typed
from python_models.previous_fit import kept_fit


def model(dbt, session):
    if dbt.config.meta_get("refit") == "never":
        # who is in no raw table any more is not kept
        return kept_fit(dbt, session).join(dbt.ref("int_segment_users_listed").project("user_id"), "user_id", how="semi")
    sample = dbt.ref("int_segment_users_sampled").order("place").df()
    features = dbt.ref("int_segment_features_scaled").filter("is_used").order("place").df()
    segments = dbt.ref("int_segments_fitted").order("segment_id, place").df()
    table = assigned_table(sample, features["feature"].tolist(), segments)
    return typed(table, assigned_columns(dbt.config.meta_get("id_type")))
