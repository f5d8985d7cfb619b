"""Regressions on counts are those of the rows, their intervals cover, and separated levels get finite estimates."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from firthmodels import FirthLogisticRegression
from numpy.typing import NDArray
from scipy.special import expit
from scipy.stats import chi2, norm, t
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.outliers_influence import variance_inflation_factor

from python_models.methods.design import Design, Interaction, design_matrix
from python_models.methods.logit import (
    Counts,
    LikelihoodRatioTest,
    LogitFit,
    fit_logit,
    marginal_effects,
    q_values,
    variance_inflation,
)

FEATURES = [
    {"name": "source", "type": "categorical", "reference_level": "b"},
    {"name": "is_invited", "type": "categorical"},
    {"name": "days", "type": "numeric"},
]
INTERACTIONS = [("source", "days"), ("source", "is_invited")]
CLOSE = 1e-8


def random_users(seed: int, users: int = 3_000, organisations: int = 60) -> pd.DataFrame:
    """Rows of users with two categorical and one numeric feature; one in ten has no organisation."""
    rng = np.random.default_rng(seed)
    organisation = rng.integers(-organisations // 10, organisations, users)
    frame = pd.DataFrame(
        {
            "source": rng.choice(list("abcd"), users, p=[0.1, 0.4, 0.3, 0.2]),
            "is_invited": rng.choice(["no", "yes"], users, p=[0.7, 0.3]),
            "days": rng.integers(0, 4, users).astype(float),
            "organisation": np.maximum(organisation, -1),
        }
    )
    effects = rng.normal(0, 0.5, organisations)
    log_odds = -1.5 + 0.8 * (frame["source"] == "a") + 0.4 * frame["days"] - 0.3 * (frame["is_invited"] == "yes")
    log_odds += np.where(frame["organisation"] >= 0, effects[frame["organisation"]], 0)
    return frame.assign(outcome=(rng.random(users) < expit(log_odds)).astype(int))


def on_patterns(users: pd.DataFrame, is_clustered: bool, interactions: Sequence[Interaction] = ()) -> tuple[Design, Counts]:
    """The users as counts of covariate patterns."""
    columns = [feature["name"] for feature in FEATURES]
    patterns = users.groupby(columns).size().rename("users").reset_index()
    place = users.merge(patterns.assign(place=range(len(patterns))), on=columns, how="left")["place"].to_numpy()
    cluster = users["organisation"].to_numpy() if is_clustered else np.full(len(users), -1)
    rows = pd.DataFrame({"place": place, "cluster": cluster, "outcome": users["outcome"]})
    counts = rows.groupby(["place", "cluster"])["outcome"].agg(["size", "sum"]).reset_index()
    design = design_matrix(patterns, patterns["users"].to_numpy(), FEATURES, interactions)
    return design, Counts(*(counts[column].to_numpy() for column in ("place", "cluster", "size", "sum")))


def rows_of(users: pd.DataFrame, design: Design) -> NDArray[np.float64]:
    """The model matrix of the users themselves, built from the names of the terms without the code under test."""
    columns = [np.ones(len(users))]
    for term in design.terms["term"][1:]:
        factors = [part.partition(": ") for part in term.split(" x ")]
        columns.append(np.prod([users[name] == level if level else users[name] for name, _, level in factors], axis=0, dtype=float))
    return np.column_stack(columns)


def by_rows(users: pd.DataFrame, design: Design, is_clustered: bool) -> Any:
    """What statsmodels gives user by user."""
    return logit_of_rows(users, rows_of(users, design), is_clustered)


def logit_of_rows(users: pd.DataFrame, rows: NDArray[np.float64], is_clustered: bool = False) -> Any:
    """What statsmodels gives for a matrix of users x terms."""
    groups = np.where(users["organisation"] >= 0, users["organisation"], 1_000 + np.arange(len(users)))
    how = {"cov_type": "cluster", "cov_kwds": {"groups": groups}} if is_clustered else {}
    return sm.Logit(users["outcome"].to_numpy(), rows).fit(disp=0, tol=1e-14, maxiter=100, **how)


@pytest.mark.parametrize("is_clustered", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_patterns_give_what_rows_give(seed: int, is_clustered: bool) -> None:
    """Coefficients, errors, covariance, likelihood, likelihood-ratio test, pseudo R squared."""
    users = random_users(seed)
    design, counts = on_patterns(users, is_clustered)
    fit, expected = fit_logit(design.matrix, counts), by_rows(users, design, is_clustered)
    assert fit.penalty == "none"
    assert (fit.users, fit.events) == (len(users), users["outcome"].sum())
    np.testing.assert_allclose(fit.coefficients, expected.params, atol=CLOSE)
    np.testing.assert_allclose(fit.std_errors, expected.bse, atol=CLOSE)
    np.testing.assert_allclose(fit.covariance, expected.cov_params(), atol=CLOSE)
    # statsmodels takes the normal distribution
    distribution = t(fit.support - 1) if is_clustered else norm
    np.testing.assert_allclose(fit.p_values, 2 * distribution.sf(np.abs(expected.tvalues)), atol=CLOSE)
    reach = distribution.ppf(0.975) * expected.bse
    np.testing.assert_allclose([fit.ci_low, fit.ci_high], [expected.params - reach, expected.params + reach], atol=CLOSE)
    null = sm.Logit(users["outcome"].to_numpy(), np.ones(len(users))).fit(disp=0, tol=1e-14, maxiter=100).llf
    assert fit.log_likelihood == pytest.approx(expected.llf, abs=CLOSE)
    assert fit.null_log_likelihood == pytest.approx(null, abs=CLOSE)
    assert fit.likelihood_ratio == pytest.approx(2 * (expected.llf - null), abs=CLOSE)
    assert fit.pseudo_r_squared == pytest.approx(1 - expected.llf / null, abs=CLOSE)
    assert fit.likelihood_ratio_p_value == pytest.approx(expected.llr_pvalue, abs=CLOSE)


@pytest.mark.parametrize("is_clustered", [False, True])
def test_marginal_effects_are_those_of_statsmodels(is_clustered: bool) -> None:
    """Of a number and of two levels: get_margeff with its delta-method errors."""
    users = random_users(7)
    users["source"] = np.where(users["source"] == "a", "a", "b")
    design, counts = on_patterns(users, is_clustered)
    fit = fit_logit(design.matrix, counts)
    effects, errors = marginal_effects(design, counts.by_pattern(len(design.matrix))[0], fit)
    expected = by_rows(users, design, is_clustered).get_margeff(at="overall", dummy=True)
    np.testing.assert_allclose(effects[1:], expected.margeff, atol=CLOSE)
    np.testing.assert_allclose(errors[1:], expected.margeff_se, atol=CLOSE)


def test_marginal_effects_of_many_levels_compare_with_the_reference() -> None:
    """Everybody at the level against everybody at the reference level, by statsmodels' predictions of the changed rows."""
    users = random_users(8)
    design, counts = on_patterns(users, is_clustered=False)
    fit = fit_logit(design.matrix, counts)
    effects, errors = marginal_effects(design, counts.by_pattern(len(design.matrix))[0], fit)
    result = by_rows(users, design, is_clustered=False)
    for place, level in ((1, "a"), (2, "c"), (3, "d")):
        assert design.terms["term"][place] == f"source: {level}"
        at_level, at_reference = (rows_of(users.assign(source=chosen), design) for chosen in (level, "b"))

        def difference(parameters: NDArray[np.float64], x: NDArray[np.float64] = at_level, y: NDArray[np.float64] = at_reference) -> float:
            return float((result.model.predict(parameters, x) - result.model.predict(parameters, y)).mean())

        assert effects[place] == pytest.approx(difference(result.params), abs=CLOSE)
        steps = np.eye(len(result.params)) * 1e-6
        gradient = np.array([(difference(result.params + step) - difference(result.params - step)) / 2e-6 for step in steps])
        assert errors[place] == pytest.approx(np.sqrt(gradient @ result.cov_params() @ gradient), abs=1e-7)


@pytest.mark.parametrize("is_clustered", [False, True])
def test_interactions_are_those_of_the_rows(is_clustered: bool) -> None:
    """Coefficients, errors, covariance and likelihood of products of levels with a number and with levels."""
    users = random_users(20)
    design, counts = on_patterns(users, is_clustered, INTERACTIONS)
    fit, expected = fit_logit(design.matrix, counts, design.products), by_rows(users, design, is_clustered)
    assert design.is_product.sum() == 6
    np.testing.assert_allclose(fit.coefficients, expected.params, atol=CLOSE)
    np.testing.assert_allclose(fit.std_errors, expected.bse, atol=CLOSE)
    np.testing.assert_allclose(fit.covariance, expected.cov_params(), atol=CLOSE)
    assert fit.log_likelihood == fit.maximum_log_likelihood == pytest.approx(expected.llf, abs=CLOSE)


def against_the_first_interaction(users: pd.DataFrame, is_clustered: bool) -> LikelihoodRatioTest:
    """The model with both interactions against that without the second."""
    design, counts = on_patterns(users, is_clustered, INTERACTIONS)
    without, _ = on_patterns(users, is_clustered, INTERACTIONS[:1])
    fit, nested = fit_logit(design.matrix, counts, design.products), fit_logit(without.matrix, counts, without.products)
    return fit.compared_with(nested, np.arange(len(design.terms)) >= len(without.terms))


def test_terms_are_tested_together_by_their_likelihood_ratio() -> None:
    """That of statsmodels on the rows, with and without clusters; without, by chi-square."""
    users = random_users(21)
    rows = rows_of(users, on_patterns(users, False, INTERACTIONS)[0])
    statistic = 2 * (logit_of_rows(users, rows).llf - logit_of_rows(users, rows[:, :-3]).llf)
    plain, clustered = against_the_first_interaction(users, is_clustered=False), against_the_first_interaction(users, is_clustered=True)
    assert plain.degrees_of_freedom == clustered.degrees_of_freedom == 3
    assert plain.statistic == pytest.approx(statistic, abs=CLOSE)
    assert clustered.statistic == pytest.approx(statistic, abs=CLOSE)
    assert plain.p_value == pytest.approx(chi2.sf(statistic, 3), abs=CLOSE)
    assert clustered.p_value != pytest.approx(plain.p_value, rel=1e-3)


@pytest.mark.parametrize("is_clustered", [False, True])
def test_all_terms_together_are_the_joint_test(is_clustered: bool) -> None:
    """Against the fit of the intercept alone, where no term has less support than all users have."""
    users = random_users(22)
    users["source"] = np.where(users["source"] == "a", "a", "b")
    counts = on_patterns(users, is_clustered)[1]
    matrix = on_patterns(users, is_clustered)[0].matrix[:, [0, -1]]
    fit = fit_logit(matrix, counts)
    test = fit.compared_with(fit_logit(matrix[:, :1], counts), np.array([False, True]))
    assert test.statistic == pytest.approx(fit.likelihood_ratio, abs=CLOSE)
    assert test.p_value == pytest.approx(fit.joint_p_value, abs=CLOSE)


def test_a_separated_level_does_not_stand_in_the_way_of_other_tests() -> None:
    """A source where nobody has the outcome adds nothing to either likelihood: the test is that of the users of other sources."""
    users = random_users(23)
    users.loc[users["source"] == "d", "outcome"] = 0
    design, counts = on_patterns(users, is_clustered=False)
    fit = fit_logit(design.matrix, counts)
    test = fit.compared_with(fit_logit(design.matrix[:, :-1], counts), design.terms["term"].to_numpy() == "days")
    assert design.terms["term"][fit.is_separated].tolist() == ["source: d"]
    others = users[users["source"] != "d"]
    rows = np.delete(rows_of(others, design), design.terms["term"].tolist().index("source: d"), axis=1)
    statistic = 2 * (logit_of_rows(others, rows).llf - logit_of_rows(others, rows[:, :-1]).llf)
    assert test.statistic == pytest.approx(statistic, abs=CLOSE)
    assert test.p_value == pytest.approx(chi2.sf(statistic, 1), abs=CLOSE)


@pytest.mark.parametrize("is_clustered", [False, True])
def test_a_separated_interaction_is_not_tested(is_clustered: bool) -> None:
    """Nobody of a cell has the outcome: its estimates are finite, the ratio would not follow its distribution."""
    users = random_users(24)
    users.loc[(users["source"] == "d") & (users["is_invited"] == "yes"), "outcome"] = 0
    design, counts = on_patterns(users, is_clustered, INTERACTIONS)
    fit = fit_logit(design.matrix, counts, design.products)
    assert design.terms["term"][fit.is_separated].tolist() == ["source: d x is_invited: yes"]
    assert np.isfinite(fit.coefficients).all()
    assert np.isfinite(np.column_stack([fit.std_errors, fit.ci_low, fit.ci_high, fit.p_values])[1:]).all()
    test = against_the_first_interaction(users, is_clustered)
    assert test.degrees_of_freedom == 3
    assert np.isnan([test.statistic, test.p_value]).all()


def test_what_other_terms_determine_is_no_degree_of_freedom() -> None:
    """All who are invited came from one source: one product says nothing new, and the statistic is that of the others."""
    users = random_users(25)
    users.loc[users["source"].isin(["a", "d"]), "is_invited"] = "no"
    test = against_the_first_interaction(users, is_clustered=False)
    assert test.degrees_of_freedom == 1
    users["is_invited"] = "no"
    assert against_the_first_interaction(users, is_clustered=False).degrees_of_freedom == 0
    assert np.isnan(against_the_first_interaction(users, is_clustered=False).p_value)


def test_an_interaction_of_few_clusters_is_not_trusted() -> None:
    """A level of 6 of 100 clusters times a number, without effect: p up to 0.05 in at most 33 of 400 draws; of one cluster no p-value."""
    rng = np.random.default_rng(26)
    has_level = np.arange(100) < 6
    number = np.arange(4.0)
    matrix = np.array([[1, level, x, level * x] for level in (0, 1) for x in number])
    pattern = has_level[:, None] * 4 + np.arange(4)
    cluster = np.repeat(np.arange(100), 4)
    found = 0
    for _ in range(400):
        trials = rng.poisson(8, (100, 4)) + 1
        # clusters differ in level and in slope
        log_odds = -1 + rng.normal(0, 0.5, (100, 1)) + rng.normal(0, 0.4, (100, 1)) * number
        successes = rng.binomial(trials, expit(log_odds))
        counts = Counts(pattern.ravel(), cluster, trials.ravel(), successes.ravel())
        fit = fit_logit(matrix, counts, [(3, 1, 2)])
        found += fit.compared_with(fit_logit(matrix[:, :3], counts), np.arange(4) == 3).p_value <= 0.05
    assert fit.support[3] == fit.support[1] < 6.01
    assert found <= 33
    alone = counts.where(~has_level[cluster] | (cluster == 0))
    fit = fit_logit(matrix, alone, [(3, 1, 2)])
    assert np.isfinite(fit.coefficients).all()
    assert np.isnan(fit.std_errors[[1, 3]]).all()
    test = fit.compared_with(fit_logit(matrix[:, :3], alone), np.arange(4) == 3)
    assert test.statistic > 0
    assert np.isnan(test.p_value)


@pytest.mark.parametrize("is_clustered", [False, True])
def test_marginal_effects_include_interactions(is_clustered: bool) -> None:
    """Slopes and differences of statsmodels' predictions of changed users, errors by the numerical delta method; of products none."""
    users = random_users(27)
    design, counts = on_patterns(users, is_clustered, INTERACTIONS)
    fit = fit_logit(design.matrix, counts, design.products)
    effects, errors = marginal_effects(design, counts.by_pattern(len(design.matrix))[0], fit)
    result = by_rows(users, design, is_clustered)

    def difference(parameters: NDArray[np.float64], one: pd.DataFrame, other: pd.DataFrame) -> float:
        return float(np.mean(expit(rows_of(one, design) @ parameters) - expit(rows_of(other, design) @ parameters)))

    steps = np.eye(len(result.params)) * 1e-6
    for place, (term, name, level, reference) in enumerate(design.terms.itertuples(index=False)):
        if level is not None and not design.is_product[place]:
            changed, width = (users.assign(**{name: level}), users.assign(**{name: reference})), 1.0
        elif term == "days":
            changed, width = (users.assign(days=users["days"] + 5e-5), users.assign(days=users["days"] - 5e-5)), 1e-4
        else:
            continue
        gradient = [(difference(result.params + step, *changed) - difference(result.params - step, *changed)) / 2e-6 for step in steps]
        assert effects[place] == pytest.approx(difference(result.params, *changed) / width, abs=1e-7)
        error = np.sqrt(np.array(gradient) @ result.cov_params() @ np.array(gradient)) / width
        assert errors[place] == pytest.approx(error, abs=1e-6)
    assert np.isnan(effects[design.is_product]).all()
    assert np.isnan(errors[design.is_product]).all()


def test_inflation_and_q_values_are_those_of_statsmodels() -> None:
    """Variance inflation of the rows; Benjamini and Hochberg's adjustment."""
    users = random_users(9)
    design, counts = on_patterns(users, is_clustered=False)
    rows = rows_of(users, design)
    expected = [variance_inflation_factor(rows, place) for place in range(1, rows.shape[1])]
    found = variance_inflation(design.matrix, counts.by_pattern(len(design.matrix))[0])
    assert np.isnan(found[0])
    np.testing.assert_allclose(found[1:], expected, rtol=CLOSE)
    p_values = np.array([np.nan, 0.001, 0.02, 0.03, 0.6])
    np.testing.assert_allclose(q_values(p_values)[1:], multipletests(p_values[1:], method="fdr_bh")[1])
    assert np.isnan(q_values(p_values)[0])


def test_a_column_that_others_determine_is_left_out() -> None:
    """Its estimates are missing, the others are as if it were not there, and it adds nothing to a prediction."""
    design, counts = on_patterns(random_users(10), is_clustered=True)
    twice = np.column_stack([design.matrix, 3 - design.matrix[:, -1], np.full(len(design.matrix), 2.0)])
    fit, plain = fit_logit(twice, counts), fit_logit(design.matrix, counts)
    assert np.isnan(fit.coefficients[-2:]).all()
    assert np.isnan(fit.covariance[-2:]).all()
    np.testing.assert_array_equal(fit.coefficients[:-2], plain.coefficients)
    np.testing.assert_array_equal(fit.std_errors[:-2], plain.std_errors)
    assert fit.effects == plain.effects
    np.testing.assert_allclose(fit.log_odds(twice), plain.log_odds(design.matrix), atol=1e-12)


def test_separated_levels_get_firths_estimates() -> None:
    """Of a level where nobody has the outcome: finite, equal to firthmodels on the rows, the mean of predictions that of the data."""
    users = random_users(11, users=400)
    users.loc[users["source"] == "d", "outcome"] = 0
    design, counts = on_patterns(users, is_clustered=False)
    fit = fit_logit(design.matrix, counts)
    assert (fit.penalty, fit.clusters) == ("firth", 0)
    assert design.terms["term"][fit.is_separated].tolist() == ["source: d"]
    assert np.isfinite(fit.coefficients).all()
    assert np.isfinite(np.column_stack([fit.std_errors, fit.ci_low, fit.ci_high, fit.p_values])[1:]).all()
    expected = FirthLogisticRegression(backend="numpy", max_iter=500, gtol=1e-10, xtol=1e-10)
    expected.fit(rows_of(users, design)[:, 1:], users["outcome"].to_numpy()).lrt()
    np.testing.assert_allclose(fit.coefficients[1:], expected.coef_, atol=1e-6)
    np.testing.assert_allclose(fit.p_values[1:], expected.lrt_pvalues_[:-1], atol=1e-6)
    clustered = fit_logit(*_clustered(users))
    np.testing.assert_allclose(clustered.coefficients, fit.coefficients, atol=1e-9)
    is_separated = fit.is_separated
    np.testing.assert_allclose(clustered.p_values[is_separated], fit.p_values[is_separated], atol=1e-9)
    others = ~is_separated & (np.arange(len(is_separated)) > 0)
    assert (np.abs(clustered.std_errors[others] / fit.std_errors[others] - 1) > 1e-3).all()
    trials, successes = counts.by_pattern(len(design.matrix))
    assert trials @ expit(fit.log_odds(design.matrix)) == pytest.approx(successes.sum(), abs=1e-6)


def test_rare_is_not_separated() -> None:
    """One user with the outcome among 100,000 of a level: the estimate is far out and proper."""
    trials, successes = np.array([1_000, 100_000]), np.array([500, 1])
    counts = Counts(np.arange(2), np.full(2, -1), trials, successes)
    fit = fit_logit(np.array([[1.0, 0.0], [1.0, 1.0]]), counts)
    assert fit.penalty == "none"
    assert fit.coefficients == pytest.approx([0, np.log(1 / 99_999)], abs=1e-8)


@pytest.mark.parametrize("successes", [0, 30])
def test_one_outcome_is_no_regression(successes: int) -> None:
    """It is refused with the counts."""
    counts = Counts(np.array([0, 1]), np.array([-1, -1]), np.array([10, 20]), np.array([successes // 3, successes - successes // 3]))
    with pytest.raises(ValueError, match=f"{successes} successes in 30 trials"):
        fit_logit(np.array([[1.0, 0.0], [1.0, 1.0]]), counts)


def test_one_cluster_is_no_cluster() -> None:
    """Nothing can be learned of how clusters differ, so errors are the plain ones."""
    users = random_users(12).assign(organisation=5)
    design, counts = on_patterns(users, is_clustered=True)
    fit = fit_logit(design.matrix, counts)
    assert fit.clusters == 0
    np.testing.assert_array_equal(fit.std_errors, fit_logit(*_unclustered(users)).std_errors)


def test_a_separated_level_does_not_make_others_too_sure() -> None:
    """Four users of a level without the outcome, and a level of 20 of 60 clusters without effect: p up to 0.05 in few of 300 draws."""
    rng = np.random.default_rng(6)
    matrix = np.array([[1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [1.0, 0.0, 1.0]])
    has_level = (np.arange(60) < 20).astype(np.int64)
    found = {"of the level": 0, "joint": 0}
    for _ in range(300):
        trials = rng.poisson(30, 60) + 1
        successes = rng.binomial(trials, expit(-1.5 + rng.normal(0, 0.5, 60)))
        counts = Counts(np.append(has_level, 2), np.append(np.arange(60), 0), np.append(trials, 4), np.append(successes, 0))
        fit = fit_logit(matrix, counts)
        assert fit.is_separated.tolist() == [False, False, True]
        found["of the level"] += fit.p_values[1] <= 0.05
        found["joint"] += fit.joint_p_value <= 0.05
    assert all(count <= 30 for count in found.values()), found


@pytest.mark.parametrize(("clusters", "levels"), [(20, 8), (30, 8), (100, 12)])
def test_the_joint_test_of_many_levels_keeps_its_size(clusters: int, levels: int) -> None:
    """Levels that differ from cluster to cluster and from user to user, none with an effect: p up to 0.05 in at most 33 of 400 draws."""
    rng = np.random.default_rng(clusters)
    matrix = np.column_stack([np.ones(levels + 1), np.vstack([np.zeros(levels), np.eye(levels)])])
    found = 0
    for _ in range(400):
        trials = rng.poisson(60 * rng.dirichlet(np.ones(levels + 1), clusters)) + 1
        p = expit(-1.5 + rng.normal(0, 0.4, clusters))
        successes = rng.binomial(trials, p[:, None])
        cluster, pattern = np.indices(trials.shape)
        fit = fit_logit(matrix, Counts(pattern.ravel(), cluster.ravel(), trials.ravel(), successes.ravel()))
        found += fit.joint_p_value <= 0.05
    assert found <= 33


def _clustered(users: pd.DataFrame) -> tuple[NDArray[np.float64], Counts]:
    design, counts = on_patterns(users, is_clustered=True)
    return design.matrix, counts


def _unclustered(users: pd.DataFrame) -> tuple[NDArray[np.float64], Counts]:
    design, counts = on_patterns(users, is_clustered=False)
    return design.matrix, counts


def simulated(seed: int, effect: float, *, clusters: int, clusters_with: int, simulations: int) -> list[LogitFit]:
    """Fits of draws in which some clusters have a level, and clusters differ; the effect is that on the population's log-odds."""
    spread, size = 0.5, 30
    rng = np.random.default_rng(seed)
    matrix = np.array([[1.0, 0.0], [1.0, 1.0]])
    has_level = (np.arange(clusters) < clusters_with).astype(np.int64)
    # the population's shares at both levels, over the clusters' differences
    nodes, weights = np.polynomial.hermite_e.hermegauss(41)
    low = -1.5
    share = float(weights @ expit(low + spread * nodes) / weights.sum())
    target = float(expit(np.log(share / (1 - share)) + effect))
    grid = np.linspace(low, low + 3, 3_001)
    shares = (weights @ expit(grid[:, None] + spread * nodes).T) / weights.sum()
    high = float(np.interp(target, shares, grid))
    fits = []
    for _ in range(simulations):
        trials = rng.poisson(size, clusters) + 1
        p = expit(np.where(has_level, high, low) + rng.normal(0, spread, clusters))
        fits.append(fit_logit(matrix, Counts(has_level, np.arange(clusters), trials, rng.binomial(trials, p))))
    return fits


def test_clustered_intervals_cover() -> None:
    """The true effect lies in 95 % of the intervals (927 to 970 of 1,000 is the band of chance), and is told from 0 in four of five."""
    effect = 0.6
    fits = simulated(1, effect, clusters=120, clusters_with=60, simulations=1_000)
    covered = sum(fit.ci_low[1] <= effect <= fit.ci_high[1] for fit in fits)
    assert 927 <= covered <= 970
    assert sum(fit.p_values[1] <= 0.05 for fit in fits) >= 800
    assert all((fit.p_values[1] <= 0.05) == (fit.ci_low[1] > 0 or fit.ci_high[1] < 0) for fit in fits)


def test_without_an_effect_few_are_found() -> None:
    """Of 1,000 draws without an effect 30 to 73 have p up to 0.05, for the term and for the joint test; the plain test finds far more."""
    fits = simulated(2, 0.0, clusters=120, clusters_with=60, simulations=1_000)
    assert 30 <= sum(fit.p_values[1] <= 0.05 for fit in fits) <= 73
    assert 30 <= sum(fit.joint_p_value <= 0.05 for fit in fits) <= 73
    assert sum(fit.likelihood_ratio_p_value <= 0.05 for fit in fits) > 100


@pytest.mark.parametrize("clusters_with", [3, 5, 10])
def test_what_few_clusters_tell_is_not_trusted(clusters_with: int) -> None:
    """A level of few clusters: the interval covers in at least 90 % of 400 draws, where the normal one fails in up to a fifth of them."""
    fits = simulated(3, 0.0, clusters=100, clusters_with=clusters_with, simulations=400)
    assert all(clusters_with * 0.8 < fit.support[1] <= clusters_with for fit in fits)
    assert sum(fit.ci_low[1] <= 0 <= fit.ci_high[1] for fit in fits) >= 360


def test_one_cluster_alone_tells_nothing_of_its_level() -> None:
    """An estimate, but neither error nor interval nor p-value."""
    (fit,) = simulated(4, 0.0, clusters=50, clusters_with=1, simulations=1)
    design = design_matrix(pd.DataFrame({"level": ["a", "b"]}), np.array([2, 1]), [{"name": "level", "type": "categorical"}])
    effects, errors = marginal_effects(design, np.array([1_500.0, 30.0]), fit)
    assert np.isfinite([fit.coefficients[1], effects[1]]).all()
    assert np.isnan([fit.std_errors[1], fit.ci_low[1], fit.ci_high[1], fit.p_values[1], errors[1]]).all()


def test_a_few_large_clusters_are_few() -> None:
    """Two organisations of 400 among 60 single users: the support is of two, not of 62."""
    counts = Counts(np.array([0, 1, 0]), np.array([0, 1, -1]), np.array([400, 400, 60]), np.array([100, 80, 15]))
    fit = fit_logit(np.array([[1.0, 0.0], [1.0, 1.0]]), counts)
    assert fit.support == pytest.approx([860**2 / (2 * 400**2 + 60), 1.0])
    assert np.isnan(fit.std_errors[1])
