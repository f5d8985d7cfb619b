from python_models.methods.skip_reports import SKIP_SCORE_COLUMNS, score_table
from python_models.methods.tables import typed


def model(dbt, session):
    judged = dbt.ref("int_skip_models_judged")
    runs = judged.filter("kind = 'run'").order("model, evaluation").df()
    # ordered last: a filter keeps no order
    predictions = judged.filter("kind = 'prediction'").order("model, evaluation, play_id").df()
    return typed(score_table(runs, predictions), SKIP_SCORE_COLUMNS)
