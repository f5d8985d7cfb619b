from python_models.methods.pattern_models import SCORE_COLUMNS, comparison_table
from python_models.methods.tables import typed


def model(dbt, session):
    values = dbt.ref("int_churn_patterns").order("pattern_id, attribute").df()
    counts = dbt.ref("int_churn_patterns_counted").order("cluster_number, pattern_id, fold, is_past, is_future").df()
    table = comparison_table(
        "churn",
        "recency_only",
        values,
        counts,
        features=dbt.config.meta_get("features"),
        simple_features=dbt.config.meta_get("recency"),
        min_outcomes=dbt.config.meta_get("min_outcomes"),
    )
    return typed(table, SCORE_COLUMNS)
