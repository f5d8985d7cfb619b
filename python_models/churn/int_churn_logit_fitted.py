from python_models.methods.pattern_models import FIT_COLUMNS, fit_table
from python_models.methods.tables import typed


def model(dbt, session):
    values = dbt.ref("int_churn_patterns").order("pattern_id, attribute").df()
    counts = dbt.ref("int_churn_patterns_counted").order("cluster_number, pattern_id, fold, is_past, is_future").df()
    (as_of,) = dbt.ref("int_observation_bounded").project("as_of").fetchone()
    features, min_outcomes = dbt.config.meta_get("features"), dbt.config.meta_get("min_outcomes")
    return typed(fit_table("churn", values, counts, features=features, min_outcomes=min_outcomes, as_of=as_of), FIT_COLUMNS)
