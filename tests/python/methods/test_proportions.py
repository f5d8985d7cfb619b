"""Intervals of differences are Newcombe's, and group sizes are compared with declared shares."""

from itertools import product
from math import isnan

import numpy as np
import pytest
from scipy.stats import chi2, norm, t

from python_models.methods.proportions import difference_interval, sample_ratio_p_value


def newcombe(table: tuple[float, float, float, float], quantile: float) -> tuple[float, float]:
    """The interval from the roots of Wilson's quadratic, for (users, performers, other users, other performers)."""
    bounds, rates = [], []
    for users, performers in (table[:2], table[2:]):
        rate = performers / users
        roots = np.roots([1 + quantile**2 / users, -2 * rate - quantile**2 / users, rate**2])
        rates.append(rate)
        bounds.append(np.sort(roots.real))
    (first, second), difference = rates, rates[0] - rates[1]
    low = difference - np.hypot(first - bounds[0][0], bounds[1][1] - second)
    return float(low), float(difference + np.hypot(bounds[0][1] - first, second - bounds[1][0]))


def test_the_published_example() -> None:
    """56 of 70 against 48 of 80: Newcombe (1998), table II, method 10."""
    low, high = difference_interval(70, 56, 80, 48, alpha=0.05)
    assert (round(float(low), 4), round(float(high), 4)) == (0.0524, 0.3339)


@pytest.mark.parametrize("alpha", [0.2, 0.05, 0.0004])
def test_the_interval_by_its_definition(alpha: float) -> None:
    """On a grid with single users, with nobody and with everybody performing."""
    groups = [(users, performers) for users in (1, 2, 7, 400) for performers in {0, 1, users // 2, users}]
    tables = np.array([first + second for first, second in product(groups, groups)])
    low, high = difference_interval(*tables.T, alpha=alpha)
    expected = np.array([newcombe(tuple(table), norm.isf(alpha / 2)) for table in tables.astype(float)])
    np.testing.assert_allclose(np.column_stack([low, high]), expected, atol=1e-7)
    difference = tables[:, 1] / tables[:, 0] - tables[:, 3] / tables[:, 2]
    assert (low >= -1 - 1e-12).all()
    assert (high <= 1 + 1e-12).all()
    assert ((low <= difference) & (difference <= high)).all()


def test_a_design_effect_counts_as_fewer_users() -> None:
    """Its degrees widen the quantile to Student's."""
    interval = difference_interval(300, 90, 200, 30, alpha=0.05, design_effect=2.0)
    np.testing.assert_allclose(interval, difference_interval(150, 45, 100, 15, alpha=0.05), atol=1e-12)
    interval = difference_interval(300, 90, 200, 30, alpha=0.05, design_effect=2.0, design_degrees=7.0)
    np.testing.assert_allclose(interval, newcombe((150, 45, 100, 15), t.isf(0.025, 7)), atol=1e-9)


def test_the_widest_interval_is_a_number() -> None:
    """One degree of freedom and a small alpha: quantiles for which the normal tail is 0."""
    low, high = difference_interval(300, 90, 200, 30, alpha=1e-6, design_effect=1.5, design_degrees=1.0)
    assert -1 <= low < -0.5
    assert 0.5 < high <= 1


@pytest.mark.parametrize(("users", "shares"), [([480, 520], [0.5, 0.5]), ([700, 200, 95], [0.7, 0.2, 0.1]), ([0, 30], [0.1, 0.9])])
def test_group_sizes_by_the_definition_of_chi_square(users: list[int], shares: list[float]) -> None:
    """Sum of squared deviations over expected sizes."""
    expected = np.array(shares) * sum(users)
    p_value = chi2.sf(((users - expected) ** 2 / expected).sum(), len(users) - 1)
    assert sample_ratio_p_value(np.array(users), np.array(shares)) == pytest.approx(p_value, rel=1e-9)


def test_group_sizes_at_the_edges() -> None:
    """A group that should not be there, one group, nobody."""
    assert sample_ratio_p_value(np.array([500, 500, 1]), np.array([0.5, 0.5, 0.0])) == 0
    assert sample_ratio_p_value(np.array([500, 0]), np.array([1.0, 0.0])) == 1
    assert isnan(sample_ratio_p_value(np.array([0, 0]), np.array([0.5, 0.5])))
    assert isnan(sample_ratio_p_value(np.array([], dtype=np.int64), np.array([])))
