"""The models of skips are what scikit-learn and statsmodels find in the raw lines, and what they find is what was planted."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from numpy.typing import NDArray
from scipy.stats import chi2
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, classification_report, confusion_matrix, precision_recall_curve, roc_auc_score, roc_curve

from python_models.methods.evaluation import auc_difference
from python_models.methods.skip_models import MODELS
from python_models.methods.skip_reports import scored_plays
from sample_data.common import csv_fields
from sample_data.generate import SKIP_TRUTH, population
from sample_data.streaming import plays as drawn_plays
from tests.python.warehouse import PROJECT, Warehouse

Array = NDArray[np.float64]

FEATURES = ["platform", "reason_start", "is_shuffled", "hour_of_day", "day_of_week", "is_weekend", "is_peak_hour", "is_night"]
LENGTH = "earlier_track_length_seconds"
DAY_MS = 86_400_000


def described(plays: pd.DataFrame) -> pd.DataFrame:
    """Adds the features: what can be said of plays when they start.

    Parameters
    ----------
    plays
        user_id, spotify_track_uri, ts, platform, ms_played, reason_start, reason_end, is_shuffled; is_skip.
    """
    plays = plays.assign(ts=plays["ts"].astype("datetime64[us]"))
    started = plays["ts"] - pd.to_timedelta(plays["ms_played"], unit="ms")
    spelling = plays["platform"].str.lower()
    platform = np.select([spelling.str.startswith(name) for name in ("android", "ios", "web")], ["android", "ios", "web"], "windows")
    hour, weekday = started.dt.hour, started.dt.day_of_week + 1
    made = plays.assign(
        started_at=started,
        platform=platform,
        hour_of_day=hour,
        day_of_week=weekday,
        is_weekend=weekday >= 6,
        is_peak_hour=hour.between(17, 21),
        is_night=hour < 6,
    ).sort_values("started_at")
    over = plays[(plays["reason_end"] == "trackdone") & (plays["ms_played"] > 0)].sort_values("ts")
    over = over[["spotify_track_uri", "ts", "ms_played"]].rename(columns={"ts": "over_at", "ms_played": "earlier_ms"})
    joined = pd.merge_asof(
        made, over, left_on="started_at", right_on="over_at", by="spotify_track_uri", direction="backward", allow_exact_matches=False
    )
    return joined.assign(**{LENGTH: joined["earlier_ms"] / 1_000})


@dataclass(frozen=True)
class SkipRows:
    """The sampled plays as the raw lines have them.

    Attributes
    ----------
    plays
        By start and id: what the models read of each sampled play (`_mart`), and the same from the raw lines.
    matrix
        Plays x terms of skip_coefficients, in its order, from the raw lines.
    terms
        Rows of skip_coefficients.
    result
        The regression of statsmodels, errors clustered by user.
    """

    plays: pd.DataFrame
    matrix: Array
    terms: pd.DataFrame
    result: Any


def term_columns(plays: pd.DataFrame, terms: list[str]) -> Array:
    """The columns of a model matrix, by the names of terms; lengths rounded down to 15 seconds, missing ones as the mean."""
    length = np.floor(plays[LENGTH] / 15) * 15
    columns = {"(intercept)": np.ones(len(plays)), LENGTH: length.fillna(length.mean()), f"{LENGTH}: (missing)": length.isna()}
    for name in ("is_shuffled", "is_weekend", "is_peak_hour", "is_night"):
        columns[f"{name}: true"] = plays[name]
    for name in ("platform", "reason_start"):
        columns |= {f"{name}: {level}": plays[name] == level for level in plays[name].unique()}
    return np.column_stack([np.asarray(columns[term], dtype=np.float64) for term in terms])


@pytest.fixture(scope="module")
def by_rows(sample: Warehouse) -> SkipRows:
    """The sampled plays, found again in the raw lines."""
    header, *lines = (sample.raw / "plays.csv").read_text().splitlines()
    names = csv_fields(header)
    raw = pd.DataFrame([fields for fields in map(csv_fields, lines) if len(fields) == len(names)], columns=names).drop_duplicates()
    raw = raw.assign(
        user_id=pd.to_numeric(raw["user_id"], errors="coerce"),
        ms_played=pd.to_numeric(raw["ms_played"], errors="coerce"),
        ts=pd.to_datetime(raw["ts"], format="%Y-%m-%dT%H:%M:%SZ", errors="coerce").fillna(
            pd.to_datetime(raw["ts"], format="%m/%d/%Y %H:%M", errors="coerce")
        ),
        is_shuffled=raw["shuffle"] == "True",
        is_skip=np.where(raw["skipped"] == "", raw["reason_end"].isin(["fwdbtn", "backbtn"]), raw["skipped"] == "True"),
    )
    raw = raw[raw["user_id"].notna() & raw["ts"].notna() & raw["ms_played"].between(0, DAY_MS) & (raw["spotify_track_uri"] != "")]
    found = described(raw.astype({"user_id": "int64", "ms_played": "int64"}))
    sampled = sample.query(
        """
        select sampled.*, plays.track_uri as spotify_track_uri, plays.ms_played
        from intermediate.int_plays_sampled as sampled
        inner join marts.plays using (play_id)
        """
    )
    key = ["user_id", "spotify_track_uri", "started_at", "ms_played"]
    plays = sampled.merge(found, on=key, how="left", suffixes=("_mart", ""), validate="one_to_one").sort_values(["started_at", "play_id"])
    terms = sample.query("select * from marts.skip_coefficients")
    matrix = term_columns(plays, terms["term"].tolist())
    family, groups = sm.families.Binomial(), {"groups": plays["user_id"]}
    result = sm.GLM(plays["is_skip"].to_numpy(dtype=np.float64), matrix, family=family).fit(tol=1e-12, cov_type="cluster", cov_kwds=groups)
    return SkipRows(plays.reset_index(drop=True), matrix, terms, result)


@pytest.fixture(scope="module")
def predictions(sample: Warehouse) -> pd.DataFrame:
    """What each model says of the plays of the future, by play."""
    query = "select * from intermediate.int_skip_models_judged where kind = 'prediction' and evaluation = 'future' order by model, play_id"
    return sample.query(query)


def scores(sample: Warehouse, evaluation: str) -> pd.DataFrame:
    """Values of every metric, by model and metric."""
    query = f"select * from marts.skip_model_scores where evaluation = '{evaluation}'"
    return sample.query(query).set_index(["model", "metric"])


def test_the_sample_knows_what_a_play_knows_when_it_starts(by_rows: SkipRows) -> None:
    """Every feature of every sampled play, from the raw lines; lengths of plays that were over, also in plays that are not sampled."""
    plays = by_rows.plays
    assert len(plays) == 20_000
    for feature in [*FEATURES, LENGTH, "is_skip"]:
        known, expected = plays[f"{feature}_mart"], plays[feature]
        assert (known.isna() == expected.isna()).all(), feature
        assert (known.dropna() == expected.dropna()).all(), feature
    assert 0.005 < plays[LENGTH].isna().mean() < 0.1


def test_the_future_begins_where_the_last_quarter_does(by_rows: SkipRows) -> None:
    """What had ended by then is the past; the user with most plays is number 1."""
    plays = by_rows.plays
    starts_at = plays["started_at"].sort_values().iloc[int(np.ceil(0.75 * len(plays))) - 1]
    assert (plays["is_future"] == (plays["started_at"] >= starts_at)).all()
    assert (plays["is_past"] == (plays["ts"] < starts_at)).all()
    assert plays.loc[plays["user_number"] == 1, "user_id"].unique().tolist() == [plays["user_id"].value_counts().idxmax()]
    assert plays.groupby("user_id")["fold"].nunique().max() == 1


def test_the_regression_is_that_of_the_raw_lines(sample: Warehouse, by_rows: SkipRows) -> None:
    """Statsmodels play by play, errors clustered by user."""
    terms, result = by_rows.terms, by_rows.result
    np.testing.assert_allclose(terms["coefficient"], result.params, atol=1e-7)
    np.testing.assert_allclose(terms["std_error"], result.bse, rtol=1e-6)
    n = len(by_rows.plays)
    assert (terms[["users", "plays", "events"]] == [by_rows.plays["user_id"].nunique(), n, by_rows.plays["is_skip"].sum()]).all(axis=None)
    [(rows, log_likelihood)] = sample.rows(
        "select rows, log_likelihood from marts.model_runs where area = 'plays' and model = 'play_start'"
    )
    assert rows == n
    assert log_likelihood == pytest.approx(result.llf, abs=1e-5)


def test_planted_effects_are_found(by_rows: SkipRows) -> None:
    """All at once: how far the estimates lie from those of 100,000 other plays, in their joint errors; and what has no effect has none."""
    terms = by_rows.terms["term"].tolist()
    other = drawn_plays(population(99, 8_000), 99)
    many = described(other.assign(is_shuffled=other["shuffle"], is_skip=other["skipped"]))
    fitted = sm.GLM(many["is_skip"].to_numpy(dtype=np.float64), term_columns(many, terms), family=sm.families.Binomial())
    truth = fitted.fit(cov_type="cluster", cov_kwds={"groups": many["user_id"]})
    # how many lengths are not known depends on how many plays there are, and so does what that says
    compared = [place for place, term in enumerate(terms) if term not in ("(intercept)", f"{LENGTH}: (missing)")]
    away = by_rows.result.params[compared] - truth.params[compared]
    covariance = (by_rows.result.cov_params() + truth.cov_params())[np.ix_(compared, compared)]
    assert chi2.sf(away @ np.linalg.solve(covariance, away), len(compared)) > 0.001
    planted = {f"platform: {name}": value for name, value in SKIP_TRUTH.skip_platform.items() if value}
    planted |= {f"reason_start: {name}": value for name, value in SKIP_TRUTH.skip_reason_start.items() if abs(value) > 0.25}
    planted |= {"is_shuffled: true": SKIP_TRUTH.skip_shuffle, "is_night: true": SKIP_TRUTH.skip_night, LENGTH: SKIP_TRUTH.skip_minute / 60}
    rows = by_rows.terms.set_index("term")
    for term, value in planted.items():
        low, high = np.log(rows.loc[term, ["ci_low", "ci_high"]].astype(float))
        assert rows.loc[term, "coefficient"] * value > 0, term
        assert low > 0 or high < 0, term
        # what a regression aims at that knows no listener, and lengths but from earlier plays, lies close to what was planted
        assert truth.params[terms.index(term)] == pytest.approx(value, rel=0.2, abs=0.1), term
    nothing = ["platform: ios", "reason_start: playbtn", "is_weekend: true", "is_peak_hour: true"]
    assert (rows.loc[nothing, "q_value"] > 0.05).all()


def test_the_future_is_predicted_as_scikit_learn_does(sample: Warehouse, by_rows: SkipRows, predictions: pd.DataFrame) -> None:
    """The logistic regression on dummies, the median and a flag, made from the raw lines."""
    plays = by_rows.plays
    past, future = plays["is_past"].to_numpy(), plays["is_future"].to_numpy()
    levels = pd.get_dummies(plays[FEATURES].astype({name: str for name in FEATURES if name not in ("hour_of_day", "day_of_week")}))
    numbers = plays[["hour_of_day", "day_of_week"]].assign(length=plays[LENGTH].fillna(plays.loc[past, LENGTH].median()))
    numbers = numbers.assign(is_missing=plays[LENGTH].isna()).astype(float)
    numbers = (numbers - numbers[past].mean()) / numbers[past].std(ddof=0)
    matrix = np.column_stack([levels.drop(columns=["hour_of_day", "day_of_week"]).to_numpy(dtype=np.float64), numbers])
    regression = LogisticRegression(tol=1e-8, max_iter=1000).fit(matrix[past], plays.loc[past, "is_skip"])
    expected = pd.Series(regression.predict_proba(matrix[future])[:, 1], index=plays.loc[future, "play_id"])
    found = predictions[predictions["model"] == "logistic_regression"].set_index("play_id")
    np.testing.assert_allclose(found["probability"], expected.loc[found.index], atol=1e-5)
    assert (found["is_skip"] == plays.set_index("play_id").loc[found.index, "is_skip"]).all()
    assert found["baseline"].unique() == pytest.approx(plays.loc[past, "is_skip"].mean(), abs=1e-12)


def test_scores_and_curves_are_those_of_scikit_learn(sample: Warehouse, predictions: pd.DataFrame) -> None:
    """Of every model: areas, points, cells, the report, the bins."""
    values = scores(sample, "future")
    for model, rows in predictions.groupby("model"):
        outcomes, probabilities = rows["is_skip"].to_numpy(int), rows["probability"].to_numpy()
        called = (probabilities >= 0.5).astype(int)
        assert values.loc[(model, "auc"), "value"] == pytest.approx(roc_auc_score(outcomes, probabilities), abs=1e-12)
        assert values.loc[(model, "brier"), "value"] == pytest.approx(brier_score_loss(outcomes, probabilities), abs=1e-12)
        assert values.loc[(model, "auc"), ["plays", "skips"]].tolist() == [len(rows), outcomes.sum()]

        points = sample.query(f"select * from marts.skip_roc_points where model = '{model}' order by place")
        false_rate, true_rate, thresholds = roc_curve(outcomes, probabilities, drop_intermediate=False)
        place = [0, *(np.flatnonzero(thresholds == threshold)[0] for threshold in points["threshold"][1:])]
        assert 50 < len(points) <= 101
        np.testing.assert_allclose(points["false_positive_rate"], false_rate[place], atol=1e-12)
        np.testing.assert_allclose(points["true_positive_rate"], true_rate[place], atol=1e-12)
        area = np.trapezoid(points["true_positive_rate"], points["false_positive_rate"])
        assert area == pytest.approx(roc_auc_score(outcomes, probabilities), abs=0.002)

        points = sample.query(f"select * from marts.skip_precision_recall_points where model = '{model}' order by place")
        precision, recall, thresholds = precision_recall_curve(outcomes, probabilities)
        place = [np.flatnonzero(thresholds == threshold)[0] for threshold in points["threshold"]]
        np.testing.assert_allclose(points["precision"], precision[place], atol=1e-12)
        np.testing.assert_allclose(points["recall"], recall[place], atol=1e-12)

        cells = sample.query(f"select * from marts.skip_confusion_matrix where model = '{model}' order by actual, predicted")
        assert cells["plays"].tolist() == confusion_matrix(outcomes, called).ravel().tolist()
        report = sample.query(f"select * from marts.skip_classification_report where model = '{model}'").set_index("class")
        expected = classification_report(outcomes, called, target_names=["played", "skipped"], output_dict=True)
        for name, figures in expected.items():
            if name != "accuracy":
                row = report.loc[name, ["precision", "recall", "f1", "plays"]].tolist()
                assert row == pytest.approx(list(figures.values()), abs=1e-12), name

        bins = sample.query(f"select * from marts.skip_calibration where model = '{model}' order by bin")
        shares, means = calibration_curve(outcomes, probabilities, n_bins=10, strategy="quantile")
        # plays with equal predictions on an edge of scikit-learn's bins are in one bin here
        np.testing.assert_allclose(bins["mean_predicted"], means, atol=0.01)
        np.testing.assert_allclose(bins["observed_share"], shares, atol=0.04)


def test_new_users_are_judged_fold_by_fold(sample: Warehouse) -> None:
    """The mean of the folds' areas by pairs, of users whom the fit did not see; the best model has the largest."""
    query = "select * from intermediate.int_skip_models_judged where kind = 'prediction' and evaluation = 'new_users'"
    values = scores(sample, "new_users")
    areas = {}
    for model, rows in sample.query(query).groupby("model"):
        assert rows.groupby("user_number")["part"].nunique().max() == 1
        folds = [fold for _, fold in rows.groupby("part")]
        pairs = [fold["is_skip"].sum() * (~fold["is_skip"]).sum() for fold in folds]
        areas[model] = np.average([roc_auc_score(fold["is_skip"], fold["probability"]) for fold in folds], weights=pairs)
        assert values.loc[(model, "auc"), "value"] == pytest.approx(areas[model], abs=1e-9)
    best = max(areas, key=lambda model: areas[model])
    assert sample.rows("select distinct model from marts.skip_model_scores where is_best") == [(best,)]
    assert set(areas) == set(MODELS)


def test_no_model_falls_far_short_of_the_best_possible(sample: Warehouse, by_rows: SkipRows, predictions: pd.DataFrame) -> None:
    """Of the same plays of the future, by the probabilities that they were drawn with, which know the listener as well."""
    drawn = drawn_plays(population())
    key = ["user_id", "spotify_track_uri", "ts", "ms_played"]
    truth = by_rows.plays.merge(drawn[[*key, "skip_probability"]], on=key, how="inner").set_index("play_id")["skip_probability"]
    for model, rows in predictions.groupby("model"):
        known = rows[rows["play_id"].isin(truth.index)]
        assert len(known) > 0.99 * len(rows)
        assert known["is_skip"].sum() >= 1_500
        gap = auc_difference(truth.loc[known["play_id"]].to_numpy(), known["probability"].to_numpy(), scored_plays(known))
        assert gap.ci_high < 0.03, (model, gap)
    assert sample.rows("select distinct verdict from marts.skip_model_scores") == [("useful",)]


def test_what_was_planted_is_important_and_what_was_not_is_not(sample: Warehouse) -> None:
    """The reason of the start first, then shuffling; for no model is the weekday worth a thousandth of the area."""
    importances = sample.query("select * from marts.skip_feature_importance").set_index(["model", "feature"])
    assert len(importances) == len(MODELS) * (len(FEATURES) + 1)
    for model in MODELS:
        of_model = importances.loc[model]
        assert of_model["place"].nsmallest(2).index.tolist() == ["reason_start", "is_shuffled"]
        assert (of_model.loc[["reason_start", "is_shuffled", "platform", LENGTH], "ci_low"] > 0).all()
        assert not (of_model.loc[["day_of_week", "is_weekend"], "ci_low"] > 0.001).any()
        predicted = scores(sample, "future").loc[(model, "auc")]
        assert (of_model["plays"] == predicted["plays"]).all()
        assert of_model["impurity_importance"].notna().all() == (model == "random_forest")
    assert importances.loc["random_forest", "impurity_importance"].sum() == pytest.approx(1, abs=1e-9)


def test_the_register_says_what_the_models_of_skips_use(sample: Warehouse) -> None:
    """By default settings; each is known when a play starts."""
    register = pd.read_csv(PROJECT / "seeds" / "feature_register.csv", keep_default_na=False)
    register = register[register["known_from"].isin(["play_start", "play_end"])]
    declared = {(row.feature, model) for row in register.itertuples() for model in row.used_by.split()}
    used = sample.rows("select feature, model from marts.skip_feature_importance")
    used += sample.rows("select distinct attribute, model from marts.skip_coefficients where attribute is not null")
    assert declared == set(used)
    assert set(register.loc[register["used_by"] != "", "known_from"]) == {"play_start"}
