"""Shares of users: differences with intervals, and group sizes against declared shares."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chisquare, norm, t
from statsmodels.stats.proportion import confint_proportions_2indep

Array = NDArray[np.float64]

# the normal tail beyond it is 0 in floating point; intervals that wide say nothing in any case
LARGEST_QUANTILE = 37.0


def difference_interval(
    users: Any,
    performers: Any,
    other_users: Any,
    other_performers: Any,
    *,
    alpha: float,
    design_effect: Any = 1.0,
    design_degrees: Any = float("nan"),
) -> tuple[Array, Array]:
    """Returns the bounds of the difference of two shares, the first minus the other, by Newcombe's method without correction.

    Parameters
    ----------
    users, performers, other_users, other_performers
        Counts of the two groups, numbers or arrays of one shape; users at least 1.
    alpha
        1 minus the level of the interval.
    design_effect
        How many times larger the variance is than that of independent users; all counts are divided by it.
    design_degrees
        Degrees of freedom that the design effect is known with: Student's quantile takes the place of the normal one. NaN: it is no
        estimate.

    References
    ----------
    Newcombe RG (1998). Interval estimation for the difference between independent proportions: comparison of eleven methods. Statistics
    in Medicine 17, 873-890. Method 10.
    """
    counts = (np.asarray(count, dtype=np.float64) / design_effect for count in (performers, users, other_performers, other_users))
    quantile = np.where(np.isnan(design_degrees), norm.isf(alpha / 2), t.isf(alpha / 2, design_degrees))
    normal_alpha = 2 * norm.sf(np.minimum(quantile, LARGEST_QUANTILE))
    low, high = confint_proportions_2indep(*counts, method="newcomb", alpha=normal_alpha)
    return np.asarray(low), np.asarray(high)


def sample_ratio_p_value(users: NDArray[np.int64], shares: Array) -> float:
    """Tests group sizes against the shares that they were meant to have, by the chi-square test of goodness of fit.

    Parameters
    ----------
    users
        Users of each group, shape (groups,).
    shares
        Declared share of each group, shape (groups,), with sum 1; 0 for a group that was not declared.

    Returns
    -------
    float
        0 if somebody is in a group of share 0; NaN without users.
    """
    if users[shares == 0].any():
        return 0.0
    users, shares = users[shares > 0], shares[shares > 0]
    if users.sum() == 0:
        return float("nan")
    if len(users) == 1:
        return 1.0
    return float(chisquare(users, users.sum() * shares / shares.sum()).pvalue)
