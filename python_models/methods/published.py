"""The regression of the published analyses: L1, organisations as columns, evaluated on a random hold-out."""

from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import OneHotEncoder

from python_models.methods.alone import alone
from python_models.methods.design import INTERCEPT
from python_models.methods.evaluation import Scored, no_metrics, score_metrics
from python_models.methods.pattern_models import FIT_COLUMNS, SCORE_COLUMNS, has_both_outcomes
from python_models.methods.versions import library_versions


def one_hot(users: pd.DataFrame, features: list[str]) -> tuple[scipy.sparse.csr_array, pd.DataFrame]:
    """Returns the features as sparse columns, users x terms, and the terms: term, attribute, level.

    Booleans are one column, 0 or 1, with missing as 0; texts one column for each level, none of which is a reference.
    """
    blocks, terms = [scipy.sparse.csr_array((len(users), 0))], []
    for feature in features if len(users) else []:
        if pd.api.types.is_bool_dtype(users[feature]):
            blocks.append(scipy.sparse.csr_array(users[[feature]].to_numpy(dtype=np.float64)))
            terms.append((feature, feature, None))
            continue
        encoder = OneHotEncoder()
        blocks.append(encoder.fit_transform(users[[feature]].to_numpy(dtype=object)))
        terms += [(f"{feature}: {level}", feature, level) for level in encoder.categories_[0]]
    return scipy.sparse.hstack(blocks, format="csr"), pd.DataFrame(terms, columns=["term", "attribute", "level"], dtype=object)


@alone
def fit_table(models: dict[str, list[str]], users: pd.DataFrame, *, min_outcomes: int, seed: int, as_of: Any) -> pd.DataFrame:
    """Fits each model on all users and returns the terms.

    Parameters
    ----------
    models
        Features of each model.
    users
        One row per user in a fixed order: is_adopted and the features, without missing texts.
    min_outcomes, as_of
        As in `pattern_models.fit_table`.
    seed
        Of the solver.

    Returns
    -------
    pandas.DataFrame
        Columns `pattern_models.FIT_COLUMNS`; there are no errors and no p-values, because the L1 penalty has neither.
    """
    outcomes = users["is_adopted"].to_numpy(dtype=np.int64)
    tables = []
    for model, features in models.items():
        run = {
            "model": model,
            "users": len(outcomes),
            "events": int(outcomes.sum()),
            "library_versions": library_versions(),
            "fitted_as_of": as_of,
            "penalty": "l1",
            "is_separated": False,
        }
        rows: list[dict[str, Any]] = [{"role": "intercept", "term": INTERCEPT, "verdict": "too_few_outcomes"}]
        if has_both_outcomes(len(outcomes), outcomes.sum(), min_outcomes):
            matrix, terms = one_hot(users, features)
            fitted = _fitted(matrix, outcomes, seed)
            coefficients = np.concatenate([fitted.intercept_, fitted.coef_[0]])
            rows[0]["verdict"] = "fitted"
            rows += terms.assign(role="effect", verdict="fitted").to_dict("records")
            for row, coefficient in zip(rows, coefficients, strict=True):
                row |= {"coefficient": coefficient, "odds_ratio": np.exp(coefficient)}
        tables.append(pd.DataFrame([dict.fromkeys(FIT_COLUMNS) | row | run for row in rows], columns=list(FIT_COLUMNS)))
    return pd.concat([table.astype(object) for table in tables], ignore_index=True)


@alone
def score_table(
    models: dict[str, list[str]], users: pd.DataFrame, *, min_outcomes: int, holdout_share: float, holdout_seed: int, seed: int
) -> pd.DataFrame:
    """Evaluates each model on a random hold-out, users in their order before the split, and out of fold.

    Parameters
    ----------
    models, min_outcomes, seed
        As in `fit_table`.
    users
        As in `fit_table`, with fold and cluster_number (missing: a cluster of their own).
    holdout_share, holdout_seed
        Size and seed of the hold-out.

    Returns
    -------
    pandas.DataFrame
        Columns `pattern_models.SCORE_COLUMNS`; values are missing where an evaluation cannot be made.
    """
    outcomes = users["is_adopted"].to_numpy(dtype=np.int64)
    folds = users["fold"].to_numpy(dtype=np.int64)
    groups = users["cluster_number"].fillna(-1).to_numpy(dtype=np.int64)
    places = np.arange(len(users))
    splits: dict[str, list[tuple[NDArray[np.int64], NDArray[np.int64]]]] = {
        "holdout": [tuple(train_test_split(places, test_size=holdout_share, random_state=holdout_seed))] if len(users) > 1 else [],
        "out_of_fold": [(places[folds != fold], places[folds == fold]) for fold in np.unique(folds)],
    }
    tables = []
    for model, features in models.items():
        matrix, _ = one_hot(users, features)
        for evaluation, pairs in splits.items():
            scored = _predicted(matrix, outcomes, groups, pairs, min_outcomes=min_outcomes, seed=seed)
            metrics = no_metrics() if scored is None else score_metrics(scored)
            tested = np.concatenate([test for _, test in pairs]) if pairs else places[:0]
            tables.append(metrics.assign(model=model, evaluation=evaluation, users=len(tested), events=int(outcomes[tested].sum())))
    return pd.concat(tables, ignore_index=True)[list(SCORE_COLUMNS)]


def _predicted(
    matrix: scipy.sparse.csr_array,
    outcomes: NDArray[np.int64],
    groups: NDArray[np.int64],
    splits: list[tuple[NDArray[np.int64], NDArray[np.int64]]],
    *,
    min_outcomes: int,
    seed: int,
) -> Scored | None:
    """Predicts each test part from its training part; None where a part has too few users of one outcome."""
    parts = []
    for number, (train, test) in enumerate(splits):
        if not has_both_outcomes(len(train), outcomes[train].sum(), min_outcomes):
            return None
        probabilities = _fitted(matrix[train], outcomes[train], seed).predict_proba(matrix[test])[:, 1]
        parts.append((test, probabilities, np.full(len(test), outcomes[train].mean()), np.full(len(test), number)))
    if not parts:
        return None
    test, probabilities, baseline, folds = (np.concatenate(column) for column in zip(*parts, strict=True))
    if not has_both_outcomes(len(test), outcomes[test].sum(), min_outcomes):
        return None
    return Scored(probabilities, baseline, np.ones(len(test), dtype=np.int64), outcomes[test], groups[test], folds)


def _fitted(matrix: scipy.sparse.csr_array, outcomes: NDArray[np.int64], seed: int) -> LogisticRegression:
    """The published estimator: L1, liblinear, scikit-learn's default strength."""
    return LogisticRegression(l1_ratio=1, solver="liblinear", random_state=seed).fit(matrix, outcomes)
