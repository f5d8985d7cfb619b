"""Churn: who is at risk, features, outcomes, coefficients, scores and their evaluation, user by user from the raw lines."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from numpy.typing import NDArray
from scipy.special import expit, logit
from scipy.stats import t
from sklearn.metrics import brier_score_loss, roc_auc_score

from tests.python.activity import activity_of
from tests.python.people import AS_OF, is_time, raw_rows
from tests.python.warehouse import Warehouse

DAYS = 28
CUTOFFS = [AS_OF - timedelta(days=DAYS * number) for number in range(5)]
FEATURES = ["recency_days", "last_week_active_days", "last_4_weeks_active_days", "tenure_days"]
CLOSE = 1e-8


@dataclass(frozen=True)
class ChurnRows:
    """The regression of churn, fitted row by row.

    Attributes
    ----------
    fitted
        One row per user and cutoff with an outcome: features, cluster, fold, is_churned.
    at_risk
        One row per user at risk at as_of.
    terms
        Rows of churn_coefficients.
    result
        What statsmodels gives, errors clustered.
    """

    fitted: pd.DataFrame
    at_risk: pd.DataFrame
    terms: pd.DataFrame
    result: Any


@pytest.fixture(scope="module")
def users_at_cutoffs(sample: Warehouse) -> pd.DataFrame:
    """One row per cutoff and user at risk, found in a loop over the days of each user."""
    accounts = raw_rows(sample.raw / "users.csv")
    accounts = accounts[accounts["object_id"].str.isdigit() & accounts["creation_time"].map(is_time)]
    accounts = accounts.sort_values("creation_time", kind="stable").drop_duplicates("object_id").set_index("object_id")
    days: dict[str, set[date]] = defaultdict(set)
    for user_id, day in activity_of(sample.raw)[["user_id", "date_day"]].itertuples(index=False):
        days[str(user_id)].add(day.date())

    table_of_users = []
    for user_id, active in days.items():
        has_account = user_id in accounts.index
        known_from = date.fromisoformat(accounts.loc[user_id, "creation_time"][:10]) if has_account else min(active)
        organisation = accounts.loc[user_id, "org_id"] if has_account else ""
        for number, cutoff in enumerate(CUTOFFS):
            before = [(cutoff - day).days for day in active if day <= cutoff]
            if known_from > cutoff or not before or min(before) >= DAYS:
                continue
            after = [day for day in active if cutoff < day <= cutoff + timedelta(days=DAYS)]
            table_of_users.append(
                {
                    "user_id": int(user_id),
                    "cutoff_number": number,
                    "recency_days": min(before),
                    "last_week_active_days": sum(day < 7 for day in before),
                    "last_4_weeks_active_days": sum(day < 28 for day in before),
                    "tenure_days": min((cutoff - known_from).days, 360),
                    "is_churned": None if number == 0 else not after,
                    "cluster": f"organisation {organisation}" if organisation else f"user {user_id}",
                }
            )
    return pd.DataFrame(table_of_users).sort_values(["cutoff_number", "user_id"], ignore_index=True)


@pytest.fixture(scope="module")
def by_rows(sample: Warehouse, users_at_cutoffs: pd.DataFrame) -> ChurnRows:
    """The regression, row by row: tenure in steps of 30 days, clusters from the largest to the smallest dealt out over five folds."""
    users = users_at_cutoffs.assign(tenure_days=users_at_cutoffs["tenure_days"] // 30 * 30)
    fitted = users[users["cutoff_number"] > 0].reset_index(drop=True)
    sizes = fitted.groupby("cluster").size().rename("rows").reset_index().sort_values(["rows", "cluster"], ascending=[False, True])
    numbers = dict(zip(sizes["cluster"], range(1, len(sizes) + 1), strict=True))
    fitted = fitted.assign(group=fitted["cluster"].map(numbers), is_churned=fitted["is_churned"].astype(int))
    fitted = fitted.assign(fold=fitted["group"] % 5)
    model = sm.Logit(fitted["is_churned"], sm.add_constant(fitted[FEATURES].astype(float)))
    result = model.fit(disp=0, tol=1e-14, maxiter=100, cov_type="cluster", cov_kwds={"groups": fitted["group"].to_numpy()})
    terms = sample.query("select * from marts.churn_coefficients").set_index("term").loc[["(intercept)", *FEATURES]]
    return ChurnRows(fitted, users[users["cutoff_number"] == 0], terms, result)


def predictions(train: pd.DataFrame, test: pd.DataFrame, features: list[str]) -> NDArray[np.float64]:
    """What a fit to some rows says of others; equal users tie."""
    fit = sm.Logit(train["is_churned"], sm.add_constant(train[features].astype(float))).fit(disp=0, tol=1e-14, maxiter=100)
    predicted: NDArray[np.float64] = fit.predict(sm.add_constant(test[features].astype(float), has_constant="add")).to_numpy()
    return predicted.round(12)


def placements(scores: NDArray[np.float64], rows: pd.DataFrame) -> tuple[float, NDArray[np.float64]]:
    """Area under the curve and by how much each row moves it, from all pairs of one fold."""
    moved, wins, pairs = np.zeros(len(rows)), 0.0, 0
    parts = []
    for places in rows.reset_index(drop=True).groupby("fold").indices.values():
        positive, negative = (places[rows["is_churned"].to_numpy()[places] == outcome] for outcome in (1, 0))
        won = (scores[positive][:, None] > scores[negative]) + 0.5 * (scores[positive][:, None] == scores[negative])
        wins, pairs = wins + won.sum(), pairs + won.size
        parts.append((positive, negative, won))
    for positive, negative, won in parts:
        moved[positive] = (won - won.mean()).sum(axis=1) / pairs
        moved[negative] = (won - won.mean()).sum(axis=0) / pairs
    return wins / pairs, moved


def reach(moved: NDArray[np.float64], rows: pd.DataFrame) -> float:
    """Half the width of an interval: sums over clusters, and Student's t for as many clusters of equal size as these are worth."""
    sums, sizes = pd.Series(moved, index=rows.index).groupby(rows["group"]).sum(), rows.groupby("group").size()
    worth = sizes.sum() ** 2 / (sizes**2).sum()
    return float(t(worth - 1).ppf(0.975) * np.sqrt(len(sums) / (len(sums) - 1) * (sums**2).sum()))


def test_who_is_at_risk_and_who_left_is_what_the_days_say(sample: Warehouse, users_at_cutoffs: pd.DataFrame) -> None:
    """Four cutoffs with outcomes, and as_of."""
    found = sample.query("select * from intermediate.int_churn_features_measured order by cutoff_number, user_id")
    assert found.groupby("cutoff_number").size().gt(500).tolist() == [True] * 5
    assert [day.date() for day in found.groupby("cutoff_number")["cutoff_on"].first()] == CUTOFFS
    columns = ["user_id", "cutoff_number", *FEATURES]
    pd.testing.assert_frame_equal(found[columns], users_at_cutoffs[columns], check_dtype=False)
    assert found["is_churned"].isna().equals(users_at_cutoffs["is_churned"].isna())
    assert found["is_churned"].dropna().astype(bool).tolist() == users_at_cutoffs["is_churned"].dropna().astype(bool).tolist()


def test_coefficients_are_those_of_the_rows(sample: Warehouse, by_rows: ChurnRows) -> None:
    """Estimates, clustered errors, intervals, likelihood and clusters, in which users without an organisation are their own."""
    terms, result, rows = by_rows.terms, by_rows.result, by_rows.fitted
    assert (terms["users"].unique().tolist(), terms["events"].unique().tolist()) == ([len(rows)], [rows["is_churned"].sum()])
    np.testing.assert_allclose(terms["coefficient"], result.params, atol=CLOSE)
    np.testing.assert_allclose(terms["std_error"], result.bse, atol=CLOSE)
    # statsmodels takes the normal distribution; clusters of unequal size are worth fewer
    distribution = t(terms["support"] - 1)
    np.testing.assert_allclose(terms["p_value"], 2 * distribution.sf(np.abs(result.params / result.bse)), atol=CLOSE)
    bounds = result.params.to_numpy() + np.outer([-1, 1], distribution.ppf(0.975) * result.bse)
    np.testing.assert_allclose(np.log(terms[["ci_low", "ci_high"]]).T, bounds, atol=CLOSE)
    [run] = sample.query("select * from marts.model_runs where area = 'churn'").to_dict("records")
    assert run["log_likelihood"] == pytest.approx(result.llf, abs=CLOSE)
    assert (run["target"], run["rows"], run["rows_available"], run["clusters"]) == (
        "churned",
        len(rows),
        len(rows),
        rows["cluster"].nunique(),
    )
    assert rows["cluster"].str.startswith("user ").any()
    assert (run["verdict"], run["warnings"]) == ("fitted", None)


def test_users_at_risk_have_the_scores_of_the_rows(sample: Warehouse, by_rows: ChurnRows) -> None:
    """SQL's probability is that of the fit, with its rank and its band; nobody else has one."""
    users = by_rows.at_risk
    scores = sample.query("select * from marts.user_churn_scores order by user_id").set_index("user_id")
    scored = scores[scores["churn_probability"].notna()]
    assert scored.index.tolist() == users["user_id"].tolist()
    assert scores.loc[scores["churn_probability"].isna(), "no_score_reason"].unique().tolist() == ["not_at_risk"]
    assert len(scores) == sample.rows("select count(*) from marts.users")[0][0]
    predicted = by_rows.result.predict(sm.add_constant(users[FEATURES].astype(float)))
    np.testing.assert_allclose(scored["churn_probability"], predicted, atol=1e-9)
    np.testing.assert_allclose(scored["percentile"], scored["churn_probability"].rank(method="max", pct=True) * 100, atol=1e-9)
    bands = np.select([predicted >= 0.66, predicted >= 0.33], ["high", "medium"], "low")
    assert scored["churn_risk_band"].tolist() == bands.tolist()
    overview = sample.query(
        "select user_id, churn_probability, churn_risk_band, churn_top_reason from marts.user_overview order by user_id"
    )
    assert overview["churn_probability"].tolist() == pytest.approx(scores["churn_probability"].tolist(), nan_ok=True)
    assert overview["churn_top_reason"].notna().sum() == len(scored)


@pytest.mark.parametrize("evaluation", ["out_of_fold", "future"])
def test_evaluations_are_those_of_the_rows(sample: Warehouse, by_rows: ChurnRows, evaluation: str) -> None:
    """Fits to the other clusters, or to the cutoffs before the last, against scikit-learn; intervals of the area and of what it gains."""
    rows = by_rows.fitted
    predicted = {"churn": np.full(len(rows), np.nan), "recency_only": np.full(len(rows), np.nan)}
    folds = [(rows["fold"] != fold, rows["fold"] == fold) for fold in range(5)]
    for train, test in folds if evaluation == "out_of_fold" else [(rows["cutoff_number"] > 1, rows["cutoff_number"] == 1)]:
        for model, features in (("churn", FEATURES), ("recency_only", FEATURES[:1])):
            predicted[model][test] = predictions(rows[train], rows[test], features)
    chosen = np.isfinite(predicted["churn"])
    part = rows[chosen].assign(fold=rows["fold"] if evaluation == "out_of_fold" else 0)
    found = sample.query(f"select * from marts.churn_model_scores where evaluation = '{evaluation}'").set_index(["model", "metric"])
    assert (found["users"].unique().tolist(), found["events"].unique().tolist()) == ([len(part)], [part["is_churned"].sum()])
    areas = {}
    for model, scores in predicted.items():
        of_part = scores[chosen]
        weights, values = [], []
        for places in part.reset_index(drop=True).groupby("fold").indices.values():
            outcomes = part["is_churned"].to_numpy()[places]
            values.append(roc_auc_score(outcomes, of_part[places]))
            weights.append(outcomes.sum() * (1 - outcomes).sum())
        area, moved = areas[model] = placements(of_part, part)
        assert area == pytest.approx(np.average(values, weights=weights), abs=1e-12)
        value, low, high = found.loc[(model, "auc"), ["value", "ci_low", "ci_high"]]
        on_logit = reach(moved, part) / (area * (1 - area))
        assert value == pytest.approx(area, abs=1e-9)
        assert (low, high) == pytest.approx((expit(logit(area) - on_logit), expit(logit(area) + on_logit)), abs=1e-9)
        assert low > 0.5
        assert found.loc[(model, "brier"), "value"] == pytest.approx(brier_score_loss(part["is_churned"], of_part), abs=1e-9)
        assert found.loc[(model, "mean_predicted"), "value"] == pytest.approx(of_part.mean(), abs=1e-9)
    gain = areas["churn"][0] - areas["recency_only"][0]
    width = reach(areas["churn"][1] - areas["recency_only"][1], part)
    value, low, high = found.loc[("churn", "auc_gain"), ["value", "ci_low", "ci_high"]]
    assert (value, low, high) == pytest.approx((gain, gain - width, gain + width), abs=1e-9)
    # and the verdict says whether that is more than recency tells
    assert found.loc["churn", "verdict"].unique().tolist() == ["useful" if gain - width > 0 else "no_better_than_recency"]
    assert found.loc["recency_only", "verdict"].unique().tolist() == ["baseline"]
