"""The sample's regressions of actions are what statistics packages give user by user, and show what was planted."""

from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from numpy.typing import NDArray
from scipy.special import expit
from scipy.stats import (
    chi2,
    f,
    false_discovery_control,
    norm,
    t,
)
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from statsmodels.stats.outliers_influence import variance_inflation_factor
from statsmodels.stats.proportion import proportion_confint
from statsmodels.tools.numdiff import approx_fprime

from sample_data.people import ACTION_TRUTH
from tests.python.people import ACTIONS, MISSING, worth, worth_of_numbers
from tests.python.warehouse import Warehouse

Array = NDArray[np.float64]

CLOSE = 1e-8
REFERENCES = {"gender": "Female", "hometown": "TownA", "age_group": "18-25", "mailing_list": "no", "marketing_drip": "no"}
MODELS = ("main_effects", "gender_by_age")
# only so many users performed purchase that nothing is fitted without a penalty
FITTED = tuple(product([action for action in ACTIONS if action != "purchase"], MODELS))


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
    mean_age = people["age"].mean()
    age = worth_of_numbers(people["age"].fillna(mean_age), people["org_id"])
    found = []
    for row, column in zip(terms.itertuples(), model_matrix(people, terms, mean_age).T, strict=True):
        if row.term == "(intercept)":
            found.append(worth(people["org_id"]))
            continue
        has_number = row.attribute.endswith("age") and row.level != MISSING
        sides = [] if row.attribute == "age" and has_number else [column != 0, column == 0]
        numbers = [age, worth_of_numbers(pd.Series(column, index=people.index), people["org_id"])] if has_number else []
        found.append(min([worth(people.loc[side, "org_id"]) for side in sides] + numbers))
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
    reach = t.ppf(0.975, worth(people["org_id"]) - 1) * error
    bounds = (gain, gain - reach, gain + reach)
    assert scores.loc["brier_gain", ["value", "ci_low", "ci_high"]].tolist() == pytest.approx(bounds, abs=1e-7)

    # the middle of the ranks of equal predictions, as a share of the fold
    shares = pd.Series(predicted).groupby(folds).transform(lambda values: (values.rank() - 0.5) / len(values))
    bin_of_user = np.unique((shares * 10).astype(int), return_inverse=True)[1] + 1
    bins = sample.query(f"select * from marts.action_calibration {where} order by bin")
    assert bins["users"].sum() == len(people)
    assert bins["users"].between(250, 350).all()
    for found in bins.itertuples():
        users = np.flatnonzero(bin_of_user == found.bin)
        share, error = mean_with_error(outcomes[users], people["org_id"].iloc[users])
        size = min(len(users), share * (1 - share) / error**2)
        level = 2 * norm.sf(t.ppf(0.975, worth(people["org_id"].iloc[users]) - 1))
        bounds = proportion_confint(share * size, size, alpha=level, method="wilson")
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
