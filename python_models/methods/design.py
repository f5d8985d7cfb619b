"""Model matrices of covariate patterns."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

INTERCEPT = "(intercept)"
# share of a column's length that must stay when all columns before it are taken out; below it the column says nothing new
ALIASED_BELOW = 1e-7


@dataclass(frozen=True)
class Feature:
    """How a column enters a regression.

    Attributes
    ----------
    name
        Column of the patterns.
    type
        categorical (one term for each level but one) or numeric (one term, linear).
    reference_level
        The level that the others are compared with; None means the level of most users.
    step
        To what multiple a number was rounded down before patterns were made; the fit takes the values as they come.
    """

    name: str
    type: str
    reference_level: str | None = None
    step: float = 1

    def __post_init__(self) -> None:
        """Refuses a type that does not exist."""
        if self.type not in ("categorical", "numeric"):
            raise ValueError(f"feature {self.name} is of type '{self.type}'; it can be categorical or numeric")


@dataclass(frozen=True)
class Design:
    """A model matrix and what its columns mean.

    Attributes
    ----------
    matrix
        Patterns x terms; the first column is the intercept.
    terms
        One row per column of the matrix: term, attribute, level, reference_level. Level is None for numeric features.
    references
        One row per categorical feature: attribute, level, which is the reference level.
    """

    matrix: NDArray[np.float64]
    terms: pd.DataFrame
    references: pd.DataFrame

    @property
    def is_dummy(self) -> NDArray[np.bool_]:
        """Whether a term stands for a level, shape (terms,)."""
        return np.asarray(self.terms["level"].notna())


def wide_patterns(values: pd.DataFrame, features: list[dict[str, Any]]) -> pd.DataFrame:
    """Returns one row per pattern, with a column per feature: levels as text, numbers as numbers.

    Parameters
    ----------
    values
        One row per pattern and feature: pattern_id, attribute, level, number.
    features
        Declarations, see `Feature`.
    """
    index = pd.Index(np.sort(values["pattern_id"].unique()), name="pattern_id")
    patterns = pd.DataFrame(index=index)
    for feature in features:
        rows = values[values["attribute"] == feature["name"]].set_index("pattern_id")
        patterns[feature["name"]] = rows["level" if feature["type"] == "categorical" else "number"].reindex(index)
    return patterns


def design_matrix(patterns: pd.DataFrame, users: NDArray[np.int64], features: list[dict[str, Any]]) -> Design:
    """Builds the model matrix: an intercept, then the features in their order, levels by name.

    Parameters
    ----------
    patterns
        One row per pattern, a column per feature; see `wide_patterns`.
    users
        Users of each pattern, shape (patterns,). Levels without any have no term; where no reference level is declared, or nobody has it,
        it is that of most users.
    features
        Declarations, see `Feature`.

    Raises
    ------
    ValueError
        If a value is missing: what is missing must be a level of its own.
    """
    columns: list[NDArray[np.float64]] = [np.ones(len(patterns))]
    terms: list[tuple[str, str | None, str | None, str | None]] = [(INTERCEPT, None, None, None)]
    references: list[tuple[str, str]] = []
    for feature in (Feature(**declared) for declared in features):
        values = patterns[feature.name]
        if values.isna().any():
            raise ValueError(f"feature {feature.name} has missing values; make them a level of their own, '(missing)'")
        if feature.type == "numeric":
            columns.append(values.to_numpy(dtype=np.float64))
            terms.append((feature.name, feature.name, None, None))
            continue
        counts = pd.Series(users, index=pd.Index(values)).groupby(level=0).sum().sort_index()
        counts = counts[counts > 0]  # a level that only others have says nothing here, and has no term
        if counts.empty:
            continue
        declared_level = feature.reference_level
        reference = declared_level if declared_level is not None and declared_level in counts.index else str(counts.idxmax())
        references.append((feature.name, reference))
        for level in counts.index:
            if level != reference:
                columns.append((values == level).to_numpy(dtype=np.float64))
                terms.append((f"{feature.name}: {level}", feature.name, level, reference))
    return Design(
        np.column_stack(columns),
        pd.DataFrame(terms, columns=["term", "attribute", "level", "reference_level"], dtype=object),
        pd.DataFrame(references, columns=["attribute", "level"], dtype=object),
    )


def independent_columns(matrix: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tells the columns that are no linear combination of those before them, shape (columns,)."""
    kept = np.zeros(matrix.shape[1], dtype=bool)
    basis = np.empty((matrix.shape[0], 0))
    for place in range(matrix.shape[1]):
        length = np.linalg.norm(matrix[:, place])
        if length == 0:
            continue
        rest = matrix[:, place] / length
        for _ in range(2):  # the second pass takes out what rounding left in
            rest = rest - basis @ (basis.T @ rest)
        left = np.linalg.norm(rest)
        if left > ALIASED_BELOW:
            kept[place] = True
            basis = np.column_stack([basis, rest / left])
    return kept
