from python_models.methods.attribute_tests import TEST_COLUMNS, test_table
from python_models.methods.attributes import declared_attributes
from python_models.methods.tables import typed


def model(dbt, session):
    counted = dbt.ref("int_action_attributes_summed").order("action, place").df()
    groups = dbt.ref("int_action_groups_summed").order("action, attribute, level_order").df()
    numbers = dbt.ref("int_numbers_listed").order("attribute, number").df()
    attributes = dbt.ref("int_attributes_sized").order("place").df()
    shares = dbt.ref("int_levels_declared").filter("share is not null").order("attribute, level").df()
    (as_of,) = dbt.ref("int_observation_bounded").project("as_of").fetchone()
    table = test_table(
        counted,
        groups,
        numbers,
        attributes=declared_attributes(attributes, shares),
        alpha=dbt.config.meta_get("alpha"),
        min_users=dbt.config.meta_get("min_users"),
        min_performers=dbt.config.meta_get("min_performers"),
        max_levels=dbt.config.meta_get("max_levels"),
        as_of=as_of,
        seed=dbt.config.meta_get("seed"),
    )
    return typed(table, TEST_COLUMNS)
