from python_models.methods.pattern_models import SCORE_COLUMNS
from python_models.methods.published import score_table
from python_models.methods.tables import typed


def model(dbt, session):
    users = dbt.ref("int_adoption_users_sampled").order("user_id").df()
    table = score_table(
        dbt.config.meta_get("models"),
        users,
        min_outcomes=dbt.config.meta_get("min_outcomes"),
        holdout_share=dbt.config.meta_get("holdout_share"),
        holdout_seed=dbt.config.meta_get("holdout_seed"),
        seed=dbt.config.meta_get("seed"),
    )
    return typed(table, SCORE_COLUMNS)
