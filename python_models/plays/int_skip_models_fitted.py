from python_models.methods.skip_models import SKIP_FIT_COLUMNS, fit_table
from python_models.methods.tables import typed


def model(dbt, session):
    plays = dbt.ref("int_plays_sampled").order("started_at, play_id").df()
    (as_of,) = dbt.ref("int_observation_bounded").project("as_of").fetchone()
    features, min_outcomes = dbt.config.meta_get("features"), dbt.config.meta_get("min_outcomes")
    folds, seed = dbt.config.meta_get("folds"), dbt.config.meta_get("seed")
    table = fit_table(plays, features=features, folds=folds, min_outcomes=min_outcomes, seed=seed, as_of=as_of)
    return typed(table, SKIP_FIT_COLUMNS)
