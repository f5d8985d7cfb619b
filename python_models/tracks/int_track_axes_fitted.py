from python_models.methods.segment_projection import COMPONENT_COLUMNS, component_table
from python_models.methods.tables import typed
from python_models.previous_fit import kept_fit


def model(dbt, session):
    if dbt.config.meta_get("refit") == "never":
        return kept_fit(dbt, session)
    sample = dbt.ref("int_tracks_sampled").order("place").df()
    features = dbt.ref("int_track_features_scaled").filter("is_used").order("place").df()
    return typed(component_table(sample, features["feature"].tolist()), COMPONENT_COLUMNS)
