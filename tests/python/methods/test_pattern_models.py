"""Whatever the counts, a fit gives its tables: with a verdict where there is nothing to fit, never an infinite figure, never a crash."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from scipy.special import expit
from scipy.stats import chi2

from python_models.methods import pattern_models, published
from python_models.methods.evaluation import METRICS
from python_models.methods.logit import Counts
from python_models.methods.pattern_models import CALIBRATION_COLUMNS, FIT_COLUMNS, INTERACTION_COLUMNS, SCORE_COLUMNS
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


def compared(users: pd.DataFrame, simple: list[dict[str, Any]]) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Evaluates the model beside one of some of its features, and each of the two by itself."""
    patterns = users[["source", "days"]].drop_duplicates().reset_index(drop=True)
    place = users.merge(patterns.assign(pattern_id=patterns.index), how="left")["pattern_id"] if len(users) else pd.Series(dtype=int)
    rows = pd.DataFrame(
        {
            "pattern_id": place.to_numpy(),
            "cluster_number": users["organisation"].to_numpy(),
            "fold": users["organisation"].to_numpy() % 5,
            "is_past": (users["day"] < len(users) // 2).to_numpy(),
            "is_future": (users["day"] >= len(users) // 2).to_numpy(),
            "outcome": users["outcome"].to_numpy(),
        }
    )
    counts = rows.groupby(["pattern_id", "cluster_number", "fold", "is_past", "is_future"])["outcome"]
    table = counts.agg(users="size", events="sum").reset_index()
    long = [
        pd.DataFrame({"pattern_id": patterns.index, "attribute": "source", "level": patterns["source"], "number": np.nan}),
        pd.DataFrame({"pattern_id": patterns.index, "attribute": "days", "level": None, "number": patterns["days"]}),
    ]
    values = pd.concat([part.astype(object) for part in long])
    both = pattern_models.comparison_table("m", "s", values, table, features=FEATURES, simple_features=simple, min_outcomes=20)
    typed(both, SCORE_COLUMNS)
    alone = [pattern_models.score_table("m", values, table, features=features, min_outcomes=20) for features in (FEATURES, simple)]
    return both, *alone


@pytest.mark.parametrize(
    "users",
    [
        pytest.param(drawn(0, 5), id="no users"),
        pytest.param(drawn(1, 1), id="one user"),
        pytest.param(drawn(500, 40).assign(outcome=True), id="all leave"),
        pytest.param(drawn(500, 40).assign(outcome=False), id="nobody leaves"),
        pytest.param(drawn(500, 40).assign(outcome=lambda users: users["day"] < 250), id="nobody leaves in the future"),
    ],
)
def test_too_few_of_an_outcome_are_not_compared(users: pd.DataFrame) -> None:
    """All metrics of both, and the gain, without a value, for the evaluations that cannot be made."""
    both, *_ = compared(users, FEATURES[1:])
    assert len(both) == 2 * (2 * len(METRICS) + 1)
    assert both.loc[both["evaluation"] == "future", "value"].isna().all()
    assert both["value"].isna().all() or 0 < users["outcome"].sum() < len(users)


def test_two_models_are_compared_on_the_same_users() -> None:
    """Each has the metrics that it has alone, and the gain is the difference of the areas, with a lower bound above 0 where it is large."""
    users = drawn(4_000, 60, seed=3)
    log_odds = 2.0 * (users["source"] == "a") + 0.5 * users["days"] - 2
    users["outcome"] = np.random.default_rng(4).random(4_000) < expit(log_odds)
    both, *alone = compared(users, FEATURES[1:])
    for model, expected in zip("ms", alone, strict=True):
        rows = both[(both["model"] == model) & (both["metric"] != "auc_gain")].reset_index(drop=True)
        np.testing.assert_allclose(rows[["value", "ci_low", "ci_high"]].astype(float), expected[["value", "ci_low", "ci_high"]], atol=1e-9)
        assert rows[["evaluation", "metric", "users", "events"]].equals(expected[["evaluation", "metric", "users", "events"]])
    gains = both[both["metric"] == "auc_gain"]
    assert gains["model"].tolist() == ["m", "m"]
    for gain in gains.itertuples():
        areas = both[(both["evaluation"] == gain.evaluation) & (both["metric"] == "auc")].set_index("model")["value"]
        assert gain.value == pytest.approx(areas["m"] - areas["s"], abs=1e-12)
        assert 0.05 < gain.ci_low < gain.value < gain.ci_high


def test_a_model_gains_nothing_over_itself() -> None:
    """Users alike to the simple model tie, so that no rounding tells them apart."""
    both, *_ = compared(drawn(2_000, 40), FEATURES)
    gains = both[both["metric"] == "auc_gain"]
    assert gains["value"].tolist() == [0, 0]
    assert gains["ci_low"].isna().all()


def test_who_has_no_prediction_of_one_model_is_left_out_of_both() -> None:
    """A source that the past does not have: the simple model, which knows the days alone, is judged without its users too."""
    users = drawn(2_000, 40)
    users.loc[users["day"] >= 1_900, "source"] = "new"
    both, *_ = compared(users, FEATURES[1:])
    assert both.loc[both["evaluation"] == "future", "users"].unique().tolist() == [900]


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


PROFILE = [{"name": "gender", "type": "categorical", "reference_level": "F"}, {"name": "age", "type": "numeric"}]
PAIR = [["gender", "age"]]


def people(users: int, seed: int = 0) -> pd.DataFrame:
    """Users of three genders and some ages, one in eight unknown; older men perform more often, older women less."""
    rng = np.random.default_rng(seed)
    gender, age = rng.choice(["F", "M", "X"], users, p=[0.5, 0.4, 0.1]), rng.integers(2, 10, users) * 10.0
    log_odds = -1 + 0.03 * (age - 50) * np.where(gender == "M", 1, -1)
    return pd.DataFrame({"gender": gender, "age": np.where(age == 20, np.nan, age), "outcome": rng.random(users) < expit(log_odds)})


def long_and_counted(users: pd.DataFrame, by: dict[str, Any] | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Values and counts of the patterns of people, the latter by what else is given."""
    pattern = users.groupby(["gender", "age"], dropna=False).ngroup()
    patterns = users.assign(pattern_id=pattern).drop_duplicates("pattern_id")
    rows = pd.DataFrame({"pattern_id": pattern, "cluster_number": np.nan, "outcome": users["outcome"]}).assign(**(by or {}))
    keys = [name for name in rows.columns if name != "outcome"]
    counts = rows.groupby(keys, dropna=False)["outcome"].agg(users="size", events="sum").reset_index()
    long = [
        pd.DataFrame({"pattern_id": patterns["pattern_id"], "attribute": "gender", "level": patterns["gender"], "number": None}),
        pd.DataFrame({"pattern_id": patterns["pattern_id"], "attribute": "age", "level": None, "number": patterns["age"]}),
    ]
    return pd.concat([part.astype(object) for part in long]), counts


def fitted(users: pd.DataFrame) -> pd.DataFrame:
    """Terms of gender, age and both together."""
    fit = pattern_models.fit_table("m", *long_and_counted(users), features=PROFILE, interactions=PAIR, min_outcomes=20, as_of=AS_OF)
    typed(fit, FIT_COLUMNS)
    assert np.isfinite(fit[NUMBERS].astype(float).fillna(0)).all(axis=None)
    return fit


def interaction(users: pd.DataFrame, by: dict[str, Any] | None = None) -> dict[str, Any]:
    """The test of gender and age together."""
    table = pattern_models.interaction_table("m", *long_and_counted(users, by), features=PROFILE, interactions=PAIR, min_outcomes=20)
    typed(table, INTERACTION_COLUMNS)
    (row,) = table.to_dict("records")
    return dict(row)


def evaluated(users: pd.DataFrame, by: dict[str, Any], **holdout: Any) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Scores and calibration, which are also what they are one by one."""
    long, counts = long_and_counted(users, by)
    how: dict[str, Any] = {"features": PROFILE, "interactions": PAIR, "min_outcomes": 20}
    scores, calibration = pattern_models.evaluated("m", long, counts, **how, **holdout)
    typed(scores, SCORE_COLUMNS), typed(calibration, CALIBRATION_COLUMNS)
    pd.testing.assert_frame_equal(scores, pattern_models.score_table("m", long, counts, **how, **holdout))
    pd.testing.assert_frame_equal(calibration, pattern_models.calibration_table("m", long, counts, **how))
    return scores, calibration


def by_formula(formula: str, users: pd.DataFrame) -> Any:
    """What statsmodels gives user by user, missing ages filled with the mean and marked."""
    filled = users.assign(
        is_missing=users["age"].isna(), age=users["age"].fillna(users["age"].mean()), outcome=users["outcome"].astype(int)
    )
    return smf.logit(formula, filled).fit(disp=0, tol=1e-14, maxiter=100)


def test_interactions_with_missing_numbers_are_those_of_the_users() -> None:
    """Estimates, likelihoods and the test of the interaction, as statsmodels gives them."""
    users = people(5_000)
    fit, test = fitted(users).set_index("term"), interaction(users)
    expected, without = by_formula("outcome ~ gender * age + is_missing", users), by_formula("outcome ~ gender + age + is_missing", users)
    names = {
        "(intercept)": "Intercept",
        "gender: M": "gender[T.M]",
        "gender: X": "gender[T.X]",
        "age": "age",
        "age: (missing)": "is_missing[T.True]",
        "gender: M x age": "gender[T.M]:age",
        "gender: X x age": "gender[T.X]:age",
    }
    assert fit.index.tolist() == [*names, "gender: F"]
    assert fit.loc["gender: M x age", ["role", "attribute", "level", "reference_level"]].tolist() == ["effect", "gender x age", "M", None]
    for term, name in names.items():
        assert fit.loc[term, "coefficient"] == pytest.approx(expected.params[name], abs=1e-8)
        assert fit.loc[term, "std_error"] == pytest.approx(expected.bse[name], abs=1e-8)
        assert fit.loc[term, "p_value"] == pytest.approx(expected.pvalues[name], abs=1e-8)
    assert fit["log_likelihood"].iloc[0] == pytest.approx(expected.llf, abs=1e-7)
    assert fit["null_log_likelihood"].iloc[0] == pytest.approx(by_formula("outcome ~ 1", users).llf, abs=1e-7)
    statistic = 2 * (expected.llf - without.llf)
    assert test["statistic"] == pytest.approx(statistic, abs=1e-7)
    assert test["p_value"] == pytest.approx(chi2.sf(statistic, 2), rel=1e-6)
    assert [test[name] for name in ("interaction", "degrees_of_freedom", "users", "verdict")] == ["gender x age", 2, 5_000, "tested"]


@pytest.mark.parametrize(
    ("change", "verdict", "fit_verdict"),
    [
        pytest.param({"age": 40.0}, "no_variation", "fitted", id="one age"),
        pytest.param({"age": np.nan}, "no_variation", "fitted", id="no age"),
        pytest.param({"gender": "F"}, "no_variation", "fitted", id="one gender"),
        pytest.param({"gender": "F", "age": 40.0}, "no_variation", "no_variation", id="one of each"),
        pytest.param({"outcome": True}, "too_few_outcomes", "too_few_outcomes", id="all performed"),
        pytest.param({"outcome": False}, "too_few_outcomes", "too_few_outcomes", id="none performed"),
    ],
)
def test_an_interaction_that_cannot_be_tested_says_why(change: dict[str, Any], verdict: str, fit_verdict: str) -> None:
    """One row with a verdict and without figures; the fit has its own."""
    users = people(2_000).assign(**change)
    test = interaction(users)
    assert (test["verdict"], verdicts(fitted(users))) == (verdict, {"m": fit_verdict})
    assert pd.isna([test["statistic"], test["p_value"]]).all()
    scores, _ = evaluated(users, {"fold": np.arange(2_000) % 5})
    assert np.isnan(metric(scores, "out_of_fold")) == (verdict == "too_few_outcomes")


def test_no_users_have_tables_all_the_same() -> None:
    """Typed, with a verdict or without rows."""
    nobody = people(10).head(0)
    assert interaction(nobody)["verdict"] == "too_few_outcomes"
    assert verdicts(fitted(nobody)) == {"m": "too_few_outcomes"}
    scores, calibration = evaluated(nobody, {"fold": [], "is_past": [], "is_future": []}, holdout_share=0.2, holdout_seed=1)
    assert scores["evaluation"].unique().tolist() == ["holdout", "out_of_fold", "future"]
    assert scores["value"].isna().all()
    assert calibration.empty


def test_a_separated_interaction_has_finite_effects_and_no_test() -> None:
    """Nobody of one gender above 50 performs, everybody of it below does."""
    users = people(3_000)
    is_x = users["gender"] == "X"
    users.loc[is_x, "outcome"] = users.loc[is_x, "age"] < 50
    test = interaction(users)
    assert test["verdict"] == "separated"
    assert np.isnan([test["statistic"], test["p_value"]]).all()
    fit = fitted(users).set_index("term")
    assert fit.loc["gender: X x age", "is_separated"]
    assert fit["verdict"].unique().tolist() == ["separated"]


def test_interactions_of_users_in_few_organisations_are_less_sure() -> None:
    """The same statistic, but a p-value that allows for their likeness; of all but one organisation's users there is none."""
    users = people(3_000)
    organisation = np.arange(3_000) % 40
    users["outcome"] = users["outcome"] ^ (organisation < 8)
    alone, together = interaction(users), interaction(users, {"cluster_number": organisation})
    assert together["statistic"] == alone["statistic"]
    assert together["p_value"] != alone["p_value"]
    one = interaction(users, {"cluster_number": np.where(np.arange(3_000) < 10, 1, 0)})
    assert one["verdict"] == "tested"
    assert np.isnan(one["p_value"])


def test_a_holdout_is_stratified_to_the_user() -> None:
    """So many with the outcome and so many without, whatever the order of the rows and by what else they are counted."""
    users = people(4_001)
    events = int(users["outcome"].sum())
    expected = round(0.3 * events) + round(0.3 * (4_001 - events)), round(0.3 * events)
    how: dict[str, Any] = {"holdout_share": 0.3, "holdout_seed": 7}
    scores, calibration = evaluated(users, {}, **how)
    assert scores["evaluation"].unique().tolist() == ["holdout"]
    assert calibration.empty
    assert scores[["users", "events"]].drop_duplicates().values.tolist() == [list(expected)]
    by_fold, _ = evaluated(users, {"fold": np.arange(4_001) % 5}, **how)
    pd.testing.assert_frame_equal(by_fold[by_fold["evaluation"] == "holdout"], scores)
    long, counts = long_and_counted(users)
    shuffled = counts.sample(frac=1, random_state=1), long.sample(frac=1, random_state=2)
    features: dict[str, Any] = {"features": PROFILE, "interactions": PAIR, "min_outcomes": 20}
    pd.testing.assert_frame_equal(pattern_models.score_table("m", shuffled[1], shuffled[0], **features, **how), scores)
    other, _ = evaluated(users, {}, holdout_share=0.3, holdout_seed=8)
    assert metric(other, "holdout") != metric(scores, "holdout")


def test_a_holdout_is_drawn_like_users() -> None:
    """Over many seeds every pattern and cluster gives its share of users, with the spread of draws without replacement."""
    counts = Counts(np.array([0, 0, 1, 2]), np.array([0, 1, -1, -1]), np.array([10, 20, 30, 40]), np.array([1, 10, 9, 0]))
    drawn_events = []
    for seed in range(800):
        rows, ((is_train, is_test),) = pattern_models.holdout_of(counts, 0.25, seed)
        assert (rows.where(is_train).successes.sum(), rows.where(is_test).successes.sum()) == (15, 5)
        assert rows.where(is_test).trials.sum() == 25
        test = rows.where(is_test & (rows.pattern == 0) & (rows.cluster == 1))
        drawn_events.append(int(test.successes.sum()))
    # hypergeometric: 5 of 20, of whom 10 are in this pattern and cluster
    assert np.mean(drawn_events) == pytest.approx(2.5, abs=0.15)
    assert np.var(drawn_events) == pytest.approx(5 * 0.25 * 15 / 19, rel=0.2)


def test_a_holdout_needs_a_seed() -> None:
    """Another draw in each run would be no result."""
    with pytest.raises(ValueError, match="needs a seed"):
        pattern_models.score_table("m", *long_and_counted(people(100)), features=PROFILE, min_outcomes=20, holdout_share=0.2)


def test_users_without_a_number_are_not_evaluated_where_all_others_have_one() -> None:
    """The fit has nothing to say of them."""
    users = people(2_000)
    is_future = users["age"].isna() | (np.arange(2_000) % 4 == 0)
    scores, _ = evaluated(users, {"is_past": ~is_future, "is_future": is_future})
    assert scores["evaluation"].unique().tolist() == ["future"]
    assert scores["users"].unique().tolist() == [int((is_future & users["age"].notna()).sum())]


def test_calibration_bins_are_those_of_the_users() -> None:
    """Every user in one bin, by the rank within the fold of the probability that statsmodels predicts from the other folds."""
    users = people(3_000)
    folds = np.arange(3_000) % 3
    scores, calibration = evaluated(users, {"fold": folds})
    predicted = np.zeros(3_000)
    for fold in range(3):
        train = users[folds != fold]
        rows = users.assign(is_missing=users["age"].isna(), age=users["age"].fillna(train["age"].mean()))
        x = np.column_stack([np.ones(3_000), rows["gender"] == "M", rows["gender"] == "X", rows["age"], rows["is_missing"]]).astype(float)
        x = np.column_stack([x, x[:, 1] * x[:, 3], x[:, 2] * x[:, 3]])
        fit = sm.Logit(train["outcome"].to_numpy(float), x[folds != fold]).fit(disp=0, tol=1e-14, maxiter=100)
        predicted[folds == fold] = fit.predict(x[folds == fold])
    assert calibration["bin"].tolist() == list(range(1, len(calibration) + 1))
    assert 8 <= len(calibration) <= 10
    assert (calibration["users"].sum(), calibration["events"].sum()) == (3_000, users["outcome"].sum())
    assert calibration["users"].between(150, 500).all()
    # the middle of the ranks of equal predictions, as a share of the fold
    shares = pd.Series(predicted.round(12)).groupby(folds).transform(lambda values: (values.rank() - 0.5) / len(values))
    bins = np.unique((shares * 10).astype(int), return_inverse=True)[1]
    for row in calibration.itertuples():
        chosen = np.flatnonzero(bins == row.bin - 1)
        assert row.users == len(chosen)
        assert row.mean_predicted == pytest.approx(predicted[chosen].mean(), abs=1e-9)
        assert row.events == users["outcome"].to_numpy()[chosen].sum()
        assert row.observed_share == row.events / row.users
        assert row.ci_low < row.observed_share < row.ci_high
    mean = np.average(calibration["mean_predicted"], weights=calibration["users"])
    assert mean == pytest.approx(metric(scores, "out_of_fold", "mean_predicted"), abs=1e-12)


def test_one_probability_is_one_bin() -> None:
    """Nothing varies within a fold, and both folds have the same share."""
    users = people(2_000).assign(gender="F", age=40.0, outcome=np.arange(2_000) % 8 < 2)
    _, calibration = evaluated(users, {"fold": np.arange(2_000) // 1_000})
    assert calibration[["bin", "users", "events"]].values.tolist() == [[1, 2_000, 500]]
