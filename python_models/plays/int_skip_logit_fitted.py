from python_models.methods.pattern_models import FIT_COLUMNS, fit_table
from python_models.methods.tables import typed


def model(dbt, session):
    values = dbt.ref("int_skip_patterns").order("pattern_id, attribute").df()
    counts = dbt.ref("int_skip_patterns_counted").order("cluster_number, pattern_id").df()
    (as_of,) = dbt.ref("int_observation_bounded").project("as_of").fetchone()
    names, min_outcomes = dbt.config.meta_get("terms"), dbt.config.meta_get("min_outcomes")
    features = [feature for feature in dbt.config.meta_get("features") if feature["name"] in names]
    return typed(fit_table("play_start", values, counts, features=features, min_outcomes=min_outcomes, as_of=as_of), FIT_COLUMNS)
