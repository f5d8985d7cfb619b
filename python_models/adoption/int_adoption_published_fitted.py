from python_models.methods.pattern_models import FIT_COLUMNS
from python_models.methods.published import fit_table
from python_models.methods.tables import typed


def model(dbt, session):
    users = dbt.ref("int_adoption_users_sampled").order("user_id").df()
    (as_of,) = dbt.ref("int_observation_bounded").project("as_of").fetchone()
    models, min_outcomes, seed = dbt.config.meta_get("models"), dbt.config.meta_get("min_outcomes"), dbt.config.meta_get("seed")
    return typed(fit_table(models, users, min_outcomes=min_outcomes, seed=seed, as_of=as_of), FIT_COLUMNS)
