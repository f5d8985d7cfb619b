"""The sample's marts of actions are what statistics packages give user by user, and show what was planted."""

from datetime import date, datetime
from itertools import combinations, product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from numpy.typing import NDArray
from scipy.special import expit, gammaln
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
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from statsmodels.stats.outliers_influence import variance_inflation_factor
from statsmodels.stats.proportion import proportion_confint
from statsmodels.tools.numdiff import approx_fprime

from sample_data.people import ACTION_TRUTH
from tests.python.warehouse import Warehouse

Array = NDArray[np.float64]

AS_OF = date(2025, 12, 31)
ALPHA = 0.05
CLOSE = 1e-8
# design effects are sums of residuals that were rounded to nine digits
ROUNDED = 1e-6
MISSING = "(missing)"
ACTIONS = ("export", "invite", "post", "purchase", "share")
LEVELLED = ("gender", "age_group", "hometown", "creation_source", "mailing_list", "marketing_drip", "organisation_size", "adoption_status")
AGE_GROUPS = ("18-25", "26-35", "36-45", "46-60")
SIZES = ("1-10", "11-25", "26-50", "51-100", "101 or more")
REFERENCES = {"gender": "Female", "hometown": "TownA", "age_group": "18-25", "mailing_list": "no", "marketing_drip": "no"}
MODELS = ("main_effects", "gender_by_age")
# only so many users performed purchase that nothing is fitted without a penalty
FITTED = tuple(product([action for action in ACTIONS if action != "purchase"], MODELS))


def raw_rows(path: Path) -> pd.DataFrame:
    """Returns the rows of a raw table that have as many fields as the header and no open quote, all as text."""
    header, *rows = [line.split(",") for line in path.read_text().splitlines()]
    return pd.DataFrame([row for row in rows if len(row) == len(header) and '"' not in "".join(row)], columns=header)


def is_time(text: str) -> bool:
    """Tells whether a raw time can be read."""
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


@pytest.fixture(scope="module")
def people(sample: Warehouse) -> pd.DataFrame:
    """One row per account, by user_id: attributes as levels, age, org_id, fold, and 1 or 0 for each action; from the raw lines.

    Only the adoption status and the fold come from the warehouse: facts of accounts that have oracles of their own.
    """
    accounts = raw_rows(sample.raw / "users.csv")
    accounts = accounts[accounts["object_id"].str.isdigit() & accounts["creation_time"].map(is_time)]
    accounts = accounts.sort_values("creation_time", kind="stable").drop_duplicates("object_id")
    accounts = accounts.set_index(accounts["object_id"].astype(int).rename("user_id")).sort_index()

    profiles = raw_rows(sample.raw / "user_profiles.csv")
    ages = pd.to_numeric(profiles["age"].replace("", None), errors="coerce")
    profiles = profiles.assign(years=ages)[(profiles["age"] == "") | ages.between(0, 120)].drop_duplicates()
    profiles = profiles[~profiles["user_id"].duplicated(keep=False)]
    profiles = profiles.set_index(profiles["user_id"].astype(int)).reindex(accounts.index)

    facts = sample.query(
        "select user_id, adoption_status, fold from marts.user_adoption inner join intermediate.int_users_described using (user_id)"
    ).set_index("user_id")
    opened = accounts.groupby("org_id")["creation_time"].rank(method="max")
    table = pd.DataFrame(
        {
            "gender": profiles["gender"],
            "age_group": pd.cut(profiles["years"], [17, 25, 35, 45, 60], labels=AGE_GROUPS).astype(object),
            "hometown": profiles["hometown"],
            "creation_source": accounts["creation_source"],
            "mailing_list": accounts["opted_in_to_mailing_list"].map({"1": "yes", "0": "no"}),
            "marketing_drip": accounts["enabled_for_marketing_drip"].map({"1": "yes", "0": "no"}),
            "organisation_size": pd.cut(opened, [0, 10, 25, 50, 100, np.inf], labels=SIZES).astype(object),
            "adoption_status": facts["adoption_status"].reindex(accounts.index),
        }
    )
    table = table.replace("", None).fillna(MISSING)
    actions = raw_rows(sample.raw / "user_actions.csv")
    actions = actions[actions["occurred_at"].map(is_time) & (actions["occurred_at"].str[:10] <= AS_OF.isoformat())]
    performed = {
        action: table.index.astype(str).isin(actions.loc[actions["action"] == action, "user_id"]).astype(int) for action in ACTIONS
    }
    assert table.shape == (3_000, len(LEVELLED))
    assert (accounts["org_id"] != "").all()
    return table.assign(**performed, age=profiles["years"], org_id=accounts["org_id"].astype(int), fold=facts["fold"].reindex(table.index))


@pytest.fixture(scope="module")
def tests(sample: Warehouse) -> pd.DataFrame:
    """The mart of tests, by action and attribute."""
    return sample.query("select * from marts.action_tests").set_index(["action", "attribute"]).sort_index()


def worth(org_id: pd.Series) -> float:
    """Returns how many organisations of equal size tell as much as those of some users: squared sum of sizes over the sum of squares."""
    sizes = org_id.value_counts()
    return float(sizes.sum() ** 2 / (sizes**2).sum())


def added_by_organisations(outcome: Array, design: Array, org_id: pd.Series) -> tuple[Array, Array]:
    """Returns what organisations add to the covariance of a linear regression of independent users, and its covariance with them."""
    groups = pd.factorize(org_id)[0]
    clusters = groups.max() + 1
    model = sm.OLS(outcome, design)
    clustered = model.fit(cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False}).cov_params()
    return clustered * clusters / (clusters - 1) - model.fit(cov_type="HC0").cov_params(), clustered


def design_of_levels(levels: pd.Series, performed: pd.Series, org_id: pd.Series) -> tuple[float, float]:
    """Returns the design effect of a test of levels and its degrees of freedom, from the sandwich of the rates of all levels.

    Rao and Scott: the mean over degrees of freedom of the variances of (rate of level - rate of all), over those of independent users.
    """
    dummies = pd.get_dummies(levels).to_numpy(float)
    sizes, rate = dummies.sum(axis=0), performed.mean()
    added, clustered = added_by_organisations(performed.to_numpy(float), dummies, org_id)
    less_all = np.eye(len(sizes)) - sizes / sizes.sum()
    scale = sizes / (rate * (1 - rate))
    excess = scale * np.diag(less_all @ added @ less_all.T)
    parts = scale * np.diag(less_all @ clustered @ less_all.T)
    support = np.array([worth(org_id[levels == level]) for level in sorted(levels.unique())])
    degrees = parts.sum() ** 2 / (len(sizes) * (parts**2 / np.maximum(support - 1, 0.01)).sum())
    return max(1.0, 1 + excess.sum() / (len(sizes) - 1)), float(degrees)


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
        clusters = 0
        for _, some in groups:
            residuals = (some[action] - some[action].mean()).groupby(some["org_id"])
            count, variance = residuals.ngroups, some[action].mean() * (1 - some[action].mean())
            between += count / (count - 1) * float((residuals.sum() ** 2).sum()) - len(some) * variance
            within += float((residuals.size() ** 2).sum() - len(some)) * variance
            clusters += count
        inflation = (t.ppf(0.975, clusters - len(groups)) / norm.ppf(0.975)) ** 2
        for level, some in groups:
            effect = 1 + max(0.0, between / within) * (len(some) / worth(some["org_id"]) - 1)
            assert rates.loc[(action, level), "design_effect"] == pytest.approx(effect, abs=ROUNDED)
            assert rates.loc[(action, level), "effective_users"] == pytest.approx(len(some) / effect / inflation, rel=ROUNDED)


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
            test, (statistic, exact) = "fisher_exact", fisher_exact(table[[1, 0]])
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
        assert found["cramers_v"] == pytest.approx(bias_corrected_v(pearson / len(known), len(known), len(table)))
        assert found["pearson_statistic"] == pytest.approx(pearson)
        counts = [found[name] for name in ("users", "performers", "missing_users", "levels", "degrees_of_freedom")]
        assert counts == [len(known), known[action].sum(), len(people) - len(known), len(table), degrees]


def bias_corrected_v(phi_squared: float, users: int, levels: int) -> float:
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
    added, _ = added_by_organisations(known["age"].to_numpy(), sm.add_constant(known[action].to_numpy(float)), known["org_id"])
    return max(1.0, 1 + added[1, 1] / welch), min(worth(known.loc[side, "org_id"]) for side in (is_performer, ~is_performer)) - 1


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


def terms_of(sample: Warehouse, action: str, model: str) -> pd.DataFrame:
    """Returns the rows of one regression, in the order of the mart."""
    return sample.query(f"select * from marts.action_coefficients where action = '{action}' and model = '{model}'")


def model_matrix(people: pd.DataFrame, terms: pd.DataFrame, mean_age: float, older_by: float = 0.0) -> Array:
    """Returns users x terms: levels, missing ones among them; ages, the mean where they are missing; products of level and age."""
    ages = people["age"].fillna(mean_age).to_numpy(float) + older_by
    columns = []
    for row in terms.itertuples():
        if row.term == "(intercept)":
            columns.append(np.ones(len(people)))
        elif row.attribute == "age":
            columns.append(people["age"].isna().to_numpy(float) if row.level == MISSING else ages)
        elif row.attribute == "gender x age":
            columns.append((people["gender"] == row.level).to_numpy(float) * ages)
        else:
            columns.append((people[row.attribute] == row.level).to_numpy(float))
    return np.column_stack(columns)


def fitted(outcomes: pd.Series, matrix: Array, **options: Any) -> Any:
    """Returns statsmodels' maximum of the likelihood of rows."""
    return sm.Logit(outcomes.to_numpy(), matrix).fit(disp=0, tol=1e-14, maxiter=100, **options)


def clustered_fit(people: pd.DataFrame, terms: pd.DataFrame, action: str) -> Any:
    """Returns the fit to all users, errors clustered by organisation."""
    matrix = model_matrix(people, terms, people["age"].mean())
    return fitted(people[action], matrix, cov_type="cluster", cov_kwds={"groups": people["org_id"].to_numpy()})


def support_of(people: pd.DataFrame, terms: pd.DataFrame) -> Array:
    """Returns organisations of equal size that would tell as much of each term: of a level on the side where there are fewer."""
    found = []
    for row, column in zip(terms.itertuples(), model_matrix(people, terms, 1.0).T, strict=True):
        is_number = row.term == "(intercept)" or (row.attribute == "age" and row.level != MISSING)
        sides = [np.ones(len(people), dtype=bool)] if is_number else [column != 0, column == 0]
        found.append(min(worth(people.loc[side, "org_id"]) for side in sides))
    return np.array(found)


def rao_scott_p_value(statistic: float, plain: Array, clustered: Array, support: float) -> float:
    """Returns the tail of a likelihood ratio with the second-order correction, from the covariances of the terms that it tests."""
    values = np.linalg.eigvals(np.linalg.inv(plain) @ clustered).real
    degrees = values.sum() ** 2 / (values**2).sum()
    return float(f.sf(statistic / values.sum(), degrees, degrees * (support - 1)))


@pytest.mark.parametrize(("action", "model"), FITTED)
def test_regressions_are_those_of_the_rows(sample: Warehouse, people: pd.DataFrame, action: str, model: str) -> None:
    """Estimates, clustered errors, intervals, q-values, inflation factors and likelihoods are those of statsmodels' Logit."""
    terms = terms_of(sample, action, model)
    result = clustered_fit(people, terms, action)
    attributes = ["gender"] + (["hometown", "age_group"] if model == "main_effects" else [])
    ages = people["age"].fillna(people["age"].mean())
    levels = pd.get_dummies(people[attributes]).assign(age=ages, no_age=people["age"].isna(), one=1)
    if model == "gender_by_age":
        levels = levels.assign(male=levels["gender_Male"] * ages, missing=levels["gender_(missing)"] * ages)
    assert np.linalg.matrix_rank(levels.to_numpy(float)) == len(terms)  # nothing that could be estimated is left out

    support = support_of(people, terms)
    assert (terms["users"] == len(people)).all()
    assert (terms["events"] == people[action].sum()).all()
    np.testing.assert_allclose(terms["support"], support, atol=CLOSE)
    np.testing.assert_allclose(terms["coefficient"], result.params, atol=CLOSE)
    np.testing.assert_allclose(terms["std_error"], result.bse, atol=CLOSE)
    np.testing.assert_allclose(terms["z_value"], result.tvalues, atol=1e-6)
    reach = t.ppf(0.975, support - 1) * result.bse
    np.testing.assert_allclose(np.log(terms["odds_ratio"]), result.params, atol=CLOSE)
    np.testing.assert_allclose(np.log(terms["ci_low"]), result.params - reach, atol=CLOSE)
    np.testing.assert_allclose(np.log(terms["ci_high"]), result.params + reach, atol=CLOSE)
    p_values = 2 * t.sf(np.abs(result.tvalues), support - 1)
    np.testing.assert_allclose(terms["p_value"], p_values, atol=CLOSE)
    np.testing.assert_allclose(terms["q_value"][1:], false_discovery_control(p_values[1:]), atol=CLOSE)
    inflation = [variance_inflation_factor(result.model.exog, place) for place in range(1, len(terms))]
    np.testing.assert_allclose(terms["vif"][1:], inflation, rtol=1e-6)

    [run] = sample.query(f"select * from marts.model_runs where target = '{action}' and model = '{model}'").to_dict("records")
    share = people[action].mean()
    null = len(people) * (share * np.log(share) + (1 - share) * np.log(1 - share))
    likelihoods = (run["log_likelihood"], run["null_log_likelihood"], run["pseudo_r_squared"])
    assert likelihoods == pytest.approx((result.llf, null, 1 - result.llf / null), abs=CLOSE)
    plain = fitted(people[action], result.model.exog).cov_params()
    joint = rao_scott_p_value(2 * (result.llf - null), plain[1:, 1:], result.cov_params()[1:, 1:], support[0])
    assert run["joint_p_value"] == pytest.approx(joint, rel=1e-6)
    assert (run["rows"], run["events"], run["clusters"], run["verdict"]) == (3_000, people[action].sum(), 100, "fitted")


@pytest.mark.parametrize(("action", "model"), FITTED)
def test_marginal_effects_are_those_of_changed_rows(sample: Warehouse, people: pd.DataFrame, action: str, model: str) -> None:
    """Everybody at the level against everybody at the reference, or a little older against a little younger; delta-method intervals."""
    terms = terms_of(sample, action, model)
    result = clustered_fit(people, terms, action)
    quantiles = t.ppf(0.975, support_of(people, terms) - 1)
    mean_age, step = people["age"].mean(), 1e-3
    assert terms.loc[terms["term"].isin(["(intercept)", "gender: Male x age"]), "marginal_effect"].isna().all()
    for place, row in zip(terms.index, terms.itertuples(), strict=True):
        if np.isnan(row.marginal_effect):
            continue
        if row.attribute != "age":
            sides = [people.assign(**{row.attribute: level}) for level in (row.level, REFERENCES[row.attribute])]
            matrices, unit = [model_matrix(side, terms, mean_age) for side in sides], 1.0
        elif row.level == MISSING:
            matrices, unit = [model_matrix(people, terms, mean_age) for _ in range(2)], 1.0
            matrices[0][:, place], matrices[1][:, place] = 1, 0
        else:
            matrices, unit = [model_matrix(people, terms, mean_age, older_by=years) for years in (step, -step)], 2 * step

        def effect(params: Array, matrices: list[Array] = matrices, unit: float = unit) -> float:
            return float((expit(matrices[0] @ params) - expit(matrices[1] @ params)).mean() / unit)

        gradient = approx_fprime(result.params, effect, centered=True)
        reach = quantiles[place] * np.sqrt(gradient @ result.cov_params() @ gradient)
        assert row.marginal_effect == pytest.approx(effect(result.params), abs=CLOSE)
        bounds = (row.marginal_effect_ci_low, row.marginal_effect_ci_high)
        assert bounds == pytest.approx((row.marginal_effect - reach, row.marginal_effect + reach), abs=1e-7)


@pytest.mark.parametrize("action", [action for action in ACTIONS if action != "purchase"])
def test_interactions_are_likelihood_ratios(sample: Warehouse, people: pd.DataFrame, action: str) -> None:
    """Of two fits to the rows; one term, so the correction is the ratio of its two variances."""
    terms = terms_of(sample, action, "gender_by_age")
    result, without = clustered_fit(people, terms, action), clustered_fit(people, terms.iloc[:-1], action)
    statistic = 2 * (result.llf - without.llf)
    plain = fitted(people[action], result.model.exog).cov_params()
    support = min(support_of(people, terms)[[0, -1]])
    p_value = rao_scott_p_value(statistic, plain[-1:, -1:], result.cov_params()[-1:, -1:], support)
    [found] = sample.rows(
        "select interaction, verdict, statistic, degrees_of_freedom, p_value, q_value, users, events from marts.action_interactions"
        f" where action = '{action}'"
    )
    assert found[:2] == ("gender x age", "tested")
    assert found[2:4] == pytest.approx((statistic, 1), abs=CLOSE)
    assert found[4:6] == pytest.approx((p_value, p_value), rel=1e-6)
    assert found[6:] == (3_000, people[action].sum())


def test_as_many_are_predicted_as_performed(sample: Warehouse, people: pd.DataFrame) -> None:
    """By the coefficients of every regression, also of the penalised ones of a rare action."""
    for action, model in product(ACTIONS, MODELS):
        terms = terms_of(sample, action, model)
        log_odds = model_matrix(people, terms, people["age"].mean()) @ terms["coefficient"].to_numpy()
        assert expit(log_odds).sum() == pytest.approx(people[action].sum(), abs=1e-6)


@pytest.mark.parametrize(("action", "model"), FITTED)
def test_unseen_users_are_predicted_from_the_other_folds(sample: Warehouse, people: pd.DataFrame, action: str, model: str) -> None:
    """Scikit-learn without penalty, fold by fold: area under the curve by pairs, Brier score and its gain, every calibration bin."""
    terms, folds = terms_of(sample, action, model), people["fold"].to_numpy()
    outcomes, predicted, baseline = people[action].to_numpy(), np.empty(len(people)), np.empty(len(people))
    areas, pairs = [], []
    assert people.groupby("org_id")["fold"].nunique().max() == 1
    for fold in range(5):
        test, train = folds == fold, people[folds != fold]
        known, unseen = (model_matrix(part, terms[1:], train["age"].mean()) for part in (train, people[test]))
        centre, scale = known.mean(axis=0), known.std(axis=0)
        logistic = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-12, max_iter=100)
        logistic.fit((known - centre) / scale, train[action])
        predicted[test] = logistic.predict_proba((unseen - centre) / scale)[:, 1].round(9)
        baseline[test] = train[action].mean()
        areas.append(roc_auc_score(outcomes[test], predicted[test]))
        pairs.append(outcomes[test].sum() * (1 - outcomes[test]).sum())
    where = f"where action = '{action}' and model = '{model}'"
    scores = sample.query(f"select * from marts.action_model_scores {where} and evaluation = 'out_of_fold'").set_index("metric")
    errors, mean_errors = ((outcomes - probabilities) ** 2 for probabilities in (predicted, baseline))
    expected = {"auc": np.average(areas, weights=pairs), "brier": errors.mean(), "baseline_brier": mean_errors.mean()}
    expected |= {"mean_predicted": predicted.mean(), "observed_share": outcomes.mean(), "predicted_share": (predicted >= 0.5).mean()}
    assert scores.loc[list(expected), "value"].to_dict() == pytest.approx(expected, abs=1e-7)
    gain, error = mean_with_error(mean_errors - errors, people["org_id"])
    reach = norm.ppf(0.975) * error
    bounds = (gain, gain - reach, gain + reach)
    assert scores.loc["brier_gain", ["value", "ci_low", "ci_high"]].tolist() == pytest.approx(bounds, abs=1e-7)

    order = np.argsort(predicted)
    bins = sample.query(f"select * from marts.action_calibration {where} order by bin")
    assert bins["users"].sum() == len(people)
    assert bins["users"].between(250, 350).all()
    for found, users in zip(bins.itertuples(), np.split(order, bins["users"].cumsum()[:-1]), strict=True):
        share, error = mean_with_error(outcomes[users], people["org_id"].iloc[users])
        size = min(len(users), share * (1 - share) / error**2)
        bounds = proportion_confint(share * size, size, method="wilson")
        assert found.events == outcomes[users].sum()
        numbers = (found.mean_predicted, found.observed_share, found.ci_low, found.ci_high)
        assert numbers == pytest.approx((predicted[users].mean(), share, *bounds), abs=1e-7)


def mean_with_error(values: Array, org_id: pd.Series) -> tuple[float, float]:
    """Returns a mean over users and its error clustered by organisation, from a regression on the intercept alone."""
    options = {"groups": org_id.to_numpy(), "use_correction": False}
    fit = sm.OLS(values, np.ones(len(values))).fit(cov_type="cluster", cov_kwds=options)
    clusters = org_id.nunique()
    return float(fit.params[0]), float(fit.bse[0]) * np.sqrt(clusters / (clusters - 1))


def test_the_hold_out_is_a_stratified_quarter(sample: Warehouse, people: pd.DataFrame) -> None:
    """A quarter of those who performed and of those who did not; whoever never says yes is as accurate as the majority."""
    scores = sample.query("select * from marts.action_model_scores where action <> 'purchase'")
    silent = 0
    for (action, _, evaluation), rows in scores.groupby(["action", "model", "evaluation"]):
        value, performers = rows.set_index("metric")["value"], people[str(action)].sum()
        part = 0.25 if evaluation == "holdout" else 1
        drawn = [round(part * performers), round(part * (len(people) - performers))]
        assert set(zip(rows["users"], rows["events"], strict=True)) == {(sum(drawn), drawn[0])}
        assert value["observed_share"] == pytest.approx(drawn[0] / sum(drawn))
        assert value["brier_gain"] == pytest.approx(value["baseline_brier"] - value["brier"])
        verdicts = rows.set_index("metric")["verdict"]
        if verdicts["accuracy"] == "never_predicts_action":
            assert value["accuracy"] == value["baseline_accuracy"] == pytest.approx(1 - drawn[0] / sum(drawn))
            assert (value["recall"], value["specificity"], value["predicted_share"], value["auc_hard"]) == (0, 1, 0, 0.5)
            silent += 1
        gain = rows[rows["metric"] == "brier_gain"].iloc[0]
        assert verdicts["brier"] == ("useful" if gain["ci_low"] > 0 else "no_evidence")
    assert silent > 0


def test_the_planted_effects_on_posting_are_found(sample: Warehouse) -> None:
    """They were added in probability, so they are average marginal effects; the interval holds them at 3.3 standard errors."""
    terms = terms_of(sample, "post", "gender_by_age").set_index("term")
    reach = (terms["marginal_effect_ci_high"] - terms["marginal_effect_ci_low"]) / 2
    errors = reach / t.ppf(0.975, terms["support"] - 1)
    for term, planted in (("gender: Male", -ACTION_TRUTH.post_female), ("age", -ACTION_TRUTH.post_year_younger)):
        assert abs(terms.loc[term, "marginal_effect"] - planted) < 3.3 * errors[term]
        assert terms.loc[term, "marginal_effect_ci_high"] < 0


def test_the_planted_interaction_on_sharing_is_found(sample: Warehouse, people: pd.DataFrame) -> None:
    """Gender, age and both together, in log odds with women as the reference: none far off, nor all of them in their joint errors."""
    [q_value] = sample.rows("select q_value from marts.action_interactions where action = 'share'")
    assert q_value < (0.05,)
    terms = terms_of(sample, "share", "gender_by_age").set_index("term")
    truth = ACTION_TRUTH
    planted = pd.Series(
        {
            "gender: Male": -truth.share_female,
            "age": truth.share_age + truth.share_female_age,
            "gender: Male x age": -truth.share_female_age,
        }
    )
    away = terms.loc[planted.index, "coefficient"] - planted
    assert (away.abs() < 3.3 * terms.loc[planted.index, "std_error"]).all()
    places = [terms.index.get_loc(term) for term in planted.index]
    covariance = clustered_fit(people, terms.reset_index(), "share").cov_params()[np.ix_(places, places)]
    assert chi2.sf(away @ np.linalg.solve(covariance, away), len(away)) > 0.001


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
    terms = terms_of(sample, "export", "main_effects").set_index("term")
    for town in ("TownB", "TownC"):
        found = terms.loc[f"hometown: {town}"]
        assert abs(found["coefficient"] - ACTION_TRUTH.export_hometown[town]) < 3.3 * found["std_error"]
    assert terms.loc["hometown: TownC", "q_value"] < ALPHA < terms.loc["hometown: TownB", "q_value"]
