from python_models.methods.attribute_pairs import PAIR_COLUMNS, pair_table
from python_models.methods.tables import typed


def model(dbt, session):
    counted = dbt.ref("int_action_attributes_summed").order("action, place").df()
    groups = dbt.ref("int_action_groups_summed").order("action, attribute, level_order").df()
    tests = dbt.ref("int_actions_tested").df()
    return typed(pair_table(groups, counted, tests, alpha=dbt.config.meta_get("alpha")), PAIR_COLUMNS)
