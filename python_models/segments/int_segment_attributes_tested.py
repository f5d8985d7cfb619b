from python_models.methods.segment_tests import ATTRIBUTE_COLUMNS, attribute_table
from python_models.methods.tables import typed


def model(dbt, session):
    cells = dbt.ref("int_segment_levels_summed").order("attribute, level, segment_id").df()
    attributes = dbt.ref("int_segment_attributes_sized").order("place").df()
    alpha, min_users, seed = dbt.config.meta_get("alpha"), dbt.config.meta_get("min_users"), dbt.config.meta_get("seed")
    return typed(attribute_table(cells, attributes, alpha=alpha, min_users=min_users, seed=seed), ATTRIBUTE_COLUMNS)
