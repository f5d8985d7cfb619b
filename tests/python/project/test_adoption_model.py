"""The regressions on adoption are what statsmodels gives user by user, find what was planted, and see nothing of the future."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.stats import chi2
from sklearn.metrics import roc_auc_score

from sample_data.generate import TRUTH, drawn_outcomes, population
from tests.python.rows import (
    LandmarkRows,
    assert_marts_are_those_of_rows,
    features_then_and_now,
    landmark_rows,
    without_what_came_after,
)
from tests.python.warehouse import PROJECT, Warehouse

REGISTER = pd.read_csv(PROJECT / "seeds" / "feature_register.csv", keep_default_na=False)
# plays have features of their own
REGISTER = REGISTER[~REGISTER["known_from"].isin(["play_start", "play_end"])]


@pytest.fixture(scope="module")
def by_rows(sample: Warehouse) -> LandmarkRows:
    """The landmark regression, user by user."""
    return landmark_rows(sample)


def test_marts_are_those_of_the_rows(sample: Warehouse, by_rows: LandmarkRows) -> None:
    """Coefficients, run and the score that SQL gives each fitted user."""
    assert_marts_are_those_of_rows(sample, by_rows)


def test_percentiles_rank_all_who_are_scored(sample: Warehouse) -> None:
    """As pandas ranks them."""
    scores = sample.query("select adoption_probability, percentile from marts.user_adoption_scores where adoption_probability is not null")
    expected = scores["adoption_probability"].rank(method="max", pct=True) * 100
    np.testing.assert_allclose(scores["percentile"], expected, atol=1e-9)


def test_out_of_fold_predictions_are_those_of_fits_to_the_other_folds(sample: Warehouse, by_rows: LandmarkRows) -> None:
    """The area under the curve fold by fold, weighted by pairs; the mean prediction; no organisation in two folds."""
    users, matrix = by_rows.users, by_rows.matrix
    outcomes, folds = users["is_event"].to_numpy(), users["fold"].to_numpy()
    assert users.groupby("org_id")["fold"].nunique().max() == 1
    predicted, areas, pairs = np.full(len(users), np.nan), [], []
    for fold in range(5):
        test = folds == fold
        predicted[test] = sm.Logit(outcomes[~test], matrix[~test]).fit(disp=0, tol=1e-14).predict(matrix[test]).round(12)
        areas.append(roc_auc_score(outcomes[test], predicted[test]))
        pairs.append(outcomes[test].sum() * (1 - outcomes[test]).sum())
    scores = dict(
        sample.rows("select metric, value from marts.adoption_model_scores where model = 'landmark' and evaluation = 'out_of_fold'")
    )
    assert scores["auc"] == pytest.approx(np.average(areas, weights=pairs), abs=1e-9)
    assert scores["mean_predicted"] == pytest.approx(predicted.mean(), abs=1e-9)
    assert scores["brier"] == pytest.approx(((predicted - outcomes) ** 2).mean(), abs=1e-9)


def test_the_future_is_predicted_from_outcomes_known_before_it(sample: Warehouse, by_rows: LandmarkRows) -> None:
    """The last quarter of the sign-ups, by a fit to those whose 97 days were over before the first of them."""
    users, matrix = by_rows.users, by_rows.matrix
    created_on = users["created_on"]
    starts_on = created_on.sort_values().iloc[int(np.ceil(0.75 * len(users))) - 1]
    is_future, is_past = (created_on >= starts_on).to_numpy(), (created_on + timedelta(days=96) < starts_on).to_numpy()
    outcomes = users["is_event"].to_numpy()
    known = matrix[is_past].any(axis=0)  # no organisation had grown to the largest sizes by then; who is in one has no score
    is_future = is_future & ~matrix[:, ~known].any(axis=1)
    fitted = sm.Logit(outcomes[is_past], matrix[is_past][:, known]).fit(disp=0, tol=1e-14)
    predicted = fitted.predict(matrix[is_future][:, known]).round(12)  # equal users tie
    expected = (roc_auc_score(outcomes[is_future], predicted), is_future.sum(), outcomes[is_future].sum())
    [found] = sample.rows(
        "select value, users, events from marts.adoption_model_scores where model = 'landmark' and evaluation = 'future' and metric = 'auc'"
    )
    assert found == pytest.approx(expected, abs=1e-9)


def test_planted_effects_are_found(by_rows: LandmarkRows) -> None:
    """All at once: how far the estimates lie from those of 100,000 other users of the same product, in their joint errors."""
    found = dict(zip(by_rows.terms["term"], range(len(by_rows.terms)), strict=True))
    planted = {
        "creation_source: GUEST_INVITE": TRUTH.later_source["GUEST_INVITE"],
        "creation_source: PERSONAL_PROJECTS": TRUTH.later_source["PERSONAL_PROJECTS"],
        "creation_source: SIGNUP": TRUTH.later_source["SIGNUP"],
        "creation_source: SIGNUP_GOOGLE_AUTH": TRUTH.later_source["SIGNUP_GOOGLE_AUTH"],
        "has_adopted_inviter: true": TRUTH.later_inviter_adopted,
        "first_week_active_days": TRUTH.later_active_day,
    }
    users = population(99, 100_000)
    at_risk = drawn_outcomes(users).loc[~users["adopts_in_week_one"].to_numpy()]
    facts = users.loc[at_risk.index]
    columns = [np.ones(len(at_risk))]
    columns += [(facts["creation_source"] == term.split(": ")[1]).to_numpy(float) for term in list(planted)[:4]]
    columns += [facts["inviter_had_adopted"].to_numpy(float), facts["first_week_days"].to_numpy(float)]
    many = sm.Logit(at_risk["adopts_later"].to_numpy(float), np.column_stack(columns)).fit(disp=0)
    # what a model aims at that knows neither organisations nor mailing lists lies close to what was planted
    np.testing.assert_allclose(many.params[1:], list(planted.values()), atol=0.15)
    places = [found[term] for term in planted]
    away = by_rows.result.params[places] - many.params[1:]
    covariance = by_rows.result.cov_params()[np.ix_(places, places)] + many.cov_params()[1:, 1:]
    assert chi2.sf(away @ np.linalg.solve(covariance, away), len(places)) > 0.001
    # and nothing is found of what has no effect
    assert by_rows.terms["q_value"][found["creation_source: SIGNUP"]] > 0.05
    assert (by_rows.terms["q_value"][places][list(np.array(list(planted.values())) != 0)] < 0.05).all()


def test_the_leaking_models_are_labelled(sample: Warehouse) -> None:
    """And are far better than the honest one, for a bad reason."""
    areas = {
        (model, leaks): value
        for model, leaks, value in sample.rows(
            "select model, leaks_outcome, value from marts.adoption_model_scores where evaluation = 'out_of_fold' and metric = 'auc'"
        )
    }
    assert set(areas) == {
        ("landmark", False),
        ("published_all_features", True),
        ("published_one_feature", True),
        ("published_without_spans", True),
    }
    assert areas["published_all_features", True] > areas["landmark", False] + 0.1
    assert sample.rows("select model from marts.adoption_model_scores where verdict = 'leaks_outcome' group by 1") == sample.rows(
        "select model from marts.adoption_coefficients where leaks_outcome group by 1"
    )


def test_the_register_says_who_uses_what(sample: Warehouse) -> None:
    """Its column used_by is what the fits say, every column of user_features is registered, and so is what churn is predicted from."""
    used = sample.rows(
        """
        select attribute, model from intermediate.int_adoption_models_fitted where attribute is not null
        union
        select attribute, model from intermediate.int_churn_models_fitted where attribute is not null
        """
    )
    declared = [(row.feature, model) for row in REGISTER.itertuples() for model in row.used_by.split()]
    assert sorted(used) == sorted(declared)
    columns = {column for (column,) in sample.rows("select column_name from information_schema.columns where table_name = 'user_features'")}
    at_cutoffs = set(REGISTER.loc[REGISTER["known_from"] == "cutoff", "feature"])
    assert columns - {"user_id", "as_of"} == set(REGISTER["feature"]) - {"organisation"} - at_cutoffs
    assert at_cutoffs == {"recency_days", "last_week_active_days", "last_4_weeks_active_days", "tenure_days"}


def test_features_know_nothing_of_what_comes_after(sample: Warehouse, tmp_path: Path) -> None:
    """Without the rows after a cutoff, features known by then are what they are with them; the others are not, so the test can tell."""
    cutoff = date(2025, 9, 10)
    before, now = features_then_and_now(sample, cutoff, tmp_path)
    assert len(before) > 1_500
    for feature in REGISTER[REGISTER["known_from"].isin(["signup", "first_week"])]["feature"]:
        if feature != "organisation":  # a fact of the account that needs no computation
            pd.testing.assert_series_equal(before[feature], now[feature])
    for feature in REGISTER[REGISTER["contains_outcome"] == True]["feature"]:  # noqa: E712
        assert not before[feature].equals(now[feature]), feature
    # as_of of that day is the earliest cutoff of today, on which users at risk had the same features, and as many of them
    columns = ", ".join(["user_id", "org_id", "creation_source", *REGISTER[REGISTER["known_from"] == "cutoff"]["feature"]])
    query = f"select {columns} from intermediate.int_churn_features_measured where cutoff_on = date '{{}}' order by user_id"
    at_risk = Warehouse(tmp_path / "then", tmp_path / "raw").query(query.format(cutoff))
    assert len(at_risk) > 500
    pd.testing.assert_frame_equal(at_risk, sample.query(query.format(cutoff)))
    assert not at_risk.equals(sample.query(query.format(date(2025, 10, 8))))


def test_a_feature_of_later_stops_the_build(tmp_path: Path) -> None:
    """Named by the test that fails; the tables that publish the fit are not built."""
    warehouse = Warehouse(tmp_path, PROJECT / "sample_data")
    features = [{"name": "creation_source", "type": "categorical"}, {"name": "is_active_after_7_days", "type": "categorical"}]
    of_churn = [{"name": "recency_days", "type": "numeric"}, {"name": "is_churned", "type": "categorical"}]
    settings = {"adoption_model_features": features, "churn_model_features": of_churn}
    run = warehouse.dbt("build", "--exclude-resource-type", "unit_test", settings=settings)
    assert not run.succeeded
    assert "Failure in test predictions_use_only_what_is_known_at_the_landmark" in run.output
    assert "Failure in test predictions_use_only_what_is_known_at_the_cutoff" in run.output
    built = [name for (name,) in warehouse.rows("select table_name from duckdb_tables() where schema_name = 'marts'")]
    assert "user_features" in built
    assert not {"adoption_coefficients", "adoption_model_scores", "user_adoption_scores", "model_runs", "user_overview"} & set(built)
    assert not {"churn_coefficients", "churn_model_scores", "user_churn_scores"} & set(built)


def test_users_of_later_are_scored_without_a_fit(tmp_path: Path) -> None:
    """In October the models are fitted; in December Python does not run, and those who came in between have a score from October's fit."""
    then, sample_data = date(2025, 10, 31), PROJECT / "sample_data"
    warehouse = Warehouse(tmp_path, without_what_came_after(sample_data, then, tmp_path / "raw"))
    warehouse.build(areas=("adoption", "core"))
    fitted = "select * from intermediate.int_adoption_logit_fitted order by all"
    before = warehouse.rows(fitted)
    old = {user for (user,) in warehouse.rows("select user_id from marts.users")}
    later = Warehouse(tmp_path, sample_data)
    later.build("--exclude", "path:python_models", areas=("adoption", "core"))
    assert later.rows(fitted) == before
    assert later.rows(
        "select distinct as_of, model_fitted_as_of from marts.user_adoption_scores where adoption_probability is not null"
    ) == [(date(2025, 12, 31), then)]
    new = {user for (user,) in later.rows("select user_id from marts.user_adoption_scores where adoption_probability is not null")} - old
    assert len(new) > 300
    coefficients = dict(later.rows("select term, coefficient from marts.adoption_coefficients where model = 'landmark'"))
    for user, source, inviter, size, days, log_odds in later.rows(
        "select user_id, creation_source, has_adopted_inviter, organisation_size, first_week_active_days, log_odds"
        " from marts.user_features inner join marts.user_adoption_scores using (user_id) where log_odds is not null"
    ):
        levels = (f"creation_source: {source}", f"has_adopted_inviter: {str(inviter).lower()}", f"organisation_size: {size}")
        by_hand = coefficients["(intercept)"] + sum(coefficients.get(level, 0) for level in levels)
        assert log_odds == pytest.approx(by_hand + days * coefficients["first_week_active_days"], abs=1e-9), user
