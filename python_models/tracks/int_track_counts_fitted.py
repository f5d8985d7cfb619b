from python_models.methods.cluster_counts import COUNT_COLUMNS, count_table
from python_models.methods.tables import counted_as, typed
from python_models.previous_fit import kept_fit


def model(dbt, session):
    if dbt.config.meta_get("refit") == "never":
        return kept_fit(dbt, session)
    sample = dbt.ref("int_tracks_sampled").order("place").df()
    features = dbt.ref("int_track_features_scaled").filter("is_used").order("place").df()
    table = count_table(
        sample,
        features["feature"].tolist(),
        k_range=tuple(dbt.config.meta_get("k_range")),
        seed=dbt.config.meta_get("seed"),
        verdict_users=dbt.config.meta_get("verdict_tracks"),
        counted="tracks",
    )
    return typed(table, counted_as(COUNT_COLUMNS, "tracks"))
