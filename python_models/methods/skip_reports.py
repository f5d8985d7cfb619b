"""What predictions of skips are worth: scores, calibration, and a report of both classes."""

from dataclasses import replace

import numpy as np
import pandas as pd

from python_models.methods.alone import alone
from python_models.methods.evaluation import Estimate, Scored, no_metrics, observed_share, score_metrics, share_of_users
from python_models.methods.pattern_models import CALIBRATION_COLUMNS, calibration_of
from python_models.methods.tables import as_declared

SKIP_SCORE_COLUMNS = {
    "model": "varchar",
    "evaluation": "varchar",
    "metric": "varchar",
    "value": "double",
    "ci_low": "double",
    "ci_high": "double",
    "plays": "bigint",
    "skips": "bigint",
    "users": "bigint",
}
SKIP_CALIBRATION_COLUMNS = {{"users": "plays", "events": "skips"}.get(name, name): kind for name, kind in CALIBRATION_COLUMNS.items()}
SKIP_REPORT_COLUMNS = {
    "model": "varchar",
    "class": "varchar",
    "precision": "double",
    "precision_ci_low": "double",
    "precision_ci_high": "double",
    "recall": "double",
    "recall_ci_low": "double",
    "recall_ci_high": "double",
    "f1": "double",
    "plays": "bigint",
}


def scored_plays(predictions: pd.DataFrame) -> Scored:
    """Returns the predictions of one model and evaluation: probability, baseline, is_skip, user_number and part of each play."""
    integers = {name: predictions[name].to_numpy(dtype=np.int64) for name in ("is_skip", "user_number", "part")}
    return Scored(
        predictions["probability"].to_numpy(dtype=np.float64),
        predictions["baseline"].to_numpy(dtype=np.float64),
        np.ones(len(predictions), dtype=np.int64),
        integers["is_skip"],
        integers["user_number"],
        integers["part"],
    )


@alone
def score_table(runs: pd.DataFrame, predictions: pd.DataFrame) -> pd.DataFrame:
    """Scores every model in every evaluation.

    Parameters
    ----------
    runs
        One row per model and evaluation.
    predictions
        One row per model, evaluation and play, see `scored_plays`; none where an evaluation cannot be made.

    Returns
    -------
    pandas.DataFrame
        Columns `SKIP_SCORE_COLUMNS`, in the order of the runs; values are missing where there are no predictions.
    """
    tables = [as_declared([], SKIP_SCORE_COLUMNS)]
    for run in runs.itertuples(index=False):
        rows = predictions[(predictions["model"] == run.model) & (predictions["evaluation"] == run.evaluation)]
        metrics = score_metrics(scored_plays(rows)) if len(rows) else no_metrics()
        tables.append(
            metrics.assign(
                model=run.model,
                evaluation=run.evaluation,
                plays=len(rows),
                skips=int(rows["is_skip"].sum()),
                users=rows["user_number"].nunique(),
            )
        )
    return pd.concat([table.astype(object) for table in tables], ignore_index=True)[list(SKIP_SCORE_COLUMNS)]


def calibration_table(predictions: pd.DataFrame) -> pd.DataFrame:
    """Compares the probabilities of one evaluation with what happened, in at most ten bins of each model.

    Parameters
    ----------
    predictions
        One row per model and play, see `scored_plays`.

    Returns
    -------
    pandas.DataFrame
        Columns `SKIP_CALIBRATION_COLUMNS`; see `pattern_models.calibration_table`.
    """
    tables = [pd.DataFrame(columns=list(CALIBRATION_COLUMNS), dtype=object)]
    tables += [calibration_of(str(model), scored_plays(rows)).astype(object) for model, rows in predictions.groupby("model")]
    return pd.concat(tables, ignore_index=True).rename(columns={"users": "plays", "events": "skips"})


def report_table(predictions: pd.DataFrame) -> pd.DataFrame:
    """Reports precision, recall and f1 of the prediction at 0.5, of each class and on average, as scikit-learn's classification report.

    Parameters
    ----------
    predictions
        One row per model and play of one evaluation, see `scored_plays`.

    Returns
    -------
    pandas.DataFrame
        Columns `SKIP_REPORT_COLUMNS`, rows `played`, `skipped`, `macro avg` and `weighted avg` per model. A class that is never predicted
        has no precision; averages are of those that are known, and have no interval.
    """
    tables = [pd.DataFrame(columns=list(SKIP_REPORT_COLUMNS), dtype=object)]
    tables += [_report(rows).assign(model=str(model)).astype(object) for model, rows in predictions.groupby("model")]
    return pd.concat(tables, ignore_index=True)[list(SKIP_REPORT_COLUMNS)]


def _report(predictions: pd.DataFrame) -> pd.DataFrame:
    """The rows of one model."""
    scored = scored_plays(predictions)
    classes = {"played": (scored.others, scored.predicted == 0), "skipped": (scored.performers, scored.predicted == 1)}
    rows = []
    for name, (members, is_predicted) in classes.items():
        chosen = scored.where(is_predicted)
        if name == "played":
            chosen = replace(chosen, successes=chosen.trials - chosen.successes)
        right = members.predicted if name == "skipped" else 1 - members.predicted
        recall = share_of_users(right, right, members)
        precision = observed_share(chosen)
        either = len(chosen.trials) + len(members.trials)
        f1 = 2 * float(chosen.successes.sum()) / either if either else float("nan")
        rows.append((name, *_bounds(precision), *_bounds(recall), f1, len(members.trials)))
    table = pd.DataFrame(rows, columns=list(SKIP_REPORT_COLUMNS)[1:])
    figures, plays = table[["precision", "recall", "f1"]], table["plays"]
    weights = {"macro avg": pd.Series(1.0, index=plays.index), "weighted avg": plays.astype("float64")}
    averages = [
        figures.mul(weight, axis=0).sum().div(figures.notna().mul(weight, axis=0).sum()).to_dict() | {"class": name, "plays": plays.sum()}
        for name, weight in weights.items()
    ]
    return pd.concat([table, pd.DataFrame(averages)], ignore_index=True)


def _bounds(estimate: Estimate) -> tuple[float, float, float]:
    return estimate.value, estimate.ci_low, estimate.ci_high
