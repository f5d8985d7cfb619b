"""Three models that predict from what is known when a play starts whether it is skipped, each on plays that its fit did not see."""

from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from python_models.methods.alone import alone
from python_models.methods.design import MISSING
from python_models.methods.evaluation import Scored, auc_difference
from python_models.methods.pattern_models import EQUAL_DIGITS, has_both_outcomes
from python_models.methods.versions import library_versions

Places = NDArray[np.int64]
# places of the plays to learn from, and of those to predict from them
Split = tuple[Places, Places]

MODELS = ("gradient_boosting", "logistic_regression", "random_forest")
# with fewer users, to be dealt out over the parts of an evaluation, a part hangs on one or two of them
FEWEST_USERS = 10
# orders in which the values of a feature are dealt out anew
SHUFFLES = 5

SKIP_FIT_COLUMNS = {
    "kind": "varchar",
    "model": "varchar",
    "evaluation": "varchar",
    "part": "bigint",
    "play_id": "bigint",
    "user_number": "bigint",
    "is_skip": "boolean",
    "probability": "double",
    "baseline": "double",
    "feature": "varchar",
    "impurity_importance": "double",
    "auc_drop": "double",
    "auc_drop_sd": "double",
    "ci_low": "double",
    "ci_high": "double",
    "plays": "bigint",
    "skips": "bigint",
    "terms": "bigint",
    "verdict": "varchar",
    "seed": "bigint",
    "library_versions": "varchar",
    "fitted_as_of": "date",
}


def skip_pipeline(model: str, features: list[dict[str, Any]], seed: int) -> Pipeline:
    """Returns one of `MODELS`, not fitted, after the preparation of its features.

    A categorical feature becomes one column per level of the training part; a level that it does not have is none of them. A missing number
    becomes the median, with a column that says so; for the regression, numbers are standardised.

    Parameters
    ----------
    model
        Name.
    features
        Declarations with name and type; see `design.Feature`.
    seed
        Of the forest and of the boosting.

    Raises
    ------
    ValueError
        If there is no such model.
    """
    classifiers: dict[str, ClassifierMixin] = {
        # no early stopping: it would hold back plays at random, and more of them would be needed
        "gradient_boosting": HistGradientBoostingClassifier(learning_rate=0.05, max_leaf_nodes=8, early_stopping=False, random_state=seed),
        "logistic_regression": LogisticRegression(tol=1e-8, max_iter=1000),
        "random_forest": RandomForestClassifier(100, min_samples_leaf=20, n_jobs=1, random_state=seed),
    }
    if model not in classifiers:
        raise ValueError(f"there is no model '{model}'; there are: {', '.join(classifiers)}")
    columns = []
    for feature in features:
        prepared: Any = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
        if feature["type"] == "numeric":
            prepared = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)
            if model == "logistic_regression":
                prepared = make_pipeline(prepared, StandardScaler())
        columns.append((feature["name"], prepared, [feature["name"]]))
    return Pipeline([("columns", ColumnTransformer(columns)), ("classifier", classifiers[model])])


def feature_columns(plays: pd.DataFrame, features: list[dict[str, Any]]) -> pd.DataFrame:
    """Returns the features alone: levels as text, what is missing as a level of its own; numbers as numbers."""
    columns = {}
    for feature in features:
        values = plays[feature["name"]]
        is_number = feature["type"] == "numeric"
        columns[feature["name"]] = (
            values.astype("float64") if is_number else values.astype(object).where(values.notna(), MISSING).astype(str)
        )
    return pd.DataFrame(columns, index=plays.index)


@alone
def fit_table(plays: pd.DataFrame, *, features: list[dict[str, Any]], folds: int, min_outcomes: int, seed: int, as_of: Any) -> pd.DataFrame:
    """Fits every model to the parts of every evaluation, and predicts the plays that the fit did not see.

    Parameters
    ----------
    plays
        One row per play, by start: play_id, user_number, fold, is_skip, is_past (ended before the first of the future plays started),
        is_future, and the features.
    features
        Declarations, see `design.Feature`.
    folds
        Parts into which the past is cut where there are few users.
    min_outcomes
        Plays that each outcome must have in each part to learn from, and among all plays to predict.
    seed
        Of all that is random.
    as_of
        Day at whose end the plays were taken, or None.

    Returns
    -------
    pandas.DataFrame
        Columns `SKIP_FIT_COLUMNS`, in rows of three kinds. `run`: one per model and evaluation, with plays and skips to learn from, columns
        after the preparation, and the verdict fitted or too_few_outcomes. `prediction`: one per model, evaluation and play. `importance`:
        one per model and feature, of the evaluation `future`, see `_importances`.
        Evaluations are `new_users` (past plays of some users, from those of the others) or, with fewer than `FEWEST_USERS` users,
        `out_of_fold` (past plays of some stretch of time, from the rest of the past); and `future` (from the past).
    """
    outcomes = plays["is_skip"].to_numpy(dtype=np.int64)
    plays = feature_columns(plays, features).join(plays[["play_id", "user_number", "fold", "is_past", "is_future"]])
    tables = [pd.DataFrame(columns=list(SKIP_FIT_COLUMNS), dtype=object)]
    for model in MODELS:
        for evaluation, splits in _evaluations(plays, folds).items():
            train, test = (np.unique(np.concatenate(side)) for side in zip(*splits, strict=True))
            is_fitted = all(has_both_outcomes(len(part), outcomes[part].sum(), min_outcomes) for part, _ in splits)
            run: dict[str, Any] = {"plays": len(train), "skips": int(outcomes[train].sum())}
            rows = []
            if is_fitted and has_both_outcomes(len(test), outcomes[test].sum(), min_outcomes):
                fits = [skip_pipeline(model, features, seed).fit(plays.iloc[part], outcomes[part]) for part, _ in splits]
                run["terms"] = len(fits[-1]["columns"].get_feature_names_out())
                for number, (fit, split) in enumerate(zip(fits, splits, strict=True)):
                    rows.append(_predictions(fit, plays, outcomes, split).assign(kind="prediction", part=number))
                if evaluation == "future":
                    rows.append(_importances(fits[0], plays, outcomes, splits[0], seed=seed).assign(kind="importance"))
            run["verdict"] = "fitted" if is_fitted else "too_few_outcomes"
            rows.append(pd.DataFrame([run]).assign(kind="run"))
            tables += [part.assign(model=model, evaluation=evaluation).astype(object) for part in rows]
    table = pd.concat(tables, ignore_index=True)[list(SKIP_FIT_COLUMNS)]
    run_columns = {"seed": seed, "library_versions": library_versions(), "fitted_as_of": as_of}
    return table.where(table.notna(), None).assign(**run_columns)


def _evaluations(plays: pd.DataFrame, folds: int) -> dict[str, list[Split]]:
    """Which plays are predicted from which."""
    past, future = (np.flatnonzero(plays[name].to_numpy(dtype=bool)) for name in ("is_past", "is_future"))
    is_of_users = plays["user_number"].iloc[past].nunique() >= FEWEST_USERS
    # where there are few users, stretches of time with equally many plays
    parts = plays["fold"].to_numpy(dtype=np.int64)[past] if is_of_users else np.arange(len(past)) * folds // max(1, len(past))
    splits = [(past[parts != part], past[parts == part]) for part in np.unique(parts)]
    return {"new_users" if is_of_users else "out_of_fold": splits or [(past, past)], "future": [(past, future)]}


def _predictions(fit: Pipeline, plays: pd.DataFrame, outcomes: Places, split: Split) -> pd.DataFrame:
    """The probabilities of one part, and what one would say knowing nothing of its plays."""
    train, test = split
    return pd.DataFrame(
        {
            "play_id": plays["play_id"].to_numpy()[test],
            "user_number": plays["user_number"].to_numpy()[test],
            "is_skip": outcomes[test] == 1,
            # plays with equal features tie
            "probability": fit.predict_proba(plays.iloc[test])[:, 1].round(EQUAL_DIGITS),
            "baseline": outcomes[train].mean(),
        }
    )


def _importances(fit: Pipeline, plays: pd.DataFrame, outcomes: Places, split: Split, *, seed: int) -> pd.DataFrame:
    """By how much the area under the curve of the future falls when a feature's values are dealt out anew among its plays.

    All columns of a feature move together. The drop is the mean of `SHUFFLES` orders, the same for every feature, and `auc_drop_sd` the
    deviation between them. The interval is the mean of the orders' own intervals, which allow for users and for which plays were drawn;
    that of the mean is no wider. A feature that the fit does not use has no interval. The impurity importance, which
    only the forest has, is of the plays that it learned from, the sum over the feature's columns.

    References
    ----------
    Breiman L (2001). Random forests. Machine Learning 45, 5-32.
    """
    train, test = split
    columns, classifier = fit["columns"], fit["classifier"]
    matrix = columns.transform(plays.iloc[test])
    probabilities = classifier.predict_proba(matrix)[:, 1].round(EQUAL_DIGITS)
    ones, users = np.ones(len(test), dtype=np.int64), plays["user_number"].to_numpy(dtype=np.int64)[test]
    scored = Scored(probabilities, np.full(len(test), outcomes[train].mean()), ones, outcomes[test], users, np.zeros_like(ones))
    order = np.concatenate([np.random.default_rng([seed, number]).permutation(len(test)) for number in range(SHUFFLES)])
    impurities = getattr(classifier, "feature_importances_", None)
    rows = []
    for feature, block in columns.output_indices_.items():
        if feature not in columns.feature_names_in_:  # what the preparation calls the columns that it leaves out
            continue
        shuffled = np.tile(matrix, (SHUFFLES, 1))
        shuffled[:, block] = matrix[order, block]
        others = classifier.predict_proba(shuffled)[:, 1].round(EQUAL_DIGITS).reshape(SHUFFLES, -1)
        drops = pd.DataFrame([asdict(auc_difference(probabilities, other, scored)) for other in others])
        rows.append(
            {
                "feature": feature,
                "impurity_importance": None if impurities is None else float(impurities[block].sum()),
                "auc_drop": drops["value"].mean(),
                "auc_drop_sd": drops["value"].std(),
                "ci_low": drops["ci_low"].mean(skipna=False),
                "ci_high": drops["ci_high"].mean(skipna=False),
                "plays": len(test),
                "skips": int(outcomes[test].sum()),
            }
        )
    return pd.DataFrame(rows)
