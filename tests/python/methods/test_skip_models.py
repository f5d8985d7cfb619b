"""The models of skips are scikit-learn's own on the same plays, find what was planted, and say so where there is nothing to find."""

import warnings
from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits

from python_models.methods import skip_models
from python_models.methods.evaluation import METRICS
from python_models.methods.skip_models import MODELS, SHUFFLES, SKIP_FIT_COLUMNS, feature_columns, fit_table, skip_pipeline
from python_models.methods.skip_reports import (
    SKIP_CALIBRATION_COLUMNS,
    SKIP_REPORT_COLUMNS,
    SKIP_SCORE_COLUMNS,
    calibration_table,
    report_table,
    score_table,
)
from python_models.methods.tables import typed

AS_OF = date(2025, 6, 30)
# where all models would do the same, one stands for them
REGRESSION = ("logistic_regression",)
FEATURES = [
    {"name": "platform", "type": "categorical"},
    {"name": "is_shuffled", "type": "categorical"},
    {"name": "length", "type": "numeric"},
    {"name": "hour", "type": "numeric"},
]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Fits as `alone` does also where scikit-learn is called plainly: threads that wait for each other take longer than one."""
    with threadpool_limits(1):
        yield


def drawn(plays: int, users: int = 60, effect: float = 1.0, seed: int = 0) -> pd.DataFrame:
    """Plays by their start, the last quarter of which is the future; some lengths and platforms are missing, the hour says nothing."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "play_id": rng.permutation(plays) + 1_000,
            "user_number": rng.integers(1, users + 1, plays),
            "platform": rng.choice(np.array(["a", "b", None], dtype=object), plays, p=[0.5, 0.4, 0.1]),
            "is_shuffled": rng.random(plays) < 0.5,
            "length": np.where(rng.random(plays) < 0.1, np.nan, rng.normal(200, 40, plays).round()),
            "hour": rng.integers(0, 24, plays),
        }
    )
    log_odds = -0.5 + effect * (frame["is_shuffled"] * 1.0 - (frame["platform"] == "b") + (frame["length"].fillna(200) - 200) / 60)
    places = np.arange(plays)
    return frame.assign(
        fold=frame["user_number"] % 5,
        is_skip=rng.random(plays) < expit(log_odds),
        is_past=places < plays * 3 // 4 - 1,  # one play is on when the future begins
        is_future=places >= plays * 3 // 4,
    )


def fitted(plays: pd.DataFrame, models: tuple[str, ...] = MODELS) -> pd.DataFrame:
    """Fits as the model does, or fewer models, and refuses every warning."""
    with warnings.catch_warnings(), patch.object(skip_models, "MODELS", models):
        warnings.simplefilter("error")
        table = fit_table(plays, features=FEATURES, folds=5, min_outcomes=20, seed=1, as_of=AS_OF)
        typed(table, SKIP_FIT_COLUMNS)
    return table


def reported(table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Scores, calibration and report, as the models make them."""
    predictions = table[table["kind"] == "prediction"]
    future = predictions[predictions["evaluation"] == "future"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tables = score_table(table[table["kind"] == "run"], predictions), calibration_table(future), report_table(future)
        for made, columns in zip(tables, (SKIP_SCORE_COLUMNS, SKIP_CALIBRATION_COLUMNS, SKIP_REPORT_COLUMNS), strict=True):
            typed(made, columns)
    return tables


@cache
def plays() -> pd.DataFrame:
    """Plays of sixty users."""
    return drawn(2_000)


@cache
def table() -> pd.DataFrame:
    """What is fitted to them."""
    return fitted(plays())


def metric(scores: pd.DataFrame, model: str, evaluation: str, name: str) -> pd.Series:
    """One row of a table of scores."""
    return scores.set_index(["model", "evaluation", "metric"]).loc[(model, evaluation, name)]


def predicted(model: str, evaluation: str) -> pd.Series:
    """Probabilities by play, in the order of the plays."""
    rows = table()[(table()["kind"] == "prediction") & (table()["model"] == model) & (table()["evaluation"] == evaluation)]
    order = [play for play in plays()["play_id"] if play in set(rows["play_id"])]
    return rows.set_index("play_id")["probability"].astype(float).loc[order]


@pytest.mark.parametrize("model", MODELS)
def test_the_future_is_predicted_from_what_had_ended(model: str) -> None:
    """By the same pipeline, called plainly; the play that is on when the future begins is in neither."""
    past, future = plays()[plays()["is_past"]], plays()[plays()["is_future"]]
    pipeline = skip_pipeline(model, FEATURES, 1).fit(feature_columns(past, FEATURES), past["is_skip"])
    expected = pipeline.predict_proba(feature_columns(future, FEATURES))[:, 1]
    found = predicted(model, "future")
    assert found.index.tolist() == future["play_id"].tolist()
    np.testing.assert_allclose(found, expected, atol=1e-9)


@pytest.mark.parametrize("model", MODELS)
def test_new_users_are_predicted_from_others(model: str) -> None:
    """Fold by fold, nobody of the fold in the fit."""
    past = plays()[plays()["is_past"]]
    expected = pd.Series(np.nan, index=past["play_id"])
    for fold in range(5):
        train, test = past[past["fold"] != fold], past[past["fold"] == fold]
        pipeline = skip_pipeline(model, FEATURES, 1).fit(feature_columns(train, FEATURES), train["is_skip"])
        expected[test["play_id"]] = pipeline.predict_proba(feature_columns(test, FEATURES))[:, 1]
    np.testing.assert_allclose(predicted(model, "new_users"), expected, atol=1e-9)


def test_the_regression_has_dummies_medians_and_a_flag() -> None:
    """The same probabilities as from a matrix made by hand."""
    past, future = plays()[plays()["is_past"]], plays()[plays()["is_future"]]

    def matrix(part: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.float64]]:
        columns = [part["platform"] == "a", part["platform"] == "b", part["platform"].isna(), part["is_shuffled"], ~part["is_shuffled"]]
        numbers = [part["length"].fillna(past["length"].median()), part["length"].isna(), part["hour"]]
        scales = [past["length"].fillna(past["length"].median()), past["length"].isna(), past["hour"]]
        columns += [(number - scale.mean()) / scale.std(ddof=0) for number, scale in zip(numbers, scales, strict=True)]
        return np.column_stack(columns).astype(np.float64)

    regression = LogisticRegression(max_iter=1000, tol=1e-10).fit(matrix(past), past["is_skip"])
    np.testing.assert_allclose(predicted("logistic_regression", "future"), regression.predict_proba(matrix(future))[:, 1], atol=1e-6)


def test_scores_are_those_of_the_predictions() -> None:
    """Plays, skips and users of the part; the area of scikit-learn."""
    scores, calibration, _ = reported(table())
    future = plays()[plays()["is_future"]]
    for model in MODELS:
        row = metric(scores, model, "future", "auc")
        assert row["value"] == pytest.approx(roc_auc_score(future["is_skip"], predicted(model, "future")), abs=1e-12)
        assert (row["plays"], row["skips"], row["users"]) == (len(future), future["is_skip"].sum(), future["user_number"].nunique())
        assert calibration[calibration["model"] == model][["plays", "skips"]].sum().tolist() == [len(future), future["is_skip"].sum()]


def test_planted_effects_are_found_and_noise_is_not() -> None:
    """Every model is useful; shuffling, platform and length are worth something, the hour is not."""
    scores, *_ = reported(table())
    importances = table()[table()["kind"] == "importance"].set_index(["model", "feature"])
    for model in MODELS:
        for evaluation in ("new_users", "future"):
            assert metric(scores, model, evaluation, "brier_gain")["ci_low"] > 0
        for feature in ("is_shuffled", "platform", "length"):
            assert importances.loc[(model, feature), "ci_low"] > 0, (model, feature)
        assert importances.loc[(model, "hour"), "ci_low"] < 0.003, model
    assert importances.loc["random_forest"]["impurity_importance"].sum() == pytest.approx(1, abs=1e-9)
    assert importances["impurity_importance"].isna().sum() == 2 * len(FEATURES)


def test_nothing_is_found_where_there_is_nothing() -> None:
    """Skips that follow no feature."""
    scores, *_ = reported(fitted(drawn(1_200, effect=0.0, seed=3)))
    gains = scores[scores["metric"] == "brier_gain"]
    assert len(gains) == 2 * len(MODELS)
    assert (gains["ci_low"] <= 0).all()


@pytest.mark.parametrize("model", MODELS)
def test_a_drop_is_that_of_scikit_learn(model: str) -> None:
    """The mean over many orders lies within what five orders leave open; the interval holds the mean."""
    past, future = plays()[plays()["is_past"]], plays()[plays()["is_future"]]
    pipeline = skip_pipeline(model, FEATURES, 1).fit(feature_columns(past, FEATURES), past["is_skip"])
    repeats = 10
    expected = permutation_importance(
        pipeline, feature_columns(future, FEATURES), future["is_skip"], scoring="roc_auc", n_repeats=repeats, random_state=0
    )
    found = table()[(table()["kind"] == "importance") & (table()["model"] == model)]
    assert found["feature"].tolist() == [feature["name"] for feature in FEATURES]
    error = expected.importances_std * np.sqrt(1 / SHUFFLES + 1 / repeats)
    assert (np.abs(found["auc_drop"].astype(float) - expected.importances_mean) < 4 * error + 1e-9).all()
    assert ((found["ci_low"] <= found["auc_drop"]) & (found["auc_drop"] <= found["ci_high"])).all()


@pytest.mark.parametrize(("users", "evaluation"), [(9, "out_of_fold"), (10, "new_users"), (1, "out_of_fold")])
def test_few_users_are_cut_by_time(users: int, evaluation: str) -> None:
    """Into stretches of equally many plays; with ten users there are folds of users."""
    few = drawn(600, users=users)
    few["user_number"] = np.arange(len(few)) % users + 1
    predictions = fitted(few.assign(fold=few["user_number"] % 5), REGRESSION).query("kind == 'prediction'")
    assert set(predictions["evaluation"]) == {evaluation, "future"}
    if evaluation == "out_of_fold":
        place = predictions["play_id"].map(dict(zip(few["play_id"], range(len(few)), strict=True)))
        stretches = place[predictions["evaluation"] == evaluation].groupby(predictions["part"]).agg(["min", "max", "size"])
        assert stretches["size"].tolist() == [90, 90, 90, 90, 89]
        assert (stretches["max"].to_numpy()[:-1] < stretches["min"].to_numpy()[1:]).all()


@pytest.mark.parametrize(
    "some",
    [
        pytest.param(drawn(400).iloc[:0], id="no plays"),
        pytest.param(drawn(400).iloc[-1:], id="one play"),
        pytest.param(drawn(400).assign(is_skip=True), id="all skipped"),
        pytest.param(drawn(400).assign(is_skip=False), id="none skipped"),
        pytest.param(drawn(400).assign(is_skip=np.arange(400) < 19), id="one skip too few"),
        pytest.param(drawn(400).assign(is_past=False), id="no past"),
    ],
)
def test_too_few_of_an_outcome_are_not_learned_from(some: pd.DataFrame) -> None:
    """A row for each run that says so; all metrics without a value; empty tables otherwise, and no warning."""
    table = fitted(some)
    assert table["kind"].unique().tolist() == ["run"]
    assert table["verdict"].unique().tolist() == ["too_few_outcomes"]
    assert len(table) == 2 * len(MODELS)
    scores, calibration, report = reported(table)
    assert scores["metric"].tolist() == list(METRICS) * 2 * len(MODELS)
    assert scores["value"].isna().all()
    assert (len(calibration), len(report)) == (0, 0)


def test_a_future_without_skips_is_not_judged() -> None:
    """It was learned from all the same, and the past is."""
    some = drawn(800)
    scores, *_ = reported(table := fitted(some.assign(is_skip=some["is_skip"] & some["is_past"]), REGRESSION))
    assert table.query("kind == 'run'").groupby("evaluation")["verdict"].unique().map(list).to_dict() == {
        "future": ["fitted"],
        "new_users": ["fitted"],
    }
    assert scores.groupby("evaluation")["value"].apply(lambda values: values.notna().any()).to_dict() == {
        "future": False,
        "new_users": True,
    }


def test_features_that_say_nothing_are_no_obstacle() -> None:
    """One level, one number, all numbers missing, and levels that only the future has."""
    some = drawn(400).assign(platform="a", length=np.nan, hour=5)
    some.loc[some["is_future"], "platform"] = "new"
    scores, *_ = reported(fitted(some))
    assert scores.query("metric == 'auc'")["value"].notna().all()


def test_equal_plays_have_equal_tables() -> None:
    """Bit by bit, whatever was fitted in between."""
    some = drawn(400)
    assert fitted(some).to_csv() == fitted(some.copy()).to_csv()


def test_there_is_no_other_model() -> None:
    """A name that nobody knows is refused."""
    with pytest.raises(ValueError, match="there is no model 'oracle'; there are: gradient_boosting"):
        skip_pipeline("oracle", FEATURES, 1)
