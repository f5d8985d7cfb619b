from python_models.methods.action_models import ACTION_SCORE_COLUMNS, ActionModels
from python_models.methods.attributes import declared_attributes
from python_models.methods.tables import typed


def model(dbt, session):
    attributes = dbt.ref("int_attributes_sized").order("place").df()
    shares = dbt.ref("int_levels_declared").filter("share is not null").order("attribute, level").df()
    values = dbt.ref("int_action_patterns").order("model, pattern_id, attribute").df()
    counts = dbt.ref("int_action_patterns_counted").order("model, action, cluster_number, pattern_id, fold").df()
    models, min_outcomes = dbt.config.meta_get("models"), dbt.config.meta_get("min_outcomes")
    share, seed = dbt.config.meta_get("holdout_share"), dbt.config.meta_get("holdout_seed")
    regressions = ActionModels(models, declared_attributes(attributes, shares), values, counts, min_outcomes=min_outcomes)
    return typed(regressions.evaluated(holdout_share=share, holdout_seed=seed), ACTION_SCORE_COLUMNS)
