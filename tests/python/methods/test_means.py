"""Means of two groups agree with scipy on the rows, and permutations with all groups there are."""

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import norm, t, ttest_ind

from python_models.methods.means import Moments, mean_difference, permutation_p_value

Array = NDArray[np.float64]


def moments(values: Array) -> Moments:
    """Of rows."""
    return Moments(len(values), float(values.mean()), float(values.var(ddof=1)) if len(values) > 1 else float("nan"))


def pairs(seed: int, number: int) -> list[tuple[Array, Array]]:
    """Random groups of unequal size and spread; some hold whole numbers only."""
    rng = np.random.default_rng(seed)
    drawn = []
    for place in range(number):
        first, second = (rng.normal(rng.normal(0, 0.5), rng.uniform(0.2, 3), rng.integers(2, 80)) for _ in range(2))
        drawn.append((np.round(first * 4), np.round(second * 4)) if place % 2 else (first, second))
    return [pair for pair in drawn if np.var(pair[0]) + np.var(pair[1]) > 0]


def test_welch_is_that_of_scipy() -> None:
    """Statistic, degrees of freedom, p-value and interval."""
    for first, second in pairs(1, 200):
        compared = mean_difference(moments(first), moments(second))
        expected = ttest_ind(first, second, equal_var=False)
        interval = expected.confidence_interval(0.9)
        assert compared.statistic == pytest.approx(expected.statistic, rel=1e-9)
        assert compared.degrees == pytest.approx(expected.df, rel=1e-9)
        assert compared.p_value == pytest.approx(expected.pvalue, rel=1e-7)
        scale = compared.hedges_g / compared.value if compared.value else float("nan")
        assert compared.hedges_interval(0.1) == pytest.approx((interval.low * scale, interval.high * scale), rel=1e-7, nan_ok=True)


def test_hedges_g_on_rows() -> None:
    """Pooled deviation of the rows, and the mean of g over samples is the planted difference."""
    for first, second in pairs(2, 50):
        centred = np.concatenate([first - first.mean(), second - second.mean()])
        pooled = np.sqrt((centred**2).sum() / (len(centred) - 2))
        compared = mean_difference(moments(first), moments(second))
        assert compared.pooled_deviation == pytest.approx(pooled, rel=1e-12)
        approximate = 1 - 3 / (4 * (len(centred) - 2) - 1)
        assert compared.small_sample_factor == pytest.approx(approximate, rel=0.5 / len(centred) ** 2 + 1e-12)
    rng = np.random.default_rng(3)
    shifted = [mean_difference(moments(rng.normal(0.8, 1, 4)), moments(rng.normal(0, 1, 4))) for _ in range(4000)]
    g = np.array([compared.hedges_g for compared in shifted])
    uncorrected = np.array([compared.value / compared.pooled_deviation for compared in shifted])
    error = g.std() / np.sqrt(len(g))
    assert abs(g.mean() - 0.8) < 4 * error
    assert uncorrected.mean() - 0.8 > 4 * error


def test_the_factor_is_exact_for_any_size() -> None:
    """With two degrees of freedom 1 over the square root of pi; with a million n 1 - 3 / (4 n)."""
    assert mean_difference(Moments(2, 0, 1), Moments(2, 0, 1)).small_sample_factor == pytest.approx(1 / np.sqrt(np.pi), rel=1e-12)
    assert mean_difference(Moments(500_001, 0, 1), Moments(500_001, 0, 1)).small_sample_factor == pytest.approx(1 - 0.75e-6, abs=1e-11)


def test_intervals_exclude_zero_exactly_where_the_p_value_is_small() -> None:
    """With and without design effects."""
    rng = np.random.default_rng(4)
    excluded = []
    for first, second in pairs(4, 600):
        alpha = rng.choice([0.2, 0.05, 0.01])
        effect, degrees = (1.0, float("nan")) if rng.random() < 0.5 else (rng.uniform(1, 3), rng.uniform(2, 60))
        compared = mean_difference(moments(first), moments(second), design_effect=effect, design_degrees=degrees)
        low, high = compared.hedges_interval(alpha)
        excluded.append(low > 0 or high < 0)
        assert excluded[-1] == (compared.p_value < alpha)
    assert 50 < sum(excluded) < 550


def test_design_effects_divide_t() -> None:
    """By the square root; degrees are the fewer ones."""
    first, second = Moments(40, 3.0, 4.0), Moments(90, 2.0, 5.0)
    plain = mean_difference(first, second)
    divided = mean_difference(first, second, design_effect=2.25, design_degrees=11.0)
    assert divided.statistic == pytest.approx(plain.statistic / 1.5)
    assert divided.degrees == 11
    assert mean_difference(first, second, design_effect=2.25, design_degrees=1e4).degrees == plain.degrees
    assert divided.hedges_g == plain.hedges_g


def test_single_users_and_equal_values() -> None:
    """What is undefined is NaN, without a warning."""
    alone = mean_difference(Moments(1, 3.0, float("nan")), Moments(8, 2.0, 4.0))
    assert alone.hedges_g == pytest.approx(alone.small_sample_factor / 2)
    assert np.isnan(alone.hedges_interval(0.05)).all()
    assert np.isnan(mean_difference(Moments(1, 3.0, float("nan")), Moments(1, 2.0, float("nan"))).hedges_g)
    rounded = np.full(60, 0.1)
    assert rounded.var(ddof=1) > 0
    assert moments(rounded).is_constant
    assert not Moments(60, 1.7e9, 0.2).is_constant
    equal = mean_difference(Moments(5, 3.0, 0.0), Moments(8, 2.0, 0.0), design_effect=1.2, design_degrees=4.0)
    assert np.isnan(equal.hedges_g)
    assert np.isnan(equal.hedges_interval(0.05)).all()


@pytest.mark.parametrize(
    ("values", "chosen"),
    [
        ([1.0, 2.0, 2.5, 4.0, 7.0, 7.0, 9.5, 11.0], [6, 7, 4]),
        ([0.1, 0.1, 0.1, 0.2, 0.2, 0.3, 0.7], [5, 6]),
        ([18.0, 18.0, 19.0, 40.0, 41.0, 60.0], [0]),
        ([0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0], [4, 5, 6, 7, 8]),  # fewer values than users of the group
    ],
)
def test_permutations_against_every_group(values: list[float], chosen: list[int]) -> None:
    """Ties and repeated values included."""
    everybody, size, draws = np.array(values), len(chosen), 20_000
    deviation = everybody[chosen].mean() - everybody.mean()
    every = np.array([everybody[list(group)].mean() - everybody.mean() for group in combinations(range(len(values)), size)])
    expected = (np.abs(every) >= abs(deviation) - 1e-9).mean()
    numbers, users = np.unique(everybody, return_counts=True)
    p_value = permutation_p_value(numbers, users, size=size, deviation=deviation, draws=draws, generator=np.random.default_rng(0))
    assert abs(p_value - expected) <= 4 * np.sqrt(expected * (1 - expected) / draws) + 1 / draws


@pytest.mark.parametrize("design_degrees", [float("nan"), 6.0])
def test_permutations_and_design_effects(design_degrees: float) -> None:
    """Of nine users among many with normal values the mean is normal: the p-value is that of t, divided likewise."""
    values = np.random.default_rng(1).normal(50, 10, 5000)
    numbers, users = np.unique(values, return_counts=True)
    draws, deviation = 20_000, 8.0
    statistic = deviation / (values.std() / 3) / np.sqrt(1.5)
    expected = 2 * (norm.sf(statistic) if np.isnan(design_degrees) else t.sf(statistic, design_degrees))
    p_value = permutation_p_value(
        numbers,
        users,
        size=9,
        deviation=deviation,
        draws=draws,
        generator=np.random.default_rng(2),
        design_effect=1.5,
        design_degrees=design_degrees,
    )
    assert p_value == pytest.approx(expected, abs=5 * np.sqrt(expected / draws))
