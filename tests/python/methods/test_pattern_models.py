"""Whatever the counts, a fit gives its tables: with a verdict where there is nothing to fit, never an infinite figure, never a crash."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from python_models.methods import pattern_models, published
from python_models.methods.evaluation import METRICS
from python_models.methods.pattern_models import FIT_COLUMNS, SCORE_COLUMNS
from python_models.methods.tables import typed

FEATURES = [{"name": "source", "type": "categorical"}, {"name": "days", "type": "numeric"}]
AS_OF = date(2025, 6, 30)
NUMBERS = ["coefficient", "odds_ratio", "std_error", "ci_low", "ci_high", "vif", "marginal_effect"]
PUBLISHED = {"all": ["is_late", "organisation"], "one": ["is_late"]}


def drawn(users: int, organisations: int, seed: int = 0) -> pd.DataFrame:
    """Users of two sources with 0 to 2 days, one in five of whom has the outcome."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "source": rng.choice(["a", "b"], users),
            "days": rng.integers(0, 3, users).astype(float),
            "organisation": rng.integers(0, organisations, users) if organisations else np.full(users, -1),
            "outcome": rng.random(users) < 0.2,
            "day": np.arange(users),
        }
    )


def tables(users: pd.DataFrame, min_outcomes: int = 20) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Fits and evaluates, as the models do."""
    users = users.reset_index(drop=True)
    patterns = users[["source", "days"]].drop_duplicates().reset_index(drop=True)
    place = users.merge(patterns.assign(pattern_id=patterns.index), how="left")["pattern_id"] if len(users) else pd.Series(dtype=int)
    rows = pd.DataFrame(
        {
            "pattern_id": place,
            "cluster_number": users["organisation"].astype("Int64").where(users["organisation"] >= 0),
            "fold": np.where(users["organisation"] >= 0, users["organisation"], users["day"]) % 5,
            "is_past": users["day"] < len(users) // 2,
            "is_future": users["day"] >= len(users) * 3 // 4,
            "outcome": users["outcome"],
        }
    )
    keys = ["pattern_id", "cluster_number", "fold", "is_past", "is_future"]
    counts = rows.groupby(keys, dropna=False)["outcome"].agg(users="size", events="sum").reset_index()
    long = [
        pd.DataFrame({"pattern_id": patterns.index, "attribute": "source", "level": patterns["source"], "number": np.nan}),
        pd.DataFrame({"pattern_id": patterns.index, "attribute": "days", "level": None, "number": patterns["days"]}),
    ]
    values = pd.concat([part.astype(object) for part in long])
    fit = pattern_models.fit_table("m", values, counts, features=FEATURES, min_outcomes=min_outcomes, as_of=AS_OF)
    scores = pattern_models.score_table("m", values, counts, features=FEATURES, min_outcomes=min_outcomes)
    typed(fit, FIT_COLUMNS), typed(scores, SCORE_COLUMNS)
    assert np.isfinite(fit[NUMBERS].astype(float).fillna(0)).all(axis=None)
    assert scores.groupby("evaluation")["metric"].apply(list).to_dict() == {name: list(METRICS) for name in ("future", "out_of_fold")}
    return fit, scores


def published_tables(users: pd.DataFrame, min_outcomes: int = 20) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Fits and evaluates the published regressions, as the models do."""
    frame = pd.DataFrame(
        {
            "is_adopted": users["outcome"].astype(bool),
            "is_late": (users["days"] > 0).astype(bool),
            "organisation": users["organisation"].astype(str),
            "fold": users["day"] % 5,
            "cluster_number": users["organisation"],
        }
    )
    fit = published.fit_table(PUBLISHED, frame, min_outcomes=min_outcomes, seed=1, as_of=AS_OF)
    scores = published.score_table(PUBLISHED, frame, min_outcomes=min_outcomes, holdout_share=0.3, holdout_seed=43, seed=1)
    typed(fit, FIT_COLUMNS), typed(scores, SCORE_COLUMNS)
    assert np.isfinite(fit[["coefficient", "odds_ratio"]].astype(float).fillna(0)).all(axis=None)
    return fit, scores


def verdicts(fit: pd.DataFrame) -> dict[str, Any]:
    """What became of each model."""
    return dict(zip(*(fit.loc[fit["role"] == "intercept", name] for name in ("model", "verdict")), strict=True))


def metric(scores: pd.DataFrame, evaluation: str, name: str = "auc") -> float:
    """One value of a table of scores."""
    return float(scores.set_index(["evaluation", "metric"]).loc[(evaluation, name), "value"])


@pytest.mark.parametrize(
    "users",
    [
        pytest.param(drawn(0, 5), id="no users"),
        pytest.param(drawn(5, 2), id="five users"),
        pytest.param(drawn(500, 40).assign(outcome=True), id="everybody adopted"),
        pytest.param(drawn(500, 40).assign(outcome=False), id="nobody adopted"),
        pytest.param(drawn(500, 40).assign(outcome=np.arange(500) < 19), id="one adopter too few"),
    ],
)
def test_too_few_of_an_outcome_are_not_fitted(users: pd.DataFrame) -> None:
    """One row with the verdict and the counts; all metrics, without a value."""
    fit, scores = tables(users)
    assert fit[["role", "term", "verdict", "users", "events"]].values.tolist() == [
        ["intercept", "(intercept)", "too_few_outcomes", len(users), users["outcome"].sum()]
    ]
    assert fit["coefficient"].isna().all()
    assert scores["value"].isna().all()
    fit, scores = published_tables(users)
    assert verdicts(fit) == {"all": "too_few_outcomes", "one": "too_few_outcomes"}
    assert (len(fit), len(scores)) == (2, 4 * len(METRICS))
    assert scores["value"].isna().all()


def test_just_enough_of_an_outcome_are_fitted() -> None:
    """But not predicted from parts that have fewer."""
    fit, scores = tables(drawn(500, 40).assign(outcome=np.arange(500) % 25 == 0))
    assert verdicts(fit) == {"m": "fitted"}
    assert fit["term"].tolist()[:2] == ["(intercept)", f"source: {fit['level'][1]}"]
    assert scores["value"].isna().all()


def test_one_organisation_is_nobody_to_compare_with() -> None:
    """Errors are the plain ones; nothing can be predicted from other organisations, the future can."""
    fit, scores = tables(drawn(2_000, 1))
    assert verdicts(fit) == {"m": "fitted"}
    assert fit["clusters"].unique().tolist() == [0]
    assert fit.loc[fit["role"] == "effect", "std_error"].notna().all()
    assert np.isnan(metric(scores, "out_of_fold"))
    assert 0.4 < metric(scores, "future") < 0.6


def test_a_constant_feature_has_no_effect() -> None:
    """It is told from the others by its role, and the others are fitted as without it."""
    fit, _ = tables(drawn(2_000, 40).assign(days=1.0))
    assert fit.set_index("term").loc["days", ["role", "coefficient"]].tolist() == ["aliased", 0]
    assert fit["role"].tolist() == ["intercept", "effect", "aliased", "reference"]
    assert verdicts(fit) == {"m": "fitted"}


def test_a_level_that_others_determine_takes_the_reference_with_it() -> None:
    """Source b means no days, so that nobody can say whether one day is compared with none or with two."""
    users = drawn(2_000, 40)
    users["days"] = users["days"].map({0: "none", 1: "one", 2: "two"})
    users["source"] = np.where(users["days"] == "none", "b", "a")
    patterns = users.groupby(["source", "days"]).agg(users=("outcome", "size"), events=("outcome", "sum")).reset_index()
    counts = patterns.assign(pattern_id=patterns.index, cluster_number=np.nan)
    long = [counts.assign(attribute=name, level=counts[name], number=np.nan) for name in ("source", "days")]
    features = [{"name": "source", "type": "categorical"}, {"name": "days", "type": "categorical", "reference_level": "none"}]
    fit = pattern_models.fit_table("m", pd.concat(long), counts, features=features, min_outcomes=20, as_of=AS_OF)
    assert fit[["role", "term", "reference_level"]].values.tolist() == [
        ["intercept", "(intercept)", None],
        ["effect", "source: b", "a"],
        ["effect", "days: one", None],
        ["aliased", "days: two", None],
        ["reference", "source: a", "a"],
        ["reference", "days: none", "none"],
    ]


def test_nothing_but_constants_is_no_model() -> None:
    """The verdict says so."""
    fit, scores = tables(drawn(2_000, 40).assign(days=1.0, source="a"))
    assert verdicts(fit) == {"m": "no_variation"}
    assert fit["coefficient"].isna().all()
    assert metric(scores, "out_of_fold") == pytest.approx(0.5)


def test_a_feature_that_separates_has_a_finite_effect() -> None:
    """With the penalty that gives it, and labelled so; the ranking is perfect."""
    users = drawn(2_000, 40)
    fit, scores = tables(users.assign(source=np.where(users["outcome"], "a", "b")))
    assert verdicts(fit) == {"m": "separated"}
    effect = fit.set_index("attribute").loc["source"].query("role == 'effect'").iloc[0]
    assert effect["is_separated"]
    assert effect["penalty"] == "firth"
    assert 5 < abs(effect["coefficient"]) < 20
    assert metric(scores, "out_of_fold") == pytest.approx(1, abs=1e-3)


def test_a_hundred_thousand_organisations_are_no_hurdle() -> None:
    """One user in each: errors as if there were none, but for the divisors."""
    users = drawn(100_000, 0).assign(organisation=np.arange(100_000))
    fit, scores = tables(users)
    alone, _ = tables(users.assign(organisation=-1))
    assert fit["clusters"].unique().tolist() == [100_000]
    effects = fit["role"] == "effect"
    np.testing.assert_allclose(fit.loc[effects, "std_error"].astype(float), alone.loc[effects, "std_error"].astype(float), rtol=0.02)
    assert 0.48 < metric(scores, "out_of_fold") < 0.52
    fit, scores = published_tables(users.head(20_000))
    assert (fit["model"] == "all").sum() == 20_002
    assert verdicts(fit) == {"all": "fitted", "one": "fitted"}


def test_the_order_of_the_rows_says_nothing() -> None:
    """Patterns and counts in another order give the same tables."""
    users = drawn(3_000, 40)
    shuffled = users.sample(frac=1, random_state=1)
    for one, other in zip(tables(users), tables(shuffled), strict=True):
        numbers = one.select_dtypes("number").columns
        np.testing.assert_allclose(one[numbers].astype(float), other[numbers].astype(float), atol=1e-9)


def test_fits_at_the_same_time_do_not_disturb_each_other() -> None:
    """As dbt runs them: eight fits in four threads give what one after the other gives, bit by bit."""
    users = drawn(2_000, 60)
    (expected, _), many = published_tables(users), [users] * 8
    with ThreadPoolExecutor(4) as pool:
        for fit, _ in pool.map(published_tables, many):
            pd.testing.assert_frame_equal(fit, expected, check_exact=True)


def test_who_has_a_level_that_the_fit_did_not_meet_is_not_evaluated() -> None:
    """The last quarter has a third source: they would have no score, and their number is not among the users."""
    users = drawn(2_000, 40)
    users.loc[1_750:, "source"] = "new"
    _, scores = tables(users)
    counted = scores.set_index(["evaluation", "metric"])["users"]
    assert counted["future", "auc"] == 250
    assert counted["out_of_fold", "auc"] == 2_000
