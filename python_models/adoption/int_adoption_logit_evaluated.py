from python_models.methods.pattern_models import SCORE_COLUMNS, score_table
from python_models.methods.tables import typed


def model(dbt, session):
    values = dbt.ref("int_adoption_patterns").order("pattern_id, attribute").df()
    counts = dbt.ref("int_adoption_patterns_counted").order("cluster_number, pattern_id, fold, is_past, is_future").df()
    features, min_outcomes = dbt.config.meta_get("features"), dbt.config.meta_get("min_outcomes")
    return typed(score_table("landmark", values, counts, features=features, min_outcomes=min_outcomes), SCORE_COLUMNS)
