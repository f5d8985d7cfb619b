from python_models.methods.skip_reports import SKIP_CALIBRATION_COLUMNS, calibration_table
from python_models.methods.tables import typed


def model(dbt, session):
    future = dbt.ref("int_skip_models_judged").filter("kind = 'prediction' and evaluation = 'future'")
    return typed(calibration_table(future.order("model, play_id").df()), SKIP_CALIBRATION_COLUMNS)
