"""Scores are those of scikit-learn on the rows, and their intervals cover where users share groups."""

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.special import expit
from scipy.stats import norm
from sklearn.metrics import accuracy_score, brier_score_loss, classification_report, roc_auc_score
from statsmodels.stats.proportion import proportion_confint

from python_models.methods.evaluation import METRICS, Scored, auc_difference, auc_within_folds, no_metrics, score_metrics


def scored(
    probabilities: NDArray[np.float64],
    outcomes: NDArray[np.int64],
    groups: NDArray[np.int64] | None = None,
    folds: NDArray[np.int64] | None = None,
) -> Scored:
    """One row per user."""
    alone, one_fold = np.full(len(outcomes), -1), np.zeros(len(outcomes), dtype=np.int64)
    return Scored(
        probabilities,
        np.full(len(outcomes), 0.3),
        np.ones(len(outcomes), dtype=np.int64),
        outcomes,
        alone if groups is None else groups,
        one_fold if folds is None else folds,
    )


def drawn(seed: int, users: int = 400) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Probabilities with ties, and outcomes that follow them."""
    rng = np.random.default_rng(seed)
    probabilities = np.round(expit(rng.normal(-0.5, 1.2, users)), 1)
    return probabilities, (rng.random(users) < probabilities).astype(np.int64)


def value(table: pd.DataFrame, metric: str) -> float:
    """One value of a table of metrics."""
    return float(table.set_index("metric").loc[metric, "value"])


@pytest.mark.parametrize("seed", range(3))
def test_scores_are_those_of_scikit_learn(seed: int) -> None:
    """Ties included."""
    probabilities, outcomes = drawn(seed)
    table = score_metrics(scored(probabilities, outcomes))
    hard = (probabilities >= 0.5).astype(int)
    assert table["metric"].tolist() == list(METRICS)
    assert value(table, "auc") == pytest.approx(roc_auc_score(outcomes, probabilities), abs=1e-12)
    assert value(table, "auc_hard") == pytest.approx(roc_auc_score(outcomes, hard), abs=1e-12)
    assert value(table, "accuracy") == pytest.approx(accuracy_score(outcomes, hard), abs=1e-12)
    assert value(table, "baseline_accuracy") == pytest.approx(1 - outcomes.mean(), abs=1e-12)
    assert value(table, "brier") == pytest.approx(brier_score_loss(outcomes, probabilities), abs=1e-12)
    assert value(table, "baseline_brier") == pytest.approx(brier_score_loss(outcomes, np.full(len(outcomes), 0.3)), abs=1e-12)
    assert value(table, "mean_predicted") == pytest.approx(probabilities.mean(), abs=1e-12)
    assert value(table, "observed_share") == pytest.approx(outcomes.mean(), abs=1e-12)


@pytest.mark.parametrize("shift", [-1, -0.3, 0, 1])
@pytest.mark.parametrize("share", [0, 1, None])
def test_predictions_at_one_half_are_those_of_the_classification_report(shift: float, share: int | None) -> None:
    """From never to always predicted, with one outcome and with both; what scikit-learn leaves undefined is missing."""
    probabilities, outcomes = drawn(10)
    probabilities = (probabilities + shift).clip(0, 1)
    outcomes = outcomes if share is None else np.full(len(outcomes), share)
    hard = (probabilities >= 0.5).astype(int)
    table = score_metrics(scored(probabilities, outcomes))
    report = classification_report(outcomes, hard, labels=[0, 1], output_dict=True, zero_division=np.nan)
    assert value(table, "precision") == pytest.approx(report["1"]["precision"], abs=1e-12, nan_ok=True)
    assert value(table, "recall") == pytest.approx(report["1"]["recall"], abs=1e-12, nan_ok=True)
    assert value(table, "f1") == pytest.approx(report["1"]["f1-score"], abs=1e-12, nan_ok=True)
    assert value(table, "specificity") == pytest.approx(report["0"]["recall"], abs=1e-12, nan_ok=True)
    assert value(table, "predicted_share") == pytest.approx(hard.mean(), abs=1e-12)
    bounds = table.set_index("metric")[["ci_low", "ci_high"]]
    assert bounds.loc["f1"].isna().all()
    for metric in ("precision", "recall", "specificity", "predicted_share"):
        low, high = bounds.loc[metric]
        assert np.isnan(low) if np.isnan(value(table, metric)) else 0 <= low <= value(table, metric) <= high <= 1


def test_shares_of_a_part_have_the_interval_of_that_part() -> None:
    """Wilson's, of those predicted positive, of those with the outcome and of those without."""
    probabilities, outcomes = drawn(11)
    bounds = score_metrics(scored(probabilities, outcomes)).set_index("metric")[["ci_low", "ci_high"]]
    hard = probabilities >= 0.5
    right = {"precision": outcomes[hard], "recall": hard[outcomes == 1], "specificity": ~hard[outcomes == 0]}
    for metric, part in right.items():
        expected = proportion_confint(int(part.sum()), len(part), method="wilson")
        # N - 1 instead of N in the variance
        assert tuple(bounds.loc[metric]) == pytest.approx(expected, abs=2e-3)


def test_rows_of_several_users_are_those_users() -> None:
    """With groups, single users and folds."""
    rng = np.random.default_rng(5)
    probabilities, outcomes = drawn(5)
    groups, folds = rng.integers(-1, 20, len(outcomes)), rng.integers(0, 3, len(outcomes))
    baseline = np.full(len(outcomes), 0.3)
    frame = pd.DataFrame({"p": probabilities, "y": outcomes, "group": groups, "fold": folds, "baseline": baseline})
    counts = frame.groupby(["p", "baseline", "group", "fold"])["y"].agg(["size", "sum"]).reset_index()
    columns = ("p", "baseline", "size", "sum", "group", "fold")
    table = score_metrics(Scored(*(counts[column].to_numpy() for column in columns)))
    expected = score_metrics(scored(probabilities, outcomes, groups, folds))
    assert len(counts) < len(frame)
    np.testing.assert_allclose(table.iloc[:, 1:].to_numpy(float), expected.iloc[:, 1:].to_numpy(float), atol=1e-12)


def test_the_area_is_the_mean_over_pairs_of_one_fold() -> None:
    """Counted pair by pair."""
    rng = np.random.default_rng(6)
    probabilities, outcomes = drawn(6, 80)
    folds = rng.integers(0, 3, 80)
    wins = [
        1.0 if probabilities[i] > probabilities[j] else 0.5 if probabilities[i] == probabilities[j] else 0.0
        for i in np.flatnonzero(outcomes == 1)
        for j in np.flatnonzero(outcomes == 0)
        if folds[i] == folds[j]
    ]
    assert auc_within_folds(probabilities, scored(probabilities, outcomes, folds=folds)).value == pytest.approx(np.mean(wins), abs=1e-12)


def test_with_one_fold_and_single_users_the_error_is_that_of_delong() -> None:
    """Variances of the placement values, from all pairs."""
    probabilities, outcomes = drawn(7)
    positive, negative = probabilities[outcomes == 1], probabilities[outcomes == 0]
    wins = (positive[:, None] > negative) + 0.5 * (positive[:, None] == negative)
    m, n = wins.shape
    delong = np.sqrt(wins.mean(axis=1).var(ddof=1) / m + wins.mean(axis=0).var(ddof=1) / n)
    estimate = auc_within_folds(probabilities, scored(probabilities, outcomes))
    on_logit = np.log(estimate.ci_high / (1 - estimate.ci_high)) - np.log(estimate.value / (1 - estimate.value))
    error = on_logit / norm.ppf(0.975) * estimate.value * (1 - estimate.value)
    # the two differ by the divisors m - 1, n - 1 and N - 1
    assert error == pytest.approx(delong, rel=0.01)


def two_scores(seed: int, groups: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Two related scores with ties, the first the better one, and outcomes; groups differ in all three."""
    rng = np.random.default_rng(seed)
    of_group = rng.normal(0, 1, groups.max() + 1)[groups]
    signal = of_group + rng.normal(0, 1, len(groups))
    scores, others = (np.round(expit(signal + rng.normal(0, noise, len(groups))), 2) for noise in (0.5, 1.5))
    return scores, others, (rng.random(len(groups)) < expit(signal - 0.5)).astype(np.int64)


def test_the_difference_of_two_areas_is_delongs() -> None:
    """Variances and covariances of the placement values, from all pairs, for single users in one fold."""
    scores, others, outcomes = two_scores(12, np.arange(400))
    wins = np.stack(
        [
            (score[outcomes == 1][:, None] > score[outcomes == 0]) + 0.5 * (score[outcomes == 1][:, None] == score[outcomes == 0])
            for score in (scores, others)
        ]
    )
    of_success, of_failure = np.cov(wins.mean(axis=2)), np.cov(wins.mean(axis=1))
    covariance = of_success / wins.shape[1] + of_failure / wins.shape[2]
    delong = np.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    found = auc_difference(scores, others, scored(scores, outcomes))
    assert found.value == pytest.approx(roc_auc_score(outcomes, scores) - roc_auc_score(outcomes, others), abs=1e-12)
    # the two differ by the divisors m - 1, n - 1 and N - 1
    assert (found.ci_high - found.value) / norm.ppf(0.975) == pytest.approx(delong, rel=0.01)
    assert found.value - found.ci_low == pytest.approx(found.ci_high - found.value, abs=1e-12)
    turned = auc_difference(others, scores, scored(scores, outcomes))
    assert (turned.value, turned.ci_low) == pytest.approx((-found.value, -found.ci_high), abs=1e-12)


def test_the_difference_allows_for_groups_as_a_bootstrap_of_groups_does() -> None:
    """Whole groups drawn again 500 times; strangers would be too sure."""
    groups = np.repeat(np.arange(80), 12)
    scores, others, outcomes = two_scores(13, groups)
    found = auc_difference(scores, others, scored(scores, outcomes, groups))
    rng = np.random.default_rng(14)
    drawn_again = []
    for _ in range(500):
        rows = (rng.integers(0, 80, 80)[:, None] * 12 + np.arange(12)).ravel()
        drawn_again.append(roc_auc_score(outcomes[rows], scores[rows]) - roc_auc_score(outcomes[rows], others[rows]))
    reach = 1.96 * np.std(drawn_again, ddof=1)
    assert found.ci_high - found.value == pytest.approx(reach, rel=0.15)


def test_the_difference_is_of_pairs_in_one_fold_and_of_users() -> None:
    """The difference of the two areas; rows of several users are those users, grouped or single."""
    rng = np.random.default_rng(15)
    groups, folds = rng.integers(-1, 20, 400), rng.integers(0, 3, 400)
    scores, others, outcomes = two_scores(15, np.arange(400))
    scores, others = np.round(scores, 1), np.round(others, 1)
    rows = scored(scores, outcomes, groups, folds)
    expected = auc_difference(scores, others, rows)
    assert expected.value == pytest.approx(auc_within_folds(scores, rows).value - auc_within_folds(others, rows).value, abs=1e-12)
    frame = pd.DataFrame({"p": scores, "other": others, "y": outcomes, "group": groups, "fold": folds})
    counts = frame.groupby(["p", "other", "group", "fold"])["y"].agg(["size", "sum"]).reset_index()
    assert len(counts) < len(frame)
    columns = ("p", "p", "size", "sum", "group", "fold")
    found = auc_difference(counts["p"].to_numpy(), counts["other"].to_numpy(), Scored(*(counts[name].to_numpy() for name in columns)))
    assert (found.value, found.ci_low, found.ci_high) == pytest.approx((expected.value, expected.ci_low, expected.ci_high), abs=1e-12)


def test_scores_that_rank_alike_do_not_differ() -> None:
    """And nothing says how surely. Where no fold has both outcomes there is no difference."""
    probabilities, outcomes = drawn(16)
    rows = scored(probabilities, outcomes)
    same = auc_difference(probabilities, probabilities**2, rows)
    assert same.value == 0
    assert np.isnan([same.ci_low, same.ci_high]).all()
    assert np.isnan(auc_difference(probabilities, probabilities, scored(probabilities, outcomes, folds=outcomes)).value)


def test_shares_of_single_users_have_wilsons_interval() -> None:
    """As statsmodels gives it."""
    probabilities, outcomes = drawn(8)
    table = score_metrics(scored(probabilities, outcomes)).set_index("metric")
    right = int(((probabilities >= 0.5) == outcomes).sum())
    low, high = proportion_confint(right, len(outcomes), method="wilson")
    # N - 1 instead of N in the variance
    assert tuple(table.loc["accuracy", ["ci_low", "ci_high"]]) == pytest.approx((low, high), abs=2e-4)


def test_a_perfect_ranking_has_no_interval() -> None:
    """Nothing varies from which to learn how sure it is."""
    outcomes = np.array([0, 0, 1, 1])
    estimate = auc_within_folds(outcomes.astype(float), scored(outcomes.astype(float), outcomes))
    assert estimate.value == 1
    assert np.isnan([estimate.ci_low, estimate.ci_high]).all()


def test_without_pairs_there_is_no_area() -> None:
    """Every fold has one outcome only."""
    outcomes = np.array([0, 0, 1, 1])
    estimate = auc_within_folds(np.full(4, 0.5), scored(np.full(4, 0.5), outcomes, folds=outcomes))
    assert np.isnan(estimate.value)


def test_what_cannot_be_evaluated_has_all_its_rows() -> None:
    """Without values."""
    assert no_metrics()["metric"].tolist() == list(METRICS)
    assert no_metrics().iloc[:, 1:].isna().all(axis=None)


def test_intervals_cover_where_users_share_groups() -> None:
    """Five scores of 200 draws of 100 groups: 179 to 198 is the band of chance; strangers' intervals cover far less."""
    rng = np.random.default_rng(9)
    groups = np.repeat(np.arange(100), 15)

    def draw(rng: np.random.Generator, groups: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        # groups differ in what is predicted and in what becomes of them
        n = groups.max() + 1
        predicted = np.round(expit(rng.normal(-0.5, 1, n)[groups] + rng.normal(0, 0.3, len(groups))), 2).clip(0.01, 0.99)
        log_odds = np.log(predicted / (1 - predicted)) + rng.normal(0, 0.8, n)[groups]
        return predicted, (rng.random(len(groups)) < expit(log_odds)).astype(np.int64)

    truth = score_metrics(scored(*draw(rng, np.repeat(np.arange(40_000), 15)))).set_index("metric")["value"]
    covered = dict.fromkeys(("auc", "accuracy", "recall", "precision", "brier"), 0)
    covered_as_strangers = 0
    for _ in range(200):
        probabilities, outcomes = draw(rng, groups)
        table = score_metrics(scored(probabilities, outcomes, groups)).set_index("metric")
        for metric in covered:
            covered[metric] += table.loc[metric, "ci_low"] <= truth[metric] <= table.loc[metric, "ci_high"]
        strangers = auc_within_folds(probabilities, scored(probabilities, outcomes))
        covered_as_strangers += strangers.ci_low <= truth["auc"] <= strangers.ci_high
    assert all(179 <= count <= 198 for count in covered.values()), covered
    assert covered_as_strangers < 165
