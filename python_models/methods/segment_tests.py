"""Which attributes are associated with the segment that users are in: one test for each attribute, then the cells of those that are."""

from dataclasses import dataclass
from functools import cached_property
from math import ceil, floor
from typing import Any
from zlib import crc32

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats.contingency import expected_freq

from python_models.methods.attribute_tests import LEAST_DRAWS, MENTIONED_ABOVE
from python_models.methods.contingency import (
    LEAST_EXPECTED,
    chi_square_p_value,
    cramers_v,
    deflated_p_value,
    hypergeometric_p_value,
    table_monte_carlo_p_value,
)
from python_models.methods.logit import q_values
from python_models.methods.tables import as_declared

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

# the columns of `attribute_table`, with their SQL types
ATTRIBUTE_COLUMNS = {
    "attribute": "varchar",
    "test": "varchar",
    "reason": "varchar",
    "statistic": "double",
    "degrees_of_freedom": "integer",
    "p_value": "double",
    "q_value": "double",
    "effect_size": "double",
    "effect_size_name": "varchar",
    "design_effect": "double",
    "users": "bigint",
    "levels": "bigint",
    "segments": "bigint",
    "verdict": "varchar",
}

# the columns of `cell_table`, with their SQL types
CELL_COLUMNS = {
    "attribute": "varchar",
    "level": "varchar",
    "segment_id": "integer",
    "users": "bigint",
    "share_of_segment": "double",
    "share_of_level": "double",
    "lift": "double",
    "adjusted_residual": "double",
    "p_value": "double",
    "q_value": "double",
    "q_limit": "double",
}

# where there are fewer, one or two can hold most of the users: the common shares then follow them, and the rest differs from those as a
# whole, which no sum over organisations shows
LEAST_ORGANISATIONS = 10


@dataclass(frozen=True)
class Table:
    """Levels by segments of one attribute, all of them with users.

    Attributes
    ----------
    users
        Of each cell, shape (levels, segments).
    squares
        Sum over organisations of the squares of what they add to users less expected users, shape (levels, segments).
    level_support, segment_support
        Organisations of equal size that would tell as much of a level, shape (levels,), and of a segment, shape (segments,).
    is_clustered
        Whether users share organisations.
    """

    users: Integers
    squares: Array
    level_support: Array
    segment_support: Array
    is_clustered: bool

    @property
    def degrees(self) -> int:
        """Degrees of freedom of independence."""
        return (len(self.level_support) - 1) * (len(self.segment_support) - 1)

    @cached_property
    def expected(self) -> Array:
        """Users that independence would lead to, shape (levels, segments)."""
        return np.asarray(expected_freq(self.users), dtype=np.float64)

    @property
    def variance(self) -> Array:
        """Variance of users less expected users where users are independent, shape (levels, segments)."""
        users = self.users
        total = users.sum()
        return np.asarray(self.expected * (1 - users.sum(axis=1, keepdims=True) / total) * (1 - users.sum(axis=0, keepdims=True) / total))

    @cached_property
    def organisations(self) -> float:
        """Organisations of equal size that would tell as much of all users, at least.

        The squared sizes of organisations sum to no more than the square of the sum, over levels, of users / sqrt(support) (Minkowski); so
        they do over segments. NaN where users are independent.
        """
        if not self.is_clustered:
            return float("nan")
        users = self.users
        sides = ((users.sum(axis=1), self.level_support), (users.sum(axis=0), self.segment_support))
        return float(max((users.sum() / (side / np.sqrt(support)).sum()) ** 2 for side, support in sides))

    @property
    def inflation(self) -> float:
        """By what squares are too small, because their own users are part of the shares that they are taken from."""
        return self.organisations / (self.organisations - 1)

    @property
    def design_effect(self) -> float:
        """How many times larger chi-square is by organisations alone, at least 1 (Rao and Scott)."""
        if not self.is_clustered:
            return 1.0
        return float(max(1.0, (self.squares / self.expected).sum() / self.degrees * self.inflation))

    @property
    def cell_effects(self) -> Array:
        """The same of the variance of each cell, shape (levels, segments); at least that of the table, as few users tell little of it."""
        if not self.is_clustered:
            return np.ones(self.users.shape)
        return np.maximum(self.design_effect, self.squares / self.variance * self.inflation)

    @property
    def cell_degrees(self) -> Array:
        """Degrees of freedom that these are known with, shape (levels, segments); NaN where users are independent."""
        if not self.is_clustered:
            return np.full(self.users.shape, np.nan)
        support = np.minimum(self.level_support[:, None], self.segment_support)
        return np.asarray(np.minimum(support, self.organisations) - 1)


@dataclass(frozen=True)
class Case:
    """One attribute.

    Attributes
    ----------
    counts
        Its row of `attributes`.
    cells
        Its rows of `cells`, by level and segment.
    """

    counts: dict[str, Any]
    cells: pd.DataFrame

    @property
    def name(self) -> str:
        """Name of the attribute."""
        return str(self.counts["attribute"])

    @property
    def users(self) -> int:
        """Users whose level is known."""
        return int(self.cells["users"].sum())

    @cached_property
    def counted(self) -> pd.DataFrame:
        """Cells of levels and segments that have users."""
        return self.cells[(_totals(self.cells, "level") > 0) & (_totals(self.cells, "segment_id") > 0)]

    @cached_property
    def table(self) -> Table:
        """The test's table."""
        cells = self.counted
        columns = {name: cells[name].to_numpy(dtype=np.float64) for name in ("users", "squares", "level_support", "segment_support")}
        square = {name: column.reshape(cells["level"].nunique(), -1) for name, column in columns.items()}
        return Table(
            users=square["users"].astype(np.int64),
            squares=square["squares"],
            level_support=square["level_support"][:, 0],
            segment_support=square["segment_support"][0],
            is_clustered=bool(self.counts["is_clustered"]),
        )


def attribute_table(cells: pd.DataFrame, attributes: pd.DataFrame, *, alpha: float, min_users: int, seed: int) -> pd.DataFrame:
    """Tests every attribute against the segments; the attributes that are tested are one family.

    Chi-square, divided by its design effect where users share organisations (Rao and Scott 1981), or compared with random tables of the
    same margins where fewer than 5 users are expected somewhere. Its reference is then F, with one degree of freedom less than there are
    organisations of equal size that would tell as much: the design effect is one estimate, however many cells it is an average of.

    Parameters
    ----------
    cells
        One row per attribute, level and segment, also where there is nobody: attribute, level, segment_id, users; squares (sum over
        organisations of the square of n(level, segment) - p n(level) - q n(segment) + p q n, where p and q are the shares of segment and
        level, and a user without an organisation is one alone); level_support, segment_support (organisations of equal size that would
        tell as much of the users of the level, and of the segment: the squared sum of their users over the sum of squares). Users
        whose level is unknown are left out.
    attributes
        One row per attribute: attribute, levels (before small ones are pooled), is_clustered (whether users share organisations),
        has_too_many_levels, reason_untested (missing where it may be tested).
    alpha
        Share of false discoveries that is accepted.
    min_users
        Users that a test needs.
    seed
        Of the random tables, together with the attribute's name.

    Returns
    -------
    pandas.DataFrame
        Columns `ATTRIBUTE_COLUMNS`, by attribute. Verdict is not_tested, too_many_levels or too_few_users where nothing was tested, with
        the reason; different where the q-value (Benjamini and Hochberg) is at most alpha; else no_evidence. The effect size is Cramer's
        V, corrected for its bias.

    References
    ----------
    Rao JNK, Scott AJ (1981). The analysis of categorical data from complex sample surveys: chi-squared tests for goodness of fit and
    independence in two-way tables. JASA 76, 221-230.
    Kish L (1965). Survey sampling. Wiley.
    """
    return _tests(_cases(cells, attributes), alpha, min_users, seed)


def cell_table(cells: pd.DataFrame, attributes: pd.DataFrame, *, alpha: float, min_users: int, seed: int) -> pd.DataFrame:
    """Says how the users of each level are spread over the segments, and where an attribute is different, in which cells.

    The cells of an attribute are a family, to be tested at alpha R / m, where R of the m attributes tested are different (Benjamini and
    Bogomolov 2014). The p-value of a cell is that of its adjusted residual (Haberman 1973), from Student's distribution where users share
    organisations; where fewer than 5 independent users are expected it is exact, from the hypergeometric distribution.

    Parameters
    ----------
    cells, attributes, alpha, min_users, seed
        As for `attribute_table`.

    Returns
    -------
    pandas.DataFrame
        Columns `CELL_COLUMNS`, by attribute, level and segment. Shares are missing where there is nobody to share; lift is the share of
        the segment over that of everybody. adjusted_residual, p_value, q_value (Benjamini and Hochberg within the attribute) and q_limit
        (alpha R / m, which q_value is to be compared with) only for attributes that are different; no p-value for a cell that fewer than
        two organisations tell of.

    References
    ----------
    Haberman SJ (1973). The analysis of residuals in cross-classified tables. Biometrics 29, 205-220.
    Benjamini Y, Bogomolov M (2014). Selective inference on multiple families of hypotheses. JRSS B 76, 297-318.
    """
    cases = _cases(cells, attributes)
    tests = _tests(cases, alpha, min_users, seed)
    is_different = (tests["verdict"] == "different").to_numpy()
    limit = alpha * is_different.sum() / max(tests["p_value"].count(), 1)
    tables = [
        _shares(case.cells).join(_residuals(case).assign(q_limit=limit) if different else pd.DataFrame(index=case.cells.index))
        for case, different in zip(cases, is_different, strict=True)
    ]
    return as_declared([row for table in tables for row in table.to_dict("records")], CELL_COLUMNS)


def _cases(cells: pd.DataFrame, attributes: pd.DataFrame) -> list[Case]:
    """Attributes by name, with their cells."""
    ordered = cells.sort_values(["attribute", "level", "segment_id"], ignore_index=True)
    by_attribute = dict(list(ordered.groupby("attribute")))
    rows = sorted(attributes.to_dict("records"), key=lambda row: str(row["attribute"]))
    return [Case(row, by_attribute.get(row["attribute"], ordered[:0])) for row in rows]


def _totals(cells: pd.DataFrame, column: str) -> "pd.Series[float]":
    """Users of the level, or of the segment, of each cell."""
    return cells["users"].groupby(cells[column]).transform("sum").astype(np.float64)


def _tests(cases: list[Case], alpha: float, min_users: int, seed: int) -> pd.DataFrame:
    """Rows of all attributes, the tested ones as one family."""
    segments = {segment for case in cases for segment in case.cells["segment_id"]}
    refusals = [_refusal(case, len(segments), min_users) for case in cases]
    # so many that a p-value of alpha / m, what the first of m rejections takes, is known to 5 %
    draws = max(LEAST_DRAWS, ceil(20 * refusals.count(None) / alpha) - 1)
    outcomes = [
        _test(case, draws, seed) if refusal is None else dict(zip(("verdict", "reason"), refusal, strict=True))
        for case, refusal in zip(cases, refusals, strict=True)
    ]
    rows = [dict.fromkeys(ATTRIBUTE_COLUMNS) | _description(case) | outcome for case, outcome in zip(cases, outcomes, strict=True)]
    table = as_declared(rows, ATTRIBUTE_COLUMNS)
    q_value = q_values(table["p_value"].to_numpy())
    judged = np.where(q_value <= alpha, "different", "no_evidence")
    return table.assign(q_value=q_value, verdict=table["verdict"].where(np.isnan(q_value), judged))


def _description(case: Case) -> dict[str, Any]:
    """What holds of an attribute whether it is tested or not."""
    segments = case.counted["segment_id"].nunique()
    return {"attribute": case.name, "users": case.users, "levels": case.counts["levels"], "segments": segments}


def _refusal(case: Case, segments: int, min_users: int) -> tuple[str, str] | None:
    """Verdict and reason of an attribute that is not tested, or None."""
    if pd.notna(case.counts["reason_untested"]):
        return "not_tested", str(case.counts["reason_untested"])
    if segments == 1:
        return "not_tested", "one segment"
    if case.counts["has_too_many_levels"]:
        return "too_many_levels", f"levels: {case.counts['levels']:,}, more than are tested"
    reason = _shortage(case, min_users)
    return ("too_few_users", reason) if reason else None


def _shortage(case: Case, min_users: int) -> str:
    """Of what an attribute has too little to be tested; empty if of nothing."""
    counted = case.counted
    for name, count, needed in [
        ("users", case.users, max(min_users, 1)),
        ("levels with users", counted["level"].nunique(), 2),
        ("segments with users", counted["segment_id"].nunique(), 2),
    ]:
        if count < needed:
            return f"{name}: {count:,}, at least {needed:,} are needed"
    organisations = case.table.organisations
    if organisations < LEAST_ORGANISATIONS:
        # rounded down, so that 9.96 does not read 10.0
        return f"organisations: as many as {floor(organisations * 10) / 10} of equal size, at least {LEAST_ORGANISATIONS} are needed"
    return ""


def _test(case: Case, draws: int, seed: int) -> dict[str, Any]:
    """Figures of a test before it is seen among the others of its family."""
    table = case.table
    expected, degrees, effect = table.expected, table.degrees, table.design_effect
    levels, segments = table.users.shape
    statistic = float(((table.users - expected) ** 2 / expected).sum()) / effect
    # the design effect is one estimate, not one for each degree of the test: a large organisation moves all cells at once
    design_degrees = (table.organisations - 1) / degrees
    is_large = expected.min() >= LEAST_EXPECTED
    if is_large:
        test, name = "chi_square", "chi-square"
        p_value = float(chi_square_p_value(statistic, degrees, design_degrees))
    else:
        test, name = "monte_carlo", f"chi-square against {draws:,} random tables"
        p_value = table_monte_carlo_p_value(
            table.users,
            draws=draws,
            generator=np.random.default_rng([seed, crc32(case.name.encode())]),
            design_effect=effect,
            design_degrees=design_degrees,
        )
    smallest = floor(expected.min() * 10) / 10
    return {
        "test": test,
        "reason": f"smallest expected count {smallest}, {levels:,} levels, {segments:,} segments: {name}{_of_organisations(table)}",
        "statistic": statistic,
        "degrees_of_freedom": degrees if is_large else None,
        "p_value": p_value,
        "effect_size": cramers_v(statistic, table.users.sum() / effect, levels, segments),
        "effect_size_name": "cramers_v",
        "design_effect": effect,
    }


def _of_organisations(table: Table) -> str:
    """What the reason of a test adds where users are not independent."""
    if not table.is_clustered:
        return ""
    effect = table.design_effect
    divided = f"; divided by the design effect {effect:.2f} of users in organisations" if effect > MENTIONED_ABOVE else ""
    return f"{divided}; {table.organisations - 1:,.1f} degrees of freedom, as users sit in organisations"


def _shares(cells: pd.DataFrame) -> pd.DataFrame:
    """Users of each cell, and their shares."""
    of_level, of_segment = (_totals(cells, column).where(lambda users: users > 0) for column in ("level", "segment_id"))
    share = cells["users"] / of_segment
    return cells[["attribute", "level", "segment_id", "users"]].assign(
        share_of_segment=share,
        share_of_level=cells["users"] / of_level,
        lift=share / (of_level / cells["users"].sum()),
    )


def _residuals(case: Case) -> pd.DataFrame:
    """Adjusted residuals of the cells that are in the table, with p-values and q-values."""
    table = case.table
    effects, degrees = table.cell_effects, table.cell_degrees
    residuals = (table.users - table.expected) / np.sqrt(table.variance * effects)
    p_values = chi_square_p_value(residuals**2, 1, degrees)
    is_small = _smallest_of_four(table.users) < LEAST_EXPECTED * effects
    levels, segments = np.nonzero(is_small)
    exact = hypergeometric_p_value(table.users, levels, segments)
    p_values[is_small] = deflated_p_value(exact, 1, effects[is_small], degrees[is_small])
    p_values[degrees < 1] = np.nan
    figures = {"adjusted_residual": residuals.ravel(), "p_value": p_values.ravel(), "q_value": q_values(p_values.ravel())}
    return pd.DataFrame(figures, index=case.counted.index)


def _smallest_of_four(users: Integers) -> Array:
    """Smallest expected count of each cell's table of four, its level or another by its segment or another; shape (levels, segments)."""
    total = users.sum()
    of_levels, of_segments = users.sum(axis=1), users.sum(axis=0)
    return np.asarray(np.outer(np.minimum(of_levels, total - of_levels), np.minimum(of_segments, total - of_segments)) / total)
