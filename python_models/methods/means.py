"""Means of two groups of users: Welch's t, Hedges's g and a permutation test for small groups."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import poch
from scipy.stats import t

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

DRAWS_AT_A_TIME = 200_000
# means of one set of numbers in another order differ by rounding; they are ties
TIED_WITHIN = 1e-11
# equal numbers that are no binary fractions have a mean, and deviations from it, with rounding errors
CONSTANT_WITHIN = 1e-12


@dataclass(frozen=True)
class Moments:
    """Users of a group, with the mean and the sample variance (ddof 1) of a number; NaN where they are not defined."""

    users: int
    mean: float
    variance: float

    @property
    def is_constant(self) -> bool:
        """Whether all users have the same number, up to rounding; so has a single user."""
        return self.users < 2 or self.variance <= (CONSTANT_WITHIN * self.mean) ** 2

    @property
    def sum_of_squares(self) -> float:
        """Sum of squared deviations from the mean."""
        return 0.0 if self.is_constant else (self.users - 1) * self.variance

    @property
    def variance_of_mean(self) -> float:
        """Squared standard error of the mean; NaN for a single user."""
        if self.users < 2:
            return float("nan")
        return 0.0 if self.is_constant else self.variance / self.users


@dataclass(frozen=True)
class MeanDifference:
    """Difference of the means of two groups, the first minus the second, with unequal variances (Welch 1947).

    Attributes
    ----------
    value
        The difference.
    error
        Standard error, design effect included; NaN where a group has fewer than two users.
    degrees
        Of freedom: Welch's, or those of the design effect where they are fewer.
    pooled_deviation
        Standard deviation within the groups, pooled; NaN where no group has two users.
    small_sample_factor
        Hedges's J, which removes the bias of a standardised difference; exact.

    References
    ----------
    Welch BL (1947). The generalization of "Student's" problem when several different population variances are involved. Biometrika 34,
    28-35.
    Hedges LV (1981). Distribution theory for Glass's estimator of effect size and related estimators. Journal of Educational Statistics 6,
    107-128.
    """

    value: float
    error: float
    degrees: float
    pooled_deviation: float
    small_sample_factor: float

    @property
    def statistic(self) -> float:
        """Welch's t, divided by the square root of the design effect."""
        return self.value / self.error

    @property
    def p_value(self) -> float:
        """Two-sided."""
        return float(2 * t.sf(abs(self.statistic), self.degrees))

    @property
    def hedges_g(self) -> float:
        """The difference in pooled standard deviations, without small-sample bias; NaN where these are 0 or unknown."""
        return self.value * self._scale

    def hedges_interval(self, alpha: float) -> tuple[float, float]:
        """Returns Welch's interval on the scale of g: at level 1 - alpha it excludes 0 exactly where Welch's p-value is below alpha."""
        reach = float(t.isf(alpha / 2, self.degrees)) * self.error
        return (self.value - reach) * self._scale, (self.value + reach) * self._scale

    @property
    def _scale(self) -> float:
        return self.small_sample_factor / self.pooled_deviation if self.pooled_deviation > 0 else float("nan")


def mean_difference(first: Moments, second: Moments, *, design_effect: float = 1.0, design_degrees: float = float("nan")) -> MeanDifference:
    """Compares the means of two groups, each with at least one user.

    Parameters
    ----------
    first, second
        The groups.
    design_effect
        How many times larger the variance is than that of independent users.
    design_degrees
        Degrees of freedom that the design effect is known with; NaN: it is no estimate.
    """
    variances = np.array([first.variance_of_mean, second.variance_of_mean])
    within = first.users + second.users - 2
    degrees = float("nan")
    if variances.sum() > 0:
        shares = variances / variances.sum()  # shares, because squares of small variances would be 0
        degrees = float(1 / (shares**2 / [first.users - 1, second.users - 1]).sum())
    return MeanDifference(
        value=first.mean - second.mean,
        error=float(np.sqrt(variances.sum() * design_effect)),
        degrees=float(np.fmin(degrees, design_degrees)),
        pooled_deviation=float(np.sqrt((first.sum_of_squares + second.sum_of_squares) / within)) if within > 0 else float("nan"),
        small_sample_factor=float(poch((within - 1) / 2, 0.5) / np.sqrt(within / 2)) if within > 1 else float("nan"),
    )


def permutation_p_value(
    numbers: Array,
    users: Integers,
    *,
    size: int,
    deviation: float,
    draws: int,
    generator: np.random.Generator,
    design_effect: float = 1.0,
    design_degrees: float = float("nan"),
) -> float:
    """Tests whether a group of users is a random one: the share of random groups whose mean lies at least as far from that of all.

    Parameters
    ----------
    numbers, users
        The distinct numbers of all users, or of a sample of them, and how many have each; shape (numbers,).
    size
        Users of the group; fewer than `users` together.
    deviation
        Mean of the group minus the mean of all.
    draws
        Number of random groups; the observed one counts among them, so that the p-value is at least 1 / (draws + 1).
    generator
        Source of randomness.
    design_effect
        How many times larger the variance is than that of independent users; the deviation is divided by its square root.
    design_degrees
        Degrees of freedom that it is known with: random deviations are then divided by the root of chi-square per degree, as those of
        Student are. NaN: it is no estimate.
    """
    centred = numbers - np.average(numbers, weights=users)
    least = abs(deviation) / np.sqrt(design_effect) - TIED_WITHIN * np.abs(numbers).max()
    hits, step = 0, max(1, DRAWS_AT_A_TIME // min(size, len(numbers)))
    for start in range(0, draws, step):
        drawn = np.abs(_means_of_random_groups(centred, users, size, min(step, draws - start), generator))
        if np.isfinite(design_degrees):
            drawn /= np.sqrt(generator.chisquare(design_degrees, size=len(drawn)) / design_degrees)
        hits += int((drawn >= least).sum())
    return (1 + hits) / (1 + draws)


def _means_of_random_groups(numbers: Array, users: Integers, size: int, draws: int, generator: np.random.Generator) -> Array:
    """Means of groups drawn without replacement, by user or, where these are fewer, by number."""
    if len(numbers) <= size:
        return np.asarray(generator.multivariate_hypergeometric(users, size, size=draws, method="marginals") @ numbers / size)
    ends = np.cumsum(users)
    chosen = np.full((draws, size), -1)
    for place, last in enumerate(range(ends[-1] - size, ends[-1])):  # Floyd's algorithm: every set of places is equally likely
        drawn = generator.integers(0, last, size=draws, endpoint=True)
        is_taken = (chosen == drawn[:, None]).any(axis=1)
        chosen[:, place] = np.where(is_taken, last, drawn)
    return np.asarray(numbers[np.searchsorted(ends, chosen, side="right")].mean(axis=1))
