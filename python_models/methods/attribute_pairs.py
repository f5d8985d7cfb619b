"""Which levels of an attribute differ from which, where the attribute is associated with the action."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from python_models.methods.attribute_tests import agreed, rejection_level
from python_models.methods.contingency import (
    LEAST_EXPECTED,
    chi_square,
    chi_square_p_value,
    deflated_p_value,
    fisher_exact_test,
    smallest_expected,
)
from python_models.methods.logit import q_values
from python_models.methods.proportions import difference_interval
from python_models.methods.tables import as_declared

# the columns of `pair_table`, with their SQL types
PAIR_COLUMNS = {
    "action": "varchar",
    "attribute": "varchar",
    "level": "varchar",
    "other_level": "varchar",
    "users": "bigint",
    "performers": "bigint",
    "other_users": "bigint",
    "other_performers": "bigint",
    "difference": "double",
    "ci_low": "double",
    "ci_high": "double",
    "ci_level": "double",
    "test": "varchar",
    "p_value": "double",
    "q_value": "double",
    "q_limit": "double",
    "design_effect": "double",
    "verdict": "varchar",
}

# 1,225 pairs: more can neither be read, nor leave enough of alpha for one of them
MOST_LEVELS = 50


def pair_table(groups: pd.DataFrame, counted: pd.DataFrame, tests: pd.DataFrame, *, alpha: float) -> pd.DataFrame:
    """Compares the levels of every attribute whose test found a difference, two by two.

    The pairs of an action and attribute are a family, tested at alpha R / m, where R of the m tests of the action found a difference
    (Benjamini and Bogomolov 2014); with R' of m' pairs rejected their intervals have the level 1 - max(R', 1) / m' alpha R / m. `q_value`
    is that of Benjamini and Hochberg within the family, to be compared with `q_limit`, alpha R / m.

    Parameters
    ----------
    groups, counted
        As for `attribute_tests.test_table`.
    tests
        What it returned.
    alpha
        As it was given there.

    Returns
    -------
    pandas.DataFrame
        Columns `PAIR_COLUMNS`, attributes as in `tests`, the level before the other level in their order; of attributes with many levels
        the 50 of most users. Verdict is different or no_evidence, by the rule of `attribute_tests.agreed`.

    References
    ----------
    Benjamini Y, Bogomolov M (2014). Selective inference on multiple families of hypotheses. JRSS B 76, 297-318.
    """
    levels = dict(list(groups[groups["users"] > 0].groupby(["action", "attribute"])))
    designs = counted.set_index(["action", "attribute"])[["design_effect", "design_degrees"]]
    found = tests[(tests["verdict"] == "different") & (tests["type"] != "numeric")]
    tested = tests.dropna(subset="q_value")
    left = {action: alpha * (some["verdict"] == "different").sum() / len(some) for action, some in tested.groupby("action")}
    tables = [
        _pairs(
            levels[test["action"], test["attribute"]], *designs.loc[(test["action"], test["attribute"])], alpha=left[test["action"]]
        ).assign(action=test["action"], attribute=test["attribute"])
        for test in found.to_dict("records")
    ]
    return as_declared([row for table in tables for row in table.to_dict("records")], PAIR_COLUMNS)


def _pairs(levels: pd.DataFrame, design_effect: float, design_degrees: float, *, alpha: float) -> pd.DataFrame:
    """The pairs of one action and attribute."""
    largest = levels.sort_values(["users", "level_order", "level"], ascending=[False, True, True])[:MOST_LEVELS]
    ordered = largest.sort_values(["level_order", "level"])
    names = ordered["level"].to_numpy()
    first, second = np.triu_indices(len(ordered), k=1)
    users, performers = (ordered[name].to_numpy(dtype=np.int64)[np.column_stack([first, second])] for name in ("users", "performers"))
    tests, p_values = _tested(users, performers, design_effect, design_degrees)
    q_value = q_values(p_values)
    left = rejection_level(q_value, alpha)
    bounds = difference_interval(
        users[:, 0],
        performers[:, 0],
        users[:, 1],
        performers[:, 1],
        alpha=left,
        design_effect=design_effect,
        design_degrees=design_degrees,
    )
    low, high, verdicts = agreed(q_value, *bounds, alpha)
    columns: dict[str, Any] = {
        "level": names[first],
        "other_level": names[second],
        "users": users[:, 0],
        "performers": performers[:, 0],
        "other_users": users[:, 1],
        "other_performers": performers[:, 1],
        "difference": performers[:, 0] / users[:, 0] - performers[:, 1] / users[:, 1],
        "ci_low": low,
        "ci_high": high,
        "ci_level": 1 - left,
        "test": tests,
        "p_value": p_values,
        "q_value": q_value,
        "q_limit": alpha,
        "design_effect": design_effect,
        "verdict": verdicts,
    }
    return pd.DataFrame(columns)


def _tested(
    users: NDArray[np.int64], performers: NDArray[np.int64], design_effect: float, design_degrees: float
) -> tuple[NDArray[np.str_], NDArray[np.float64]]:
    """Names and p-values of the tests of pairs; shape (pairs, 2) in, (pairs,) out."""
    is_large = smallest_expected(users, performers) >= LEAST_EXPECTED
    p_values = np.empty(len(users))
    statistic = chi_square(users[is_large], performers[is_large], yates=True) / design_effect
    p_values[is_large] = chi_square_p_value(statistic, 1, design_degrees)
    exact = np.array([fisher_exact_test(*pair)[1] for pair in zip(users[~is_large], performers[~is_large], strict=True)])
    p_values[~is_large] = deflated_p_value(exact, 1, design_effect, design_degrees)
    return np.where(is_large, "chi_square_yates", "fisher_exact"), p_values
