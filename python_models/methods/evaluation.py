"""How well probabilities fit outcomes: scores with intervals that allow for users who share a cluster.

Rows stand for several users: `successes` of `trials` users had the outcome, all with the same score, fold and group. A group below 0 means
that every user is a group of their own.
"""

from dataclasses import dataclass, fields, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit
from scipy.stats import norm, t
from statsmodels.stats.proportion import proportion_confint

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

FEW_GROUPS = 30
# of equal size; with fewer there is no interval
FEWEST_GROUPS = 2.0
METRICS = (
    "auc",
    "auc_hard",
    "accuracy",
    "baseline_accuracy",
    "precision",
    "recall",
    "specificity",
    "f1",
    "predicted_share",
    "brier",
    "baseline_brier",
    "brier_gain",
    "mean_predicted",
    "observed_share",
)


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval; NaN where it is not defined."""

    value: float
    ci_low: float = float("nan")
    ci_high: float = float("nan")


@dataclass(frozen=True)
class Scored:
    """Scores and outcomes.

    Attributes
    ----------
    probabilities
        Of the outcome, shape (rows,), from a fit that did not see the row.
    baseline
        The share of the outcome among the rows of that fit, shape (rows,): what one would say knowing nothing of a user.
    trials, successes
        Users and users with the outcome, shape (rows,).
    groups, folds
        Shape (rows,).
    """

    probabilities: Array
    baseline: Array
    trials: Integers
    successes: Integers
    groups: Integers
    folds: Integers

    def where(self, chosen: NDArray[np.bool_]) -> "Scored":
        """Returns the rows of a mask."""
        return Scored(*(getattr(self, field.name)[chosen] for field in fields(self)))

    @property
    def predicted(self) -> Array:
        """1 where the outcome is predicted, at 0.5, else 0, shape (rows,)."""
        return (self.probabilities >= 0.5).astype(np.float64)

    @property
    def performers(self) -> "Scored":
        """The users with the outcome alone."""
        return replace(self, trials=self.successes).where(self.successes > 0)

    @property
    def others(self) -> "Scored":
        """The users without the outcome alone."""
        failures = self.trials - self.successes
        return replace(self, trials=failures, successes=np.zeros_like(failures)).where(failures > 0)

    @cached_property
    def shared(self) -> NDArray[np.bool_]:
        """Whether the row's users share a group, shape (rows,)."""
        shared = np.asarray(self.groups >= 0)
        # one group alone says nothing of how groups differ: its users count as independent, as in a fit
        return shared if (~shared).any() or len(np.unique(self.groups)) > 1 else np.zeros(len(shared), dtype=bool)

    @cached_property
    def group_places(self) -> Integers:
        """The groups of the shared rows, numbered from 0, shape (shared rows,)."""
        return np.unique(self.groups[self.shared], return_inverse=True)[1]

    @cached_property
    def number_of_groups(self) -> int:
        """Groups, single users included."""
        return int(self.group_places.max(initial=-1)) + 1 + int(self.trials[~self.shared].sum())


def score_metrics(scored: Scored) -> pd.DataFrame:
    """Returns one row per metric: metric, value, ci_low, ci_high.

    auc ranks by probability, auc_hard by the prediction at 0.5 (the mean of recall and specificity); accuracy predicts at 0.5,
    baseline_accuracy what most users do, baseline_brier the mean; brier_gain is by how much the predictions beat the mean, user by user;
    mean_predicted and observed_share should agree. precision, recall, specificity and f1 are of the prediction at 0.5, too, and
    predicted_share is the share of users for whom it is the outcome: 0 where the outcome is never predicted. Then precision is missing
    and f1 is 0, as in scikit-learn.
    """
    hard, performers, others = scored.predicted, scored.performers, scored.others
    usual = (scored.baseline >= 0.5).astype(np.float64)
    estimates = {
        "auc": auc_within_folds(scored.probabilities, scored),
        "auc_hard": auc_within_folds(hard, scored),
        "accuracy": share_of_users(hard, 1 - hard, scored),
        "baseline_accuracy": share_of_users(usual, 1 - usual, scored),
        "precision": observed_share(scored.where(hard == 1)),
        "recall": share_of_users(performers.predicted, performers.predicted, performers),
        "specificity": share_of_users(1 - others.predicted, 1 - others.predicted, others),
        "f1": _f1(scored),
        "predicted_share": share_of_users(hard, hard, scored),
        "brier": mean_of_users((1 - scored.probabilities) ** 2, scored.probabilities**2, scored),
        "baseline_brier": mean_of_users((1 - scored.baseline) ** 2, scored.baseline**2, scored),
        "brier_gain": mean_of_users(
            (1 - scored.baseline) ** 2 - (1 - scored.probabilities) ** 2,
            scored.baseline**2 - scored.probabilities**2,
            scored,
            lowest=-1.0,
        ),
        "mean_predicted": Estimate(float(np.average(scored.probabilities, weights=scored.trials))),
        "observed_share": observed_share(scored),
    }
    rows = [(metric, estimates[metric].value, estimates[metric].ci_low, estimates[metric].ci_high) for metric in METRICS]
    return pd.DataFrame(rows, columns=["metric", "value", "ci_low", "ci_high"])


def no_metrics() -> pd.DataFrame:
    """Returns the rows of `score_metrics` without values, for an evaluation that cannot be made."""
    missing = np.full(len(METRICS), np.nan)
    return pd.DataFrame({"metric": METRICS, "value": missing, "ci_low": missing, "ci_high": missing})


def auc_within_folds(scores: Array, scored: Scored) -> Estimate:
    """Area under the ROC curve, pairs taken within one fold only, with the interval of Obuchowski (1997) on the logit scale.

    The error sums the placement values within each group; with one user a group and one fold it is that of DeLong. Where an area is 0 or 1
    no interval is given.

    References
    ----------
    Obuchowski NA (1997). Nonparametric analysis of clustered ROC curve data. Biometrics 53, 567-578.
    """
    area, of_success, of_failure = _placements(scores, scored)
    error = np.sqrt(_sum_of_squares_by_group(of_success, of_failure, scored))
    if not (0 < area < 1 and error > 0):
        return Estimate(area)
    quantile = _quantile(scored)
    if not np.isfinite(quantile):
        return Estimate(area)
    middle, reach = logit(area), quantile * error / (area * (1 - area))
    return Estimate(area, float(expit(middle - reach)), float(expit(middle + reach)))


def auc_difference(scores: Array, others: Array, scored: Scored) -> Estimate:
    """By how much one score ranks better than another: the difference of the areas of `auc_within_folds` on the same rows.

    The error sums the differences of the placement values within each group, so that what makes both scores right or wrong together
    cancels; with one user a group and one fold it is that of DeLong et al. for two correlated areas. Two scores that rank alike differ by 0
    and have no interval.

    Parameters
    ----------
    scores, others
        The two scores, shape (rows,).
    scored
        The rows; their own probabilities are not used.

    References
    ----------
    DeLong ER, DeLong DM, Clarke-Pearson DL (1988). Comparing the areas under two or more correlated receiver operating characteristic
    curves. Biometrics 44, 837-845.
    """
    area, of_success, of_failure = _placements(scores, scored)
    other_area, other_of_success, other_of_failure = _placements(others, scored)
    difference = area - other_area
    error = np.sqrt(_sum_of_squares_by_group(of_success - other_of_success, of_failure - other_of_failure, scored))
    quantile = _quantile(scored)
    if not (error > 0 and np.isfinite(quantile)):
        return Estimate(difference)
    return Estimate(difference, max(-1.0, difference - quantile * error), min(1.0, difference + quantile * error))


def share_of_users(of_success: Array, of_failure: Array, scored: Scored) -> Estimate:
    """Share of users of whom something holds, with Wilson's interval at the number of users that as many strangers would be worth.

    Without users it is NaN.

    Parameters
    ----------
    of_success, of_failure
        1 where it holds of the row's users with the outcome, and of those without it, else 0; shape (rows,).
    scored
        The rows.
    """
    if not scored.trials.any():
        return Estimate(float("nan"))
    value, error = _mean(of_success, of_failure, scored)
    quantile = _quantile(scored)
    if not np.isfinite(quantile):
        return Estimate(value)
    users = float(scored.trials.sum())
    variance = value * (1 - value)
    # where all are alike nothing shows how alike groups are: then each counts as one user
    effect = max(1.0, error**2 * users / variance) if variance > 0 else users / scored.number_of_groups
    low, high = proportion_confint(value * users / effect, users / effect, alpha=2 * norm.sf(quantile), method="wilson")
    return Estimate(value, min(value, float(low)), max(value, float(high)))  # at 0 and 1 rounding leaves a bound on the wrong side


def observed_share(scored: Scored) -> Estimate:
    """Share of users with the outcome, as in `share_of_users`."""
    rows = len(scored.trials)
    return share_of_users(np.ones(rows), np.zeros(rows), scored)


def mean_of_users(of_success: Array, of_failure: Array, scored: Scored, lowest: float = 0.0) -> Estimate:
    """Mean over users of a value, with an interval from the sums of groups; arguments as in `share_of_users`, values `lowest` to 1."""
    value, error = _mean(of_success, of_failure, scored)
    quantile = _quantile(scored)
    if not np.isfinite(quantile):
        return Estimate(value)
    reach = quantile * error
    return Estimate(value, max(lowest, value - reach), min(1.0, value + reach))


def _placements(scores: Array, scored: Scored) -> tuple[float, Array, Array]:
    """The area, and by how much a user with the outcome and one without it move it away from its value, shape (rows,) each."""
    numerator = denominator = 0.0
    of_success, of_failure = np.zeros(len(scores)), np.zeros(len(scores))
    for fold in np.unique(scored.folds):
        rows = np.flatnonzero(scored.folds == fold)
        levels, place = np.unique(scores[rows], return_inverse=True)
        positive = np.bincount(place, weights=scored.successes[rows], minlength=len(levels))
        negative = np.bincount(place, weights=(scored.trials - scored.successes)[rows], minlength=len(levels))
        pairs = positive.sum() * negative.sum()
        if pairs == 0:
            continue
        beats = (np.cumsum(negative) - negative / 2) / negative.sum()
        is_beaten = 1 - (np.cumsum(positive) - positive / 2) / positive.sum()
        area = float(positive @ beats) / positive.sum()
        numerator += pairs * area
        denominator += pairs
        of_success[rows] = pairs * (beats[place] - area) / positive.sum()
        of_failure[rows] = pairs * (is_beaten[place] - area) / negative.sum()
    if denominator == 0:
        return float("nan"), of_success, of_failure
    return numerator / denominator, of_success / denominator, of_failure / denominator


def _f1(scored: Scored) -> Estimate:
    """Harmonic mean of precision and recall; NaN where the outcome neither occurs nor is predicted."""
    either = float(scored.predicted @ scored.trials) + float(scored.successes.sum())
    return Estimate(2 * float(scored.predicted @ scored.successes) / either if either else float("nan"))


def _mean(of_success: Array, of_failure: Array, scored: Scored) -> tuple[float, float]:
    users = scored.trials.sum()
    value = float(of_success @ scored.successes + of_failure @ (scored.trials - scored.successes)) / users
    return value, float(np.sqrt(_sum_of_squares_by_group((of_success - value) / users, (of_failure - value) / users, scored)))


def _sum_of_squares_by_group(of_success: Array, of_failure: Array, scored: Scored) -> float:
    """Variance of a sum over users, from the sums of the groups."""
    failures = scored.trials - scored.successes
    sums = np.bincount(scored.group_places, weights=(scored.successes * of_success + failures * of_failure)[scored.shared])
    alone = (scored.successes * of_success**2 + failures * of_failure**2)[~scored.shared]
    groups = scored.number_of_groups
    return float((sums @ sums + alone.sum()) * groups / (groups - 1)) if groups > 1 else 0.0


def _quantile(scored: Scored) -> float:
    """By how many errors an interval reaches to either side; infinite, so that there is none, where one group has nearly all users."""
    if not scored.shared.any():
        groups = scored.number_of_groups
        return float(t(groups - 1).ppf(0.975)) if 1 < groups < FEW_GROUPS else float(norm.ppf(0.975))
    sizes = np.bincount(scored.group_places, weights=scored.trials[scored.shared])
    alone = scored.trials[~scored.shared].sum()
    worth = (sizes.sum() + alone) ** 2 / ((sizes**2).sum() + alone)
    return float(t(worth - 1).ppf(0.975)) if worth >= FEWEST_GROUPS else float("inf")
