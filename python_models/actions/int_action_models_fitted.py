from python_models.methods.action_models import ACTION_FIT_COLUMNS, ActionModels
from python_models.methods.attributes import declared_attributes
from python_models.methods.tables import typed


def model(dbt, session):
    attributes = dbt.ref("int_attributes_sized").order("place").df()
    shares = dbt.ref("int_levels_declared").filter("share is not null").order("attribute, level").df()
    values = dbt.ref("int_action_patterns").order("model, pattern_id, attribute").df()
    counts = dbt.ref("int_action_patterns_counted").order("model, action, cluster_number, pattern_id, fold").df()
    (as_of,) = dbt.ref("int_observation_bounded").project("as_of").fetchone()
    models, min_outcomes = dbt.config.meta_get("models"), dbt.config.meta_get("min_outcomes")
    regressions = ActionModels(models, declared_attributes(attributes, shares), values, counts, min_outcomes=min_outcomes)
    return typed(regressions.fitted(as_of), ACTION_FIT_COLUMNS)
