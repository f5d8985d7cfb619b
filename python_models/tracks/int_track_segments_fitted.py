from python_models.methods.segment_fits import SEGMENT_COLUMNS, segment_table
from python_models.methods.tables import counted_as, typed
from python_models.methods.versions import library_versions
from python_models.previous_fit import kept_fit, previous_fit


def model(dbt, session):
    if dbt.config.meta_get("refit") == "never":
        return kept_fit(dbt, session)
    sample = dbt.ref("int_tracks_sampled").order("place").df()
    scaling = dbt.ref("int_track_features_scaled").filter("is_used").order("place").df()
    counts = dbt.ref("int_track_counts_fitted").order("k").df()
    rules = dbt.ref("track_segment_name_rules").order("rule, feature").df()
    (as_of,) = dbt.ref("int_observation_bounded").project("as_of").fetchone()
    previous = previous_fit(dbt, session)
    if sample.empty and previous is not None:
        # a delivery without tracks: ids and names wait for the next one
        return previous
    if (counts["verdict"] == "no_structure").any():
        # cuts through a cloud deserve no names
        rules = rules.iloc[:0]
    table = segment_table(
        sample,
        scaling["feature"].tolist(),
        scaling,
        None if previous is None else previous.order("segment_id, place").df(),
        rules,
        counts,
        segment_count=dbt.config.meta_get("segment_count"),
        seed=dbt.config.meta_get("seed"),
        starts=dbt.config.meta_get("starts"),
        forced_starts=dbt.config.meta_get("forced_starts"),
        name_margin=dbt.config.meta_get("name_margin"),
        counted="tracks",
    )
    columns = counted_as(SEGMENT_COLUMNS, "tracks") | {"library_versions": "varchar", "fitted_as_of": "date"}
    return typed(table.assign(library_versions=library_versions(), fitted_as_of=as_of), columns)
