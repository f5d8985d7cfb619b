"""Tests of tables agree with scipy, and with counting every table."""

from fractions import Fraction
from itertools import permutations, product
from math import comb, prod

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import chi2, chi2_contingency, f, fisher_exact
from scipy.stats.contingency import association

from python_models.methods.contingency import (
    chi_square,
    chi_square_p_value,
    cramers_v,
    deflated_p_value,
    fisher_exact_test,
    hypergeometric_p_value,
    monte_carlo_p_value,
    smallest_expected,
    table_monte_carlo_p_value,
)

Integers = NDArray[np.int64]


def tables(seed: int, number: int, most_levels: int, most_users: int) -> list[tuple[Integers, Integers]]:
    """Random tables, each with performers and others."""
    rng = np.random.default_rng(seed)
    drawn: list[tuple[Integers, Integers]] = []
    while len(drawn) < number:
        users = rng.integers(1, most_users, rng.integers(2, most_levels + 1))
        performers = rng.binomial(users, rng.choice([0.02, 0.2, 0.5, 0.97]))
        if 0 < performers.sum() < users.sum():
            drawn.append((users, performers))
    return drawn


def all_tables(users: Integers, performers: Integers) -> list[tuple[Fraction, Fraction]]:
    """Probability and Pearson statistic, up to a factor, of every table with the same margins."""
    total, performed = int(users.sum()), int(performers.sum())
    every = [cells for cells in product(*(range(int(count) + 1) for count in users)) if sum(cells) == performed]
    return [
        (
            Fraction(prod(comb(int(count), cell) for count, cell in zip(users, cells, strict=True)), comb(total, performed)),
            sum(
                ((cell - Fraction(int(count) * performed, total)) ** 2 / int(count) for count, cell in zip(users, cells, strict=True)),
                start=Fraction(0),
            ),
        )
        for cells in every
    ]


def exact_p_value(users: Integers, performers: Integers) -> float:
    """Share of all tables whose Pearson statistic is at least that of this one."""
    total, performed = int(users.sum()), int(performers.sum())
    observed = sum(
        (int(cell) - Fraction(int(count) * performed, total)) ** 2 / int(count) for count, cell in zip(users, performers, strict=True)
    )
    return float(sum(probability for probability, statistic in all_tables(users, performers) if statistic >= observed))


@pytest.mark.parametrize("yates", [False, True])
def test_chi_square_is_that_of_scipy(yates: bool) -> None:
    """Small and large tables; Yates's correction for two levels."""
    for users, performers in tables(1, 200, 2 if yates else 12, 300):
        expected = chi2_contingency(np.column_stack([performers, users - performers]), correction=yates)
        assert chi_square(users, performers, yates=yates) == pytest.approx(expected.statistic, rel=1e-9, abs=1e-12)
        assert smallest_expected(users, performers) == pytest.approx(expected.expected_freq.min(), rel=1e-12)
        p_value = chi_square_p_value(expected.statistic, len(users) - 1)
        assert p_value == pytest.approx(expected.pvalue, rel=1e-9)


def test_known_figures() -> None:
    """132 of 497 against 70 of 503."""
    users, performers = np.array([497, 503]), np.array([132, 70])
    corrected = float(chi_square(users, performers, yates=True))
    assert corrected == pytest.approx(24.0110, abs=5e-5)
    assert float(chi_square_p_value(corrected, 1)) == pytest.approx(9.579e-7, abs=5e-11)
    assert float(chi_square(users, performers)) == pytest.approx(24.789, abs=5e-4)


def test_stacked_tables_are_tested_one_by_one() -> None:
    """The last axis is the levels."""
    stacked = tables(2, 40, 2, 90)
    users, performers = (np.stack([table[side] for table in stacked]) for side in (0, 1))
    for yates in (False, True):
        np.testing.assert_array_equal(chi_square(users, performers, yates=yates), [chi_square(*table, yates=yates) for table in stacked])


def test_fisher_by_enumeration() -> None:
    """All tables that are at most as likely, in fractions; nobody and everybody performing included."""
    drawn = [*tables(3, 150, 2, 14), (np.array([4, 6]), np.array([0, 0])), (np.array([4, 6]), np.array([4, 6]))]
    for users, performers in drawn:
        performed = int(performers.sum())
        chances = {
            cell: Fraction(comb(int(users[0]), cell) * comb(int(users[1]), performed - cell), comb(int(users.sum()), performed))
            for cell in range(max(0, performed - int(users[1])), min(int(users[0]), performed) + 1)
        }
        expected = float(sum(chance for chance in chances.values() if chance <= chances[int(performers[0])]))
        odds, p_value = fisher_exact_test(users, performers)
        assert p_value == pytest.approx(expected, rel=1e-9)
        (a, c), (b, d) = performers, users - performers
        if b * c > 0:
            assert odds == pytest.approx(a * d / (b * c))
        else:
            assert odds == np.inf if a * d > 0 else np.isnan(odds)


def test_random_tables_against_every_table() -> None:
    """Ties counted: with margins given few values are possible, and many are equal."""
    draws = 20_000
    fixed = [
        (np.array([3, 3, 3]), np.array([2, 1, 0])),
        (np.array([5, 5, 1]), np.array([0, 5, 1])),
        (np.array([1, 1, 1]), np.array([1, 0, 0])),
    ]
    for seed, (users, performers) in enumerate([*fixed, *tables(4, 12, 4, 7)]):
        expected = exact_p_value(users, performers)
        p_value = monte_carlo_p_value(users, performers, draws=draws, generator=np.random.default_rng(seed))
        assert abs(p_value - expected) <= 4 * np.sqrt(expected * (1 - expected) / draws) + 1 / draws


def test_the_observed_table_is_one_of_the_random_ones() -> None:
    """Never 0."""
    users, performers = np.array([50, 50, 50]), np.array([50, 0, 0])
    assert monte_carlo_p_value(users, performers, draws=99, generator=np.random.default_rng(0)) == 0.01


def test_a_thousand_levels() -> None:
    """In chunks; independent levels of one user each have but one possible statistic."""
    users = np.ones(1000, dtype=np.int64)
    performers = (np.arange(1000) % 5 == 0).astype(np.int64)
    assert monte_carlo_p_value(users, performers, draws=4001, generator=np.random.default_rng(0)) == 1
    users, performers = users * 3, np.where(np.arange(1000) < 200, 3, 0)
    assert monte_carlo_p_value(users, performers, draws=999, generator=np.random.default_rng(0)) == 0.001


@pytest.mark.parametrize("design_degrees", [float("nan"), 9.0])
def test_random_tables_and_design_effects(design_degrees: float) -> None:
    """Where expected counts are large the random tables are the chi-square, or F, distribution."""
    users, performers = np.array([400, 500, 600, 300]), np.array([80, 130, 138, 50])
    draws, effect = 20_000, 1.7
    expected = float(chi_square_p_value(chi_square(users, performers) / effect, 3, design_degrees))
    p_value = monte_carlo_p_value(
        users, performers, draws=draws, generator=np.random.default_rng(1), design_effect=effect, design_degrees=design_degrees
    )
    assert 0.01 < expected < 0.2
    assert p_value == pytest.approx(expected, abs=5 * np.sqrt(expected / draws))


def test_design_effects_leave_power_where_levels_are_many() -> None:
    """A statistic of four times its expectation is no chance at a design effect of 1.3."""
    users, performers = np.full(1000, 4), np.where(np.arange(1000) < 300, 4, 0)
    assert chi_square(users, performers) > 3900
    options = {"design_effect": 1.3, "design_degrees": 100.0}
    assert monte_carlo_p_value(users, performers, draws=999, generator=np.random.default_rng(0), **options) == 0.001


@pytest.mark.parametrize(
    "cells", [[[2, 1, 0], [0, 1, 2], [1, 0, 2]], [[3, 0], [1, 2], [0, 2]], [[2, 2, 1, 0], [0, 1, 1, 2]], [[1, 0, 0], [0, 1, 0], [0, 0, 1]]]
)
def test_random_tables_of_any_number_of_columns(cells: list[list[int]]) -> None:
    """The share of permutations of the users' columns whose statistic is at least as large, ties counted."""
    table = np.array(cells)
    rows, columns = (np.repeat(places, table.ravel()) for places in np.indices(table.shape).reshape(2, -1))
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    distinct = np.array(sorted(set(permutations(columns.tolist()))))
    drawn = np.zeros((len(distinct), *table.shape))
    for place, order in enumerate(distinct):
        np.add.at(drawn[place], (rows, order), 1)
    statistics = ((drawn - expected) ** 2 / expected).sum(axis=(1, 2))
    observed = ((table - expected) ** 2 / expected).sum()
    exact, draws = (statistics >= observed - 1e-9).mean(), 20_000
    p_value = table_monte_carlo_p_value(table, draws=draws, generator=np.random.default_rng(2))
    assert p_value == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / draws) + 1 / draws)


@pytest.mark.parametrize(("effect", "degrees"), [(1.0, float("nan")), (1.6, 5.0)])
def test_random_tables_of_two_columns(effect: float, degrees: float) -> None:
    """Performed or not are two columns: the same p-value, but for chance."""
    users, performers = np.array([12, 9, 15, 4]), np.array([6, 1, 3, 2])
    table, draws = np.column_stack([performers, users - performers]), 20_000
    options = {"design_effect": effect, "design_degrees": degrees}
    by_levels = monte_carlo_p_value(users, performers, draws=draws, generator=np.random.default_rng(1), **options)
    by_cells = table_monte_carlo_p_value(table, draws=draws, generator=np.random.default_rng(1), **options)
    assert by_cells == pytest.approx(by_levels, abs=5 * np.sqrt(2 * by_levels * (1 - by_levels) / draws))


@pytest.mark.parametrize("design_degrees", [float("nan"), 4.0])
def test_random_tables_of_many_users(design_degrees: float) -> None:
    """Where expected counts are large, chi-square or F."""
    table, draws, effect = np.array([[80, 120, 95], [150, 160, 190], [60, 90, 95], [44, 30, 41]]), 20_000, 1.2
    statistic = chi2_contingency(table, correction=False).statistic / effect
    expected = float(chi_square_p_value(statistic, 6, design_degrees))
    assert 0.01 < expected < 0.4
    p_value = table_monte_carlo_p_value(
        table, draws=draws, generator=np.random.default_rng(1), design_effect=effect, design_degrees=design_degrees
    )
    assert p_value == pytest.approx(expected, abs=5 * np.sqrt(expected / draws))


def test_random_tables_of_a_thousand_levels() -> None:
    """In chunks; the observed table is one of them."""
    table = np.zeros((1000, 5), dtype=np.int64)
    table[np.arange(1000), np.arange(1000) % 5] = 4
    assert table_monte_carlo_p_value(table, draws=499, generator=np.random.default_rng(0)) == 0.002


def test_cells_with_the_margins_given() -> None:
    """Twice the smaller one-sided p-value of Fisher, never above 1, also for cells that are empty or full."""
    for table in (np.array([[3, 1, 0], [2, 8, 5], [0, 4, 9]]), np.array([[7, 0], [0, 9]])):
        rows, columns = (places.ravel() for places in np.indices(table.shape))
        expected = []
        for row, column in zip(rows, columns, strict=True):
            cell, of_row, of_column = table[row, column], table[row].sum(), table[:, column].sum()
            four = [[cell, of_row - cell], [of_column - cell, table.sum() - of_row - of_column + cell]]
            expected.append(min(1, 2 * min(fisher_exact(four, alternative=side).pvalue for side in ("less", "greater"))))
        np.testing.assert_allclose(hypergeometric_p_value(table, rows, columns), expected, rtol=1e-9)


def test_tails() -> None:
    """Chi-square, or F where the design effect is estimated; both agree for many degrees."""
    assert float(chi_square_p_value(7.0, 3)) == pytest.approx(chi2.sf(7.0, 3))
    assert float(chi_square_p_value(7.0, 3, 5.0)) == pytest.approx(f.sf(7.0 / 3, 3, 15))
    assert float(chi_square_p_value(7.0, 3, 1e7)) == pytest.approx(chi2.sf(7.0, 3), rel=1e-4)


def test_p_values_move_on_the_scale_of_chi_square() -> None:
    """Independent users: not at all; a chi-square p-value: to that of the divided statistic; 0 and 1 stay."""
    p_values = np.array([0.0, 1e-9, 0.03, 0.7, 1.0])
    np.testing.assert_array_equal(deflated_p_value(p_values, 1, 1.0), p_values)
    statistics = np.array([0.1, 5.0, 30.0])
    np.testing.assert_allclose(deflated_p_value(chi2.sf(statistics, 1), 1, 1.6), chi2.sf(statistics / 1.6, 1), rtol=1e-6)
    np.testing.assert_allclose(deflated_p_value(chi2.sf(statistics, 1), 1, 1.6, 8.0), f.sf(statistics / 1.6, 1, 8), rtol=1e-6)
    assert deflated_p_value(p_values, 1, 2.5, 8.0)[[0, 4]].tolist() == [0, 1]
    assert (deflated_p_value(p_values, 1, 2.5, 8.0) >= p_values).all()


def test_users_in_organisations() -> None:
    """An attribute of organisations, 20 a level with 10 users each, is rejected as often as said only when divided by its design effect."""
    rng = np.random.default_rng(5)
    sets, organisations, size = 1000, 20, 10
    rates = rng.beta(2, 6, (sets, 2, organisations))
    performers = rng.binomial(size, rates)
    totals = performers.sum(axis=2)
    users = np.full((sets, 2), organisations * size)
    deviations = performers - totals[:, :, None] / organisations
    clustered = (deviations**2).sum(axis=2) * organisations / (organisations - 1) / users**2
    overall = totals.sum(axis=1) / users.sum(axis=1)
    effect = clustered.sum(axis=1) / (overall * (1 - overall) * (1 / users).sum(axis=1))
    statistic = chi_square(users, totals)
    rejected = (chi_square_p_value(statistic / effect, 1, 2.0 * (organisations - 1)) <= 0.05).sum()
    assert 30 <= rejected <= 73
    assert (chi_square_p_value(statistic, 1) <= 0.05).sum() > 100


def test_cramers_v_by_hand() -> None:
    """The correction of Bergsma, written with rows and columns, and scipy's V for many users."""
    for users, performers in tables(6, 200, 8, 60):
        statistic, total = float(chi_square(users, performers)), int(users.sum())
        rows, columns = len(users), 2
        if total <= rows + 1:
            continue
        phi = max(0, statistic / total - (rows - 1) * (columns - 1) / (total - 1))
        row_number, column_number = (number - (number - 1) ** 2 / (total - 1) for number in (rows, columns))
        expected = np.sqrt(phi / min(row_number - 1, column_number - 1))
        assert cramers_v(statistic, total, rows) == pytest.approx(expected, abs=1e-12)
        phi = max(0, statistic / total - (rows - 1) * 4 / (total - 1))
        row_number, column_number = (number - (number - 1) ** 2 / (total - 1) for number in (rows, 5))
        if total > max(rows, 5) + 1:
            by_chance = min(1.0, np.sqrt(phi / min(row_number - 1, column_number - 1)))
            assert cramers_v(statistic, total, rows, columns=5) == pytest.approx(by_chance, abs=1e-12)
    users, performers = np.array([300_000, 400_000]), np.array([30_000, 80_000])
    plain = association(np.column_stack([performers, users - performers]), method="cramer", correction=False)
    assert cramers_v(float(chi_square(users, performers)), 700_000, 2) == pytest.approx(plain, abs=1e-4)


def test_cramers_v_at_the_edges() -> None:
    """Perfect association is 1, none is 0, hardly more users than levels is nothing."""
    assert cramers_v(60.0, 60, 2) == pytest.approx(1)
    assert cramers_v(0.0, 60, 5) == 0
    assert np.isnan(cramers_v(1.0, 1, 2))
    assert np.isnan(cramers_v(30.0, 30, 30))
    assert np.isnan(cramers_v(30.0, 30, 3, columns=30))
    assert cramers_v(120.0, 60, 3, columns=3) == pytest.approx(1)
