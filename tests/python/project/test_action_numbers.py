"""The sample's marts of actions are what statistics packages give user by user, and show what was planted."""

from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from numpy.typing import NDArray
from scipy.special import gammaln
from scipy.stats import (
    chi2,
    chi2_contingency,
    f,
    false_discovery_control,
    fisher_exact,
    multivariate_hypergeom,
    norm,
    t,
    ttest_ind,
)
from statsmodels.stats.proportion import proportion_confint

from sample_data.people import ACTION_TRUTH
from tests.python.people import ACTIONS, AGE_GROUPS, LEVELLED, MISSING, SIZES, worth, worth_of_numbers
from tests.python.warehouse import Warehouse

Array = NDArray[np.float64]

ALPHA = 0.05
# design effects are sums of residuals that were rounded to nine digits
ROUNDED = 1e-6
REFERENCES = {"gender": "Female", "hometown": "TownA", "age_group": "18-25", "mailing_list": "no", "marketing_drip": "no"}


@pytest.fixture(scope="module")
def tests(sample: Warehouse) -> pd.DataFrame:
    """The mart of tests, by action and attribute."""
    return sample.query("select * from marts.action_tests").set_index(["action", "attribute"]).sort_index()


def added_by_organisations(outcome: Array, design: Array, org_id: pd.Series) -> Array:
    """Returns what organisations add to the covariance of a linear regression of independent users."""
    groups = pd.factorize(org_id)[0]
    clusters = groups.max() + 1
    model = sm.OLS(outcome, design)
    clustered = model.fit(cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False}).cov_params()
    return np.asarray(clustered * clusters / (clusters - 1) - model.fit(cov_type="HC0").cov_params())


def design_of_levels(levels: pd.Series, performed: pd.Series, org_id: pd.Series) -> tuple[float, float]:
    """Returns the design effect of a test of levels and its degrees of freedom, from every user's residual.

    Rao and Scott: the mean over degrees of freedom of the variances of (rate of level - rate of all), over those of independent users.
    Residuals of few organisations are too small, by the root of s / (s - 1), s being what the organisations of the level are worth.
    """
    dummies = pd.get_dummies(levels).astype(float)
    sizes, rate = dummies.sum().to_numpy(), performed.mean()
    support = np.array([worth(org_id[levels == level]) for level in dummies])
    residuals = dummies.mul(performed - performed.groupby(levels).transform("mean"), axis=0)
    sums = (residuals * np.sqrt(support / (support - 1))).groupby(org_id).sum().to_numpy()
    added = sums.T @ sums - residuals.to_numpy().T @ residuals.to_numpy()
    less_all = np.eye(len(sizes)) - np.outer(sizes / sizes.sum(), np.ones(len(sizes)))
    excess = np.diag(less_all @ added @ less_all.T) / (sizes * rate * (1 - rate))
    return max(1.0, 1 + excess.sum() / (len(sizes) - 1)), float(support.min() - 1)


def p_value_of(statistic: float, degrees: int, design_degrees: float) -> float:
    """Returns the tail of a statistic that was divided by an estimated design effect: F per degree of freedom."""
    return float(f.sf(statistic / degrees, degrees, design_degrees * degrees))


def exact_p_value(table: pd.DataFrame, effect: float, design_degrees: float) -> float:
    """Returns what random tables of the same margins converge to: all of them by their probability, over chi-square per degree."""
    users, performers = table.sum(axis=1).to_numpy(), table[1].to_numpy()
    some = np.array(list(product(*[range(performers.sum() + 1)] * (len(users) - 1))))
    drawn = np.column_stack([some, performers.sum() - some.sum(axis=1)])
    drawn = drawn[(drawn >= 0).all(axis=1)]
    expected = users * performers.sum() / users.sum()
    distance, observed = ((drawn - expected) ** 2 / users).sum(axis=1), ((performers - expected) ** 2 / users).sum() / effect
    degrees = design_degrees * (len(users) - 1)
    return float(multivariate_hypergeom.pmf(drawn, users, performers.sum()) @ chi2.cdf(distance / observed * degrees, degrees))


def newcombe(counts: Array, quantile: float) -> tuple[float, float, float]:
    """Returns the difference of two shares and its bounds, from Wilson's bounds of both (Newcombe 1998, method 10)."""
    performers, users, other_performers, other_users = counts
    alpha = 2 * norm.sf(quantile)
    share, other = performers / users, other_performers / other_users
    low, high = proportion_confint(performers, users, alpha=alpha, method="wilson")
    other_low, other_high = proportion_confint(other_performers, other_users, alpha=alpha, method="wilson")
    difference = share - other
    return difference, difference - np.hypot(share - low, other_high - other), difference + np.hypot(high - share, other - other_low)


def agreed(low: float, high: float, is_rejected: bool) -> tuple[float, float, str]:
    """Returns an interval and the verdict: without a rejection the interval is made to reach 0, with one it has to exclude it."""
    if not is_rejected:
        low, high = min(low, 0.0), max(high, 0.0)
    return low, high, "different" if is_rejected and not low <= 0 <= high else "no_evidence"


def test_rates_count_the_raw_rows(sample: Warehouse, people: pd.DataFrame) -> None:
    """Users and performers of every level, missing ones and all, with no level that is not there."""
    rows = sample.rows("select action, attribute, level, users, performers, action_rate, clusters from marts.action_rates")
    everybody = people.assign(**{"(all)": "(all)"})
    expected = {
        (action, attribute, level): (len(some), some[action].sum(), pytest.approx(some[action].mean()), some["org_id"].nunique())
        for action in ACTIONS
        for attribute in ("(all)", *LEVELLED)
        for level, some in everybody.groupby(attribute)
    }
    assert {row[:3]: row[3:] for row in rows} == expected
    in_order = sample.rows("select attribute, level from marts.action_rates where action = 'post' order by attribute, level_order")
    for attribute, levels in (("age_group", [*AGE_GROUPS, MISSING]), ("organisation_size", [*SIZES])):
        assert [level for of_attribute, level in in_order if of_attribute == attribute] == levels
    assert (people["gender"] == MISSING).sum() == 31


def test_rates_have_wilson_intervals_of_the_effective_size(sample: Warehouse) -> None:
    """Statsmodels gives the same bounds for the independent users that a level is worth."""
    rates = sample.query("select * from marts.action_rates")
    low, high = proportion_confint(rates["action_rate"] * rates["effective_users"], rates["effective_users"], method="wilson")
    np.testing.assert_allclose(rates["ci_low"], low, atol=1e-9)
    np.testing.assert_allclose(rates["ci_high"], high, atol=1e-9)


@pytest.mark.parametrize("attribute", ["(all)", *LEVELLED])
def test_effective_users_follow_from_the_residuals_of_each_organisation(sample: Warehouse, people: pd.DataFrame, attribute: str) -> None:
    """Rao and Scott's correlation from every user's residual, pooled over the levels, Kish's effect per level, and scipy's t."""
    rates = sample.query(f"select * from marts.action_rates where attribute = '{attribute}'").set_index(["action", "level"])
    groups = [(level, some) for level, some in people.assign(**{"(all)": "(all)"}).groupby(attribute)]
    for action in ACTIONS:
        between = within = 0.0
        for _, some in groups:
            residuals = (some[action] - some[action].mean()).groupby(some["org_id"])
            count, variance = residuals.ngroups, some[action].mean() * (1 - some[action].mean())
            between += count / (count - 1) * float((residuals.sum() ** 2).sum()) - len(some) * variance
            within += float((residuals.size() ** 2).sum() - len(some)) * variance
        for level, some in groups:
            own_degrees = worth(some["org_id"]) - 1
            inflation = (t.ppf(0.975, own_degrees) / norm.ppf(0.975)) ** 2
            # in SQL the quantile of t is an expansion in the inverse of its degrees of freedom, up to the third power
            close = ROUNDED + 1.7 / own_degrees**4
            effect = 1 + max(0.0, between / within) * (len(some) / worth(some["org_id"]) - 1)
            assert rates.loc[(action, level), "design_effect"] == pytest.approx(effect, abs=ROUNDED)
            assert rates.loc[(action, level), "effective_users"] == pytest.approx(len(some) / effect / inflation, rel=close)


@pytest.mark.parametrize("attribute", LEVELLED)
def test_tests_of_levels_are_those_of_scipy(people: pd.DataFrame, tests: pd.DataFrame, attribute: str) -> None:
    """Of users whose level is known: chi-square, Fisher or all tables, as the expected counts allow, over the design effect."""
    known = people[people[attribute] != MISSING]
    for action in ACTIONS:
        found = tests.loc[(action, attribute)]
        effect, design_degrees = design_of_levels(known[attribute], known[action], known["org_id"])
        table = pd.crosstab(known[attribute], known[action])
        pearson, degrees = chi2_contingency(table, correction=False)[0], len(table) - 1
        expected = chi2_contingency(table).expected_freq.min()
        if expected >= 5:
            test = "chi_square_yates" if degrees == 1 else "chi_square"
            statistic = chi2_contingency(table).statistic / effect
            p_value = pytest.approx(p_value_of(statistic, degrees, design_degrees), rel=1e-5)
        elif degrees == 1:
            order = [found["level"], found["reference_level"]]
            test, (statistic, exact) = "fisher_exact", fisher_exact(table.loc[order, [1, 0]])
            p_value = pytest.approx(p_value_of(chi2.isf(exact, 1) / effect, 1, design_degrees), rel=1e-5)
        else:
            test, statistic = "monte_carlo", pearson / effect
            exact = exact_p_value(table, effect, design_degrees)
            p_value = pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 9_999))
        assert found["test"] == test
        assert found["reason"].startswith(f"smallest expected count {np.floor(expected * 10) / 10}")
        assert ("design effect" in found["reason"]) == (effect > 1.005)
        assert found["design_effect"] == pytest.approx(effect, abs=ROUNDED)
        assert found["statistic"] == pytest.approx(statistic, rel=ROUNDED)
        assert found["p_value"] == p_value
        assert found["cramers_v"] == pytest.approx(bias_corrected_v(pearson / len(known), len(known) / effect, len(table)))
        assert found["pearson_statistic"] == pytest.approx(pearson)
        counts = [found[name] for name in ("users", "performers", "missing_users", "levels")]
        assert counts == [len(known), known[action].sum(), len(people) - len(known), len(table)]
        assert found["design_degrees"] == pytest.approx(design_degrees, rel=ROUNDED)
        assert found["degrees_of_freedom"] == degrees or not test.startswith("chi")


def bias_corrected_v(phi_squared: float, users: float, levels: int) -> float:
    """Returns Cramer's V of a table with two columns (Bergsma 2013)."""
    rows, columns = (size - (size - 1) ** 2 / (users - 1) for size in (levels, 2))
    return float(np.sqrt(max(0.0, phi_squared - (levels - 1) / (users - 1)) / min(rows - 1, columns - 1)))


def test_families_of_tests_have_one_false_discovery_rate(people: pd.DataFrame, tests: pd.DataFrame) -> None:
    """All attributes of an action together: q-values, the level of the intervals, Newcombe's and Welch's bounds, verdicts."""
    intervals = 0
    for action, family in tests.groupby(level="action"):
        assert set(family.index.get_level_values("attribute")) == {*LEVELLED, "age"}
        q_value = false_discovery_control(family["p_value"])
        np.testing.assert_allclose(family["q_value"], q_value, rtol=1e-12)
        left = max((q_value <= ALPHA).sum(), 1) * ALPHA / len(family)
        for (_, attribute), found in family.iterrows():
            is_rejected = found["q_value"] <= ALPHA
            if attribute != "age" and people.loc[people[attribute] != MISSING, attribute].nunique() > 2:
                assert (found["effect_size_name"], found["effect_size"]) == ("cramers_v", found["cramers_v"])
                assert found[["effect_ci_low", "effect_ci_high", "ci_level"]].isna().all()
                assert found["verdict"] == ("different" if is_rejected else "no_evidence")
                continue
            effect, low, high = age_difference(people, action, left) if attribute == "age" else risks(people, action, attribute, left)
            low, high, verdict = agreed(low, high, is_rejected)
            assert found["effect_size_name"] == ("hedges_g" if attribute == "age" else "risk_difference")
            np.testing.assert_allclose(
                found[["effect_size", "effect_ci_low", "effect_ci_high"]].astype(float), [effect, low, high], atol=1e-7
            )
            assert found["ci_level"] == pytest.approx(1 - left)
            assert found["verdict"] == verdict
            intervals += 1
    assert intervals == 4 * len(ACTIONS)


def risks(people: pd.DataFrame, action: str, attribute: str, alpha: float) -> tuple[float, float, float]:
    """Returns the difference of the rates of the two known levels, less that of the reference, and its bounds."""
    known = people[people[attribute] != MISSING]
    effect, design_degrees = design_of_levels(known[attribute], known[action], known["org_id"])
    is_reference = known[attribute] == REFERENCES[attribute]
    sides = [known.loc[side, action] for side in (~is_reference, is_reference)]
    counts = np.array([count for side in sides for count in (side.sum(), len(side))])
    return newcombe(counts / effect, t.isf(alpha / 2, design_degrees))


def design_of_means(people: pd.DataFrame, action: str) -> tuple[float, float]:
    """Returns the design effect of the difference of two mean ages, and its degrees of freedom, from the sandwich of its regression."""
    known = people.dropna(subset="age")
    is_performer = known[action] == 1
    welch = sum(ages.var() / len(ages) for _, ages in known["age"].groupby(is_performer))
    added = added_by_organisations(known["age"].to_numpy(), sm.add_constant(known[action].to_numpy(float)), known["org_id"])
    support = [worth(known.loc[side, "org_id"]) for side in (is_performer, ~is_performer)]
    return max(1.0, 1 + added[1, 1] / welch), min(*support, worth_of_numbers(known["age"], known["org_id"])) - 1


def age_difference(people: pd.DataFrame, action: str, alpha: float) -> tuple[float, float, float]:
    """Returns Hedges's g of the ages of performers and others, and Welch's interval on its scale."""
    ages = people.dropna(subset="age")
    performers, others = (ages.loc[ages[action] == value, "age"] for value in (1, 0))
    effect, design_degrees = design_of_means(people, action)
    welch = ttest_ind(performers, others, equal_var=False)
    difference, within = performers.mean() - others.mean(), len(ages) - 2
    reach = t.isf(alpha / 2, min(welch.df, design_degrees)) * abs(difference / welch.statistic) * np.sqrt(effect)
    pooled = np.sqrt(((len(performers) - 1) * performers.var() + (len(others) - 1) * others.var()) / within)
    scale = np.exp(gammaln(within / 2) - gammaln((within - 1) / 2)) / np.sqrt(within / 2) / pooled
    return difference * scale, (difference - reach) * scale, (difference + reach) * scale


@pytest.mark.parametrize("action", ACTIONS)
def test_tests_of_ages_are_those_of_scipy(people: pd.DataFrame, tests: pd.DataFrame, action: str) -> None:
    """Welch's t on the ages that are known, over the root of the design effect."""
    found, known = tests.loc[(action, "age")], people.dropna(subset="age")
    ages = [known.loc[known[action] == value, "age"] for value in (1, 0)]
    effect, design_degrees = design_of_means(people, action)
    welch = ttest_ind(*ages, equal_var=False)
    degrees, statistic = min(welch.df, design_degrees), welch.statistic / np.sqrt(effect)
    assert found["test"] == "welch_t"
    numbers = ["design_effect", "statistic", "degrees_of_freedom", "p_value", "performers_mean", "others_mean"]
    expected = [effect, statistic, degrees, 2 * t.sf(abs(statistic), degrees), ages[0].mean(), ages[1].mean()]
    np.testing.assert_allclose(found[numbers].astype(float), expected, rtol=1e-5)
    assert found[["users", "performers", "missing_users"]].tolist() == [len(known), known[action].sum(), people["age"].isna().sum()]


def test_pairs_are_those_of_two_levels_each(sample: Warehouse, people: pd.DataFrame, tests: pd.DataFrame) -> None:
    """Of every attribute found different all pairs, by scipy, at what the selection of the attribute left of the level."""
    pairs = sample.query("select * from marts.action_pairs")
    is_found = (tests["verdict"] == "different") & (tests["type"] != "numeric")
    assert set(zip(pairs["action"], pairs["attribute"], strict=True)) == set(tests.index[is_found])
    for (action, attribute), family in pairs.groupby(["action", "attribute"]):
        known = people[people[attribute] != MISSING]
        effect, design_degrees = design_of_levels(known[attribute], known[action], known["org_id"])
        q_values = tests.loc[action, "q_value"]
        alpha = (q_values <= ALPHA).sum() * ALPHA / len(q_values)
        counts = known.groupby(attribute)[action].agg(["sum", "size"])
        assert list(zip(family["level"], family["other_level"], strict=True)) == list(combinations(counts.index, 2))
        tables = [counts.loc[[row.level, row.other_level]].to_numpy() for row in family.itertuples()]
        p_value = [
            p_value_of(chi2_contingency(np.c_[pair[:, 0], pair[:, 1] - pair[:, 0]])[0] / effect, 1, design_degrees) for pair in tables
        ]
        q_value = false_discovery_control(p_value)
        left = max((q_value <= alpha).sum(), 1) * alpha / len(q_value)
        for found, pair, p, q in zip(family.itertuples(), tables, p_value, q_value, strict=True):
            difference, low, high = newcombe((pair / effect).ravel(), t.isf(left / 2, design_degrees))
            low, high, verdict = agreed(low, high, q <= alpha)
            assert (found.performers, found.users, found.other_performers, found.other_users) == tuple(pair.ravel())
            assert (found.test, found.verdict) == ("chi_square_yates", verdict)
            numbers = (found.difference, found.ci_low, found.ci_high, found.ci_level, found.design_effect)
            assert numbers == pytest.approx((difference, low, high, 1 - left, effect), abs=1e-7)
            assert (found.p_value, found.q_value) == pytest.approx((p, q), rel=1e-5)


def test_nothing_is_found_where_nothing_was_planted(tests: pd.DataFrame) -> None:
    """No attribute of invite or purchase; of the others only those that the generator reads."""
    found = tests[tests["verdict"] == "different"]
    planted = {"export": {"hometown"}, "post": {"gender", "age", "age_group"}, "share": {"gender", "age", "age_group"}}
    assert {str(action): set(rows.index.get_level_values("attribute")) for action, rows in found.groupby(level="action")} == planted
    assert (tests.loc[["invite", "purchase"], "verdict"] == "no_evidence").all()


def test_a_rare_action_is_tested_exactly(sample: Warehouse, tests: pd.DataFrame) -> None:
    """With the reason said; its regressions are penalised, and nothing is predicted."""
    purchase = tests.loc["purchase"]
    for test, reason, attributes in (
        ("fisher_exact", "two groups: Fisher's exact test", {"marketing_drip"}),
        ("monte_carlo", "random tables", {"age_group", "hometown", "creation_source", "organisation_size", "adoption_status"}),
    ):
        rows = purchase[purchase["test"] == test]
        assert set(rows.index) == attributes
        assert rows["reason"].str.contains(r"^smallest expected count [0-4]\.").all()
        assert rows["reason"].str.contains(reason).all()
    assert sample.rows("select distinct verdict, penalty, events from marts.model_runs where target = 'purchase'") == [
        ("separated", "firth", 20)
    ]
    # a clustered error says nothing of a level that nobody has performed it in; the profile interval does
    assert sample.rows(
        """
        select count(marginal_effect) > 3, count(marginal_effect_ci_low), count(ci_high) > 0
        from marts.action_coefficients where action = 'purchase' and is_separated
        """
    ) == [(True, 0, True)]
    assert sample.rows("select distinct verdict from marts.action_model_scores where action = 'purchase'") == [("too_few_outcomes",)]
    assert sample.rows("select * from marts.action_calibration where action = 'purchase'") == []


def test_the_planted_hometown_exports_more(sample: Warehouse) -> None:
    """TownC against both others, in pairs and in log odds, and no difference between those."""
    pairs = sample.rows("select level, other_level, verdict, ci_high < 0 from marts.action_pairs where action = 'export'")
    assert pairs == [
        ("TownA", "TownB", "no_evidence", False),
        ("TownA", "TownC", "different", True),
        ("TownB", "TownC", "different", True),
    ]
    terms = sample.query("select * from marts.action_coefficients where action = 'export' and model = 'main_effects'").set_index("term")
    for town in ("TownB", "TownC"):
        found = terms.loc[f"hometown: {town}"]
        assert abs(found["coefficient"] - ACTION_TRUTH.export_hometown[town]) < 3.3 * found["std_error"]
    assert terms.loc["hometown: TownC", "q_value"] < ALPHA < terms.loc["hometown: TownB", "q_value"]
