from python_models.methods.skip_reports import SKIP_REPORT_COLUMNS, report_table
from python_models.methods.tables import typed


def model(dbt, session):
    future = dbt.ref("int_skip_models_judged").filter("kind = 'prediction' and evaluation = 'future'")
    return typed(report_table(future.order("model, play_id").df()), SKIP_REPORT_COLUMNS)
