from python_models.methods.skip_reports import SKIP_SCORE_COLUMNS, score_table
from python_models.methods.tables import typed


def model(dbt, session):
    rows = dbt.ref("int_skip_models_judged").order("model, evaluation, play_id")
    table = score_table(rows.filter("kind = 'run'").df(), rows.filter("kind = 'prediction'").df())
    return typed(table, SKIP_SCORE_COLUMNS)
