"""Tables of levels by whether their users performed an action, or by what group they are in: tests of independence and their strength.

A table of two columns is given by its levels: how many users each has, and how many of them performed. A table of any number of columns is
given by its cells, shape (rows, columns).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2, f, fisher_exact, hypergeom, random_table
from scipy.stats.contingency import expected_freq

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

# below it the chi-square distribution is no good approximation (Cochran 1954)
LEAST_EXPECTED = 5
CELLS_AT_A_TIME = 2_000_000
# sums of one table's cells in another order differ by rounding; they are ties
TIED_WITHIN = 1e-9


def smallest_expected(users: Integers, performers: Integers) -> Array:
    """Returns the smallest cell that independence would lead to, over the last axis; shape (..., levels) in, (...) out."""
    total, performed = users.sum(axis=-1), performers.sum(axis=-1)
    return np.asarray(users.min(axis=-1) * np.minimum(performed, total - performed) / total)


def chi_square(users: Integers, performers: Integers, *, yates: bool = False) -> Array:
    """Returns Pearson's statistic over the last axis; shape (..., levels) in, (...) out.

    Parameters
    ----------
    users, performers
        Of each level; every level has users, and somebody performed and somebody did not.
    yates
        Whether deviations are made smaller by 0.5, or by themselves where they are smaller; for two levels.
    """
    rate = performers.sum(axis=-1, keepdims=True) / users.sum(axis=-1, keepdims=True)
    deviations = np.abs(performers - users * rate)
    if yates:
        deviations -= np.minimum(0.5, deviations)
    return np.asarray((deviations**2 / (users * rate * (1 - rate))).sum(axis=-1))


def chi_square_p_value(statistic: Any, degrees: Any, design_degrees: Any = float("nan")) -> Array:
    """Returns the tail of a chi-square statistic that was divided by its design effect.

    Parameters
    ----------
    statistic, degrees
        Chi-square after division, and its degrees of freedom.
    design_degrees
        Degrees of freedom that the design effect is known with: the reference is then F with `degrees` and `design_degrees * degrees`
        degrees for the statistic per degree. NaN: the design effect is no estimate, and the reference is chi-square.

    References
    ----------
    Rao JNK, Scott AJ (1981). The analysis of categorical data from complex sample surveys: chi-squared tests for goodness of fit and
    independence in two-way tables. JASA 76, 221-230.
    Thomas DR, Rao JNK (1987). Small-sample comparisons of level and power for simple goodness-of-fit statistics under cluster sampling.
    JASA 82, 630-636.
    """
    by_f = f.sf(np.divide(statistic, degrees), degrees, np.multiply(design_degrees, degrees))
    return np.asarray(np.where(np.isnan(design_degrees), chi2.sf(statistic, degrees), by_f))


def deflated_p_value(p_value: Any, degrees: Any, design_effect: Any, design_degrees: Any = float("nan")) -> Array:
    """Moves the p-value of a test for independent users to users in organisations, on the scale of chi-square.

    The chi-square value with this p-value is divided by the design effect and compared as in `chi_square_p_value`; a p-value of
    independent users (design effect 1, no degrees) stays.
    """
    moved = chi_square_p_value(chi2.isf(p_value, degrees) / design_effect, degrees, design_degrees)
    return np.where((np.asarray(design_effect) == 1) & np.isnan(design_degrees), p_value, moved)


def fisher_exact_test(users: Integers, performers: Integers) -> tuple[float, float]:
    """Returns the odds ratio of the first of two levels against the second, and the two-sided p-value of Fisher's exact test.

    The odds ratio is that of the sample: infinite where a cell of its denominator is empty, NaN where nobody or everybody performed.
    """
    result = fisher_exact(np.column_stack([performers, users - performers]))
    return float(result.statistic), float(result.pvalue)


def hypergeometric_p_value(table: Integers, rows: Integers, columns: Integers) -> Array:
    """Tests cells with the margins given: twice the probability of so many users or more, or of so many or fewer, whichever is smaller.

    Fisher's test, which adds up the tables that are no more probable, would take twenty seconds for 8,000 cells.

    Parameters
    ----------
    table
        Users of each cell, shape (rows, columns).
    rows, columns
        Places of the cells to be tested, shape (cells,) each.

    Returns
    -------
    numpy.ndarray
        P-values, shape (cells,).
    """
    drawn = hypergeom(table.sum(), table.sum(axis=1)[rows], table.sum(axis=0)[columns])
    users = table[rows, columns]
    return np.asarray(np.minimum(1.0, 2 * np.minimum(drawn.cdf(users), drawn.sf(users - 1))))


def monte_carlo_p_value(
    users: Integers,
    performers: Integers,
    *,
    draws: int,
    generator: np.random.Generator,
    design_effect: float = 1.0,
    design_degrees: float = float("nan"),
) -> float:
    """Tests independence with the margins given: the share of random tables whose Pearson statistic is at least as large.

    In place of chi-square as in `chi_square_p_value`, the random tables are the reference of the statistic divided by its design effect; to
    move the p-value instead, as `deflated_p_value` does, would leave nothing of it where levels are many: 1 in 10,000 is 1,170 on 999
    degrees, and a statistic of 4,000 would count as no more.

    Parameters
    ----------
    users, performers
        Of each level, shape (levels,).
    draws
        Number of random tables; the observed one counts among them, so that the p-value is at least 1 / (draws + 1).
    generator
        Source of randomness.
    design_effect
        How many times larger the variance is than that of independent users.
    design_degrees
        Degrees of freedom that it is known with: random statistics are then divided by chi-square per degree, as those of F are. NaN: it is
        no estimate.
    """
    performed = int(performers.sum())
    expected = users * (performed / users.sum())
    observed = ((performers - expected) ** 2 / users).sum() / design_effect * (1 - TIED_WITHIN)
    hits, step = 0, max(1, CELLS_AT_A_TIME // len(users))
    for start in range(0, draws, step):
        size = min(step, draws - start)
        tables = generator.multivariate_hypergeometric(users, performed, size=size, method="marginals")
        drawn = ((tables - expected) ** 2 / users).sum(axis=1)
        hits += int((_divided(drawn, len(users) - 1, design_degrees, generator) >= observed).sum())
    return (1 + hits) / (1 + draws)


def table_monte_carlo_p_value(
    table: Integers,
    *,
    draws: int,
    generator: np.random.Generator,
    design_effect: float = 1.0,
    design_degrees: float = float("nan"),
) -> float:
    """Tests independence in a table of any number of columns as `monte_carlo_p_value` does in one of two.

    Parameters
    ----------
    table
        Users of each cell, shape (rows, columns); every row and every column has users.
    draws, generator, design_effect, design_degrees
        As there.
    """
    expected = np.asarray(expected_freq(table), dtype=np.float64)
    degrees = (table.shape[0] - 1) * (table.shape[1] - 1)
    observed = ((table - expected) ** 2 / expected).sum() / design_effect * (1 - TIED_WITHIN)
    tables = random_table(table.sum(axis=1), table.sum(axis=0))
    hits, step = 0, max(1, CELLS_AT_A_TIME // table.size)
    for start in range(0, draws, step):
        size = min(step, draws - start)
        drawn = ((tables.rvs(size, random_state=generator) - expected) ** 2 / expected).sum(axis=(1, 2))
        hits += int((_divided(drawn, degrees, design_degrees, generator) >= observed).sum())
    return (1 + hits) / (1 + draws)


def _divided(statistics: Array, degrees: int, design_degrees: float, generator: np.random.Generator) -> Array:
    """Random statistics by a random design effect of so many degrees of freedom; as they are where it is no estimate."""
    if np.isnan(design_degrees):
        return statistics
    all_degrees = design_degrees * degrees
    return np.asarray(statistics * all_degrees / generator.chisquare(all_degrees, size=len(statistics)))


def cramers_v(statistic: float, users: float, levels: int, columns: int = 2) -> float:
    """Returns Cramer's V of a table of levels by columns, corrected for its bias; NaN where users are hardly more than either.

    Parameters
    ----------
    statistic
        Pearson's, without Yates's correction, divided by the design effect.
    users
        Divided by the design effect.
    levels, columns
        Of the table; performed or not are two columns.

    References
    ----------
    Bergsma W (2013). A bias-correction for Cramer's V and Tschuprow's T. Journal of the Korean Statistical Society 42, 323-328.
    """
    if users <= max(levels, columns):
        return float("nan")
    by_chance = (levels - 1) * (columns - 1) / (users - 1)
    largest = min(number - 1 - (number - 1) ** 2 / (users - 1) for number in (levels, columns))
    return float(np.sqrt(min(1.0, max(0.0, statistic / users - by_chance) / largest)))
