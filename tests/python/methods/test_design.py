"""Patterns become model matrices: levels in order, a reference, missing numbers filled, products of what interacts."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from python_models.methods.design import design_matrix, independent_columns, wide_patterns

SOURCE = {"name": "source", "type": "categorical"}
DAYS = {"name": "days", "type": "numeric", "step": 0.5}
PATTERNS = pd.DataFrame({"source": ["b", "a", "c", "a"], "days": [0.0, 1.0, 2.0, 0.0]})
USERS = np.array([5, 2, 9, 2])


def test_the_level_of_most_users_is_the_reference() -> None:
    """Other levels follow by name."""
    design = design_matrix(PATTERNS, USERS, [SOURCE, DAYS])
    assert design.terms["term"].tolist() == ["(intercept)", "source: a", "source: b", "days"]
    assert design.terms["reference_level"].tolist()[1:3] == ["c", "c"]
    assert design.references.values.tolist() == [["source", "c"]]
    np.testing.assert_array_equal(design.matrix, [[1, 0, 1, 0], [1, 1, 0, 1], [1, 0, 0, 2], [1, 1, 0, 0]])
    assert design.is_dummy.tolist() == [False, True, True, False]


def test_a_declared_reference_is_taken_where_it_occurs() -> None:
    """One that nobody has gives way to the level of most users."""
    assert design_matrix(PATTERNS, USERS, [SOURCE | {"reference_level": "a"}]).references["level"].tolist() == ["a"]
    assert design_matrix(PATTERNS, USERS, [SOURCE | {"reference_level": "z"}]).references["level"].tolist() == ["c"]


def test_equal_levels_are_told_apart_by_name() -> None:
    """So that the reference does not depend on the order of the rows."""
    users = np.array([1, 1, 1, 0])
    assert design_matrix(PATTERNS, users, [SOURCE]).references["level"].tolist() == ["a"]
    assert design_matrix(PATTERNS[::-1], users[::-1], [SOURCE]).references["level"].tolist() == ["a"]


def test_a_level_that_nobody_has_has_no_term() -> None:
    """So that nobody is scored by it as if it were the reference."""
    design = design_matrix(PATTERNS, np.array([5, 2, 0, 2]), [SOURCE | {"reference_level": "c"}])
    assert design.terms["term"].tolist() == ["(intercept)", "source: a"]
    assert design.references["level"].tolist() == ["b"]


def test_a_missing_level_is_refused() -> None:
    """It must be a level of its own."""
    with pytest.raises(ValueError, match="feature source has missing values"):
        design_matrix(PATTERNS.assign(source=["a", None, "b", "c"]), USERS, [SOURCE])


def test_a_missing_number_is_the_mean_of_users_and_a_column_of_its_own() -> None:
    """5 users of 0, 9 of 2 and 2 of 0 days have 18/16 on average; who has none is marked."""
    design = design_matrix(PATTERNS.assign(days=[0.0, None, 2.0, 0.0]), USERS, [DAYS, SOURCE])
    assert design.terms.iloc[1:3].values.tolist() == [["days", "days", None, None], ["days: (missing)", "days", "(missing)", None]]
    np.testing.assert_array_equal(design.matrix[:, 1:3], [[0, 0], [18 / 16, 1], [2, 0], [0, 0]])
    assert design.references.values.tolist() == [["source", "c"]]


@pytest.mark.parametrize("users", [[5, 0, 9, 2], [0, 0, 0, 0]])
def test_where_nobodys_number_is_missing_there_is_no_such_column(users: list[int]) -> None:
    """Patterns that only others have are filled all the same."""
    design = design_matrix(PATTERNS.assign(days=[0.0, None, 2.0, 0.0]), np.array(users), [DAYS])
    assert design.terms["term"].tolist() == ["(intercept)", "days"]
    assert np.isfinite(design.matrix).all()


def test_a_number_that_nobody_has_says_nothing() -> None:
    """Both of its columns are combinations of the intercept."""
    design = design_matrix(PATTERNS.assign(days=[None, None, None, 1.0]), np.array([5, 2, 9, 0]), [DAYS])
    assert design.terms["term"].tolist() == ["(intercept)", "days", "days: (missing)"]
    assert independent_columns(design.matrix[:3]).tolist() == [True, False, False]


def test_interactions_are_products_and_come_last() -> None:
    """Of levels with numbers, levels with levels and numbers with numbers, in the order in which they are declared."""
    patterns = PATTERNS.assign(plan=["x", "y", "y", "x"], tickets=[3.0, 1.0, None, 5.0])
    features: list[dict[str, Any]] = [SOURCE, DAYS, {"name": "plan", "type": "categorical"}, {"name": "tickets", "type": "numeric"}]
    interactions = [("source", "days"), ("plan", "source"), ("days", "tickets")]
    design = design_matrix(patterns, USERS, features, interactions)
    plain = design_matrix(patterns, USERS, features)
    assert plain.terms["term"].tolist()[1:] == ["source: a", "source: b", "days", "plan: x", "tickets", "tickets: (missing)"]
    np.testing.assert_array_equal(design.matrix[:, :7], plain.matrix)
    assert design.terms.iloc[7:].values.tolist() == [
        ["source: a x days", "source x days", "a", None],
        ["source: b x days", "source x days", "b", None],
        ["plan: x x source: a", "plan x source", "x x a", None],
        ["plan: x x source: b", "plan x source", "x x b", None],
        ["days x tickets", "days x tickets", None, None],
    ]
    _, a, b, days, plan, tickets, _ = plain.matrix.T
    np.testing.assert_array_equal(design.matrix[:, 7:], np.column_stack([a * days, b * days, plan * a, plan * b, days * tickets]))
    assert design.products == ((7, 1, 3), (8, 2, 3), (9, 4, 1), (10, 4, 2), (11, 3, 5))
    assert design.is_product.tolist() == [False] * 7 + [True] * 5
    assert not design.is_dummy[7:].any()


@pytest.mark.parametrize("interaction", [("source", "source"), ("source", "age"), ("source",), ("source", "days", "days")])
def test_an_interaction_is_of_two_different_features(interaction: tuple[str, ...]) -> None:
    """Anything else is refused, with what there is."""
    with pytest.raises(ValueError, match=r"two different features of the model, which has \['source', 'days'\]"):
        design_matrix(PATTERNS, USERS, [SOURCE, DAYS], [interaction])


def test_an_unknown_type_is_refused() -> None:
    """With what there is."""
    with pytest.raises(ValueError, match="'ordinal'; it can be categorical or numeric"):
        design_matrix(PATTERNS, USERS, [SOURCE | {"type": "ordinal"}])


def test_long_rows_become_wide_patterns() -> None:
    """In the order of pattern_id, whatever that of the rows."""
    rows = [(2, "source", "b", None), (1, "days", None, 3.0), (1, "source", "a", None), (2, "days", None, 0.0)]
    values = pd.DataFrame(rows, columns=["pattern_id", "attribute", "level", "number"])
    patterns = wide_patterns(values, [SOURCE, DAYS])
    assert patterns.index.tolist() == [1, 2]
    assert patterns["source"].tolist() == ["a", "b"]
    assert patterns["days"].tolist() == [3.0, 0.0]


@pytest.mark.parametrize("missing", [[(2, "days", None, None)], []])
def test_a_number_that_is_missing_stays_so(missing: list[tuple[int, str, None, None]]) -> None:
    """Whether its row is there or not."""
    rows = [(1, "days", None, 3.0), (1, "source", "a", None), (2, "source", "b", None), *missing]
    patterns = wide_patterns(pd.DataFrame(rows, columns=["pattern_id", "attribute", "level", "number"]), [SOURCE, DAYS])
    assert patterns["days"].isna().tolist() == [False, True]
    assert design_matrix(patterns, np.array([1, 2]), [SOURCE, DAYS]).matrix[:, 2].tolist() == [3, 3]


def test_no_patterns_are_a_matrix_without_rows() -> None:
    """And without levels."""
    values = pd.DataFrame({"pattern_id": [], "attribute": [], "level": [], "number": []})
    design = design_matrix(wide_patterns(values, [SOURCE, DAYS]), np.array([], dtype=int), [SOURCE, DAYS])
    assert design.matrix.shape == (0, 2)


def test_no_patterns_have_no_interactions() -> None:
    """But those of numbers, which are columns without levels."""
    values = pd.DataFrame({"pattern_id": [], "attribute": [], "level": [], "number": []})
    features: list[dict[str, Any]] = [SOURCE, DAYS, DAYS | {"name": "tickets"}]
    design = design_matrix(wide_patterns(values, features), np.array([], dtype=int), features, [("source", "days"), ("days", "tickets")])
    assert design.terms["term"].tolist() == ["(intercept)", "days", "tickets", "days x tickets"]


@pytest.mark.parametrize("rows", [4, 50, 5_000])
def test_columns_that_others_determine_are_found(rows: int) -> None:
    """Sums, multiples, zeros and constants beside the intercept, also where numbers are large, and where rows are fewer than columns."""
    rng = np.random.default_rng(0)
    one, two = (np.resize(pattern, rows).astype(float) for pattern in ([0, 1], [0, 0, 1, 1]))
    other = rng.normal(size=rows)
    ones, zeros = np.ones(rows), np.zeros(rows)
    matrix = np.column_stack([ones, one, zeros, two * 1e6, 1 - one, 7 * ones, one + 2 * two, other, other * 1e-6 + one])
    assert independent_columns(matrix).tolist() == [True, True, False, True, False, False, False, True, False]
