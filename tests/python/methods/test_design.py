"""Patterns become model matrices: levels in order, a reference, nothing missing."""

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


def test_what_is_missing_is_refused() -> None:
    """A missing value must be a level of its own."""
    with pytest.raises(ValueError, match="feature days has missing values"):
        design_matrix(PATTERNS.assign(days=[0, None, 1, 2]), USERS, [DAYS])


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


def test_no_patterns_are_a_matrix_without_rows() -> None:
    """And without levels."""
    values = pd.DataFrame({"pattern_id": [], "attribute": [], "level": [], "number": []})
    design = design_matrix(wide_patterns(values, [SOURCE, DAYS]), np.array([], dtype=int), [SOURCE, DAYS])
    assert design.matrix.shape == (0, 2)


def test_columns_that_others_determine_are_found() -> None:
    """Sums, multiples and constants beside the intercept, also where numbers are large."""
    rng = np.random.default_rng(0)
    x = rng.integers(0, 2, (50, 2)).astype(float)
    one, two = x.T
    matrix = np.column_stack([np.ones(50), one, two * 1e6, 1 - one, np.full(50, 7.0), one + 2 * two, rng.normal(size=50)])
    assert independent_columns(matrix).tolist() == [True, True, True, False, False, False, True]
