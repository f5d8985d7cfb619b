"""Model matrices of covariate patterns."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[np.float64]
Term = tuple[str, str | None, str | None, str | None]
# the names of two features whose effects depend on each other
Interaction = Sequence[str]

INTERCEPT = "(intercept)"
MISSING = "(missing)"
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
        Patterns x terms; the first column is the intercept, products come last.
    terms
        One row per column of the matrix: term, attribute, level, reference_level. Level is None for numbers and their products;
        reference_level is None for them, for missing numbers and for all products.
    references
        One row per categorical feature: attribute, level, which is the reference level.
    products
        One triple for each column of an interaction: its place, and the places of the two columns that it is the product of.
    """

    matrix: Array
    terms: pd.DataFrame
    references: pd.DataFrame
    products: tuple[tuple[int, int, int], ...] = ()

    @property
    def is_product(self) -> NDArray[np.bool_]:
        """Whether a term belongs to an interaction, shape (terms,)."""
        return np.isin(np.arange(len(self.terms)), [place for place, _, _ in self.products])

    @property
    def is_dummy(self) -> NDArray[np.bool_]:
        """Whether a term stands for a level of one feature, shape (terms,)."""
        return np.asarray(self.terms["level"].notna()) & ~self.is_product

    def grown_with(self, place: int) -> dict[int, Array | float]:
        """Returns what each column is per unit of a base column: 1 for itself, the other factor, shape (patterns,), for a product."""
        grown: dict[int, Array | float] = {place: 1.0}
        for column, first, second in self.products:
            if place in (first, second):
                grown[column] = self.matrix[:, second if place == first else first]
        return grown


def wide_patterns(values: pd.DataFrame, features: list[dict[str, Any]]) -> pd.DataFrame:
    """Returns one row per pattern, with a column per feature: levels as text, numbers as numbers.

    Parameters
    ----------
    values
        One row per pattern and feature: pattern_id, attribute, level, number. A number that is missing, or has no row, is missing in
        the result.
    features
        Declarations, see `Feature`.
    """
    index = pd.Index(np.sort(values["pattern_id"].unique()), name="pattern_id")
    patterns = pd.DataFrame(index=index)
    for feature in features:
        rows = values[values["attribute"] == feature["name"]].set_index("pattern_id")
        patterns[feature["name"]] = rows["level" if feature["type"] == "categorical" else "number"].reindex(index)
    return patterns


def design_matrix(
    patterns: pd.DataFrame, users: NDArray[np.int64], features: list[dict[str, Any]], interactions: Sequence[Interaction] = ()
) -> Design:
    """Builds the model matrix: an intercept, then the features in their order, levels by name, then the interactions in theirs.

    A missing number takes the mean of the known ones over users, and a column that is 1 for who has none says by how much these differ
    from who has the mean; interactions are with the number alone.

    Parameters
    ----------
    patterns
        One row per pattern, a column per feature; see `wide_patterns`.
    users
        Users of each pattern, shape (patterns,). Levels without any have no term; where no reference level is declared, or nobody has it,
        it is that of most users. Where no user's number is missing, there is no term for missing ones.
    features
        Declarations, see `Feature`.
    interactions
        Pairs of features; each adds the products of the columns of both.

    Raises
    ------
    ValueError
        If a level is missing: what is missing must be a level of its own. If an interaction is not of two different features.
    """
    columns: list[Array] = [np.ones(len(patterns))]
    terms: list[Term] = [(INTERCEPT, None, None, None)]
    references: list[tuple[str, str]] = []
    crossed: dict[str, range] = {}
    for feature in (Feature(**declared) for declared in features):
        if feature.type == "numeric":
            added = _numeric_columns(feature, patterns[feature.name], users)
            crossed[feature.name] = range(len(columns), len(columns) + 1)
        else:
            levels = _levels(feature, patterns[feature.name], users)
            references += [(feature.name, level) for level in levels[:1]]
            added = [_level_column(feature.name, patterns[feature.name], level, levels[0]) for level in levels[1:]]
            crossed[feature.name] = range(len(columns), len(columns) + len(added))
        terms += [term for term, _ in added]
        columns += [column for _, column in added]
    products = []
    for first, second in (_checked(pair, crossed) for pair in interactions):
        for one, other in product(crossed[first], crossed[second]):
            products.append((len(columns), one, other))
            joined = " x ".join(level for level in (terms[one][2], terms[other][2]) if level is not None)
            terms.append((f"{terms[one][0]} x {terms[other][0]}", f"{first} x {second}", joined or None, None))
            columns.append(columns[one] * columns[other])
    return Design(
        np.column_stack(columns),
        pd.DataFrame(terms, columns=["term", "attribute", "level", "reference_level"], dtype=object),
        pd.DataFrame(references, columns=["attribute", "level"], dtype=object),
        tuple(products),
    )


def independent_columns(matrix: Array) -> NDArray[np.bool_]:
    """Tells the columns that are no linear combination of those before them, shape (columns,)."""
    # the columns in as few rows as there are columns: as long, and at the same angles
    columns: Array = np.asarray(np.linalg.qr(matrix, mode="r")) if matrix.shape[0] > matrix.shape[1] else matrix
    kept = np.zeros(columns.shape[1], dtype=bool)
    basis = np.empty(columns.shape)
    for place in range(columns.shape[1]):
        length = np.linalg.norm(columns[:, place])
        if length == 0:
            continue
        rest = columns[:, place] / length
        before = basis[:, : kept.sum()]
        for _ in range(2):  # the second pass takes out what rounding left in
            rest = rest - before @ (before.T @ rest)
        left = np.linalg.norm(rest)
        if left > ALIASED_BELOW:
            basis[:, kept.sum()] = rest / left
            kept[place] = True
    return kept


def _numeric_columns(feature: Feature, values: pd.Series, users: NDArray[np.int64]) -> list[tuple[Term, Array]]:
    """The numbers, missing ones filled; and where users have none, who they are."""
    numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    is_missing = np.isnan(numbers)
    known = ~is_missing & (users > 0)
    mean = np.average(numbers[known], weights=users[known]) if known.any() else 0.0
    columns: list[tuple[Term, Array]] = [((feature.name, feature.name, None, None), np.where(is_missing, mean, numbers))]
    if users[is_missing].sum() > 0:
        columns.append(((f"{feature.name}: {MISSING}", feature.name, MISSING, None), is_missing.astype(np.float64)))
    return columns


def _levels(feature: Feature, values: pd.Series, users: NDArray[np.int64]) -> list[str]:
    """The levels that users have, the reference level first."""
    if values.isna().any():
        raise ValueError(f"feature {feature.name} has missing values; make them a level of their own, '{MISSING}'")
    counts = pd.Series(users, index=pd.Index(values)).groupby(level=0).sum().sort_index()
    counts = counts[counts > 0]  # a level that only others have says nothing here, and has no term
    if counts.empty:
        return []
    declared = feature.reference_level
    reference = declared if declared is not None and declared in counts.index else str(counts.idxmax())
    return [reference, *(level for level in counts.index if level != reference)]


def _level_column(name: str, values: pd.Series, level: str, reference: str) -> tuple[Term, Array]:
    return (f"{name}: {level}", name, level, reference), (values == level).to_numpy(dtype=np.float64)


def _checked(interaction: Interaction, features: Collection[str]) -> tuple[str, str]:
    """The names of an interaction's two features."""
    if len(interaction) != 2 or len(set(interaction)) != 2 or not set(interaction) <= set(features):
        raise ValueError(f"interaction {list(interaction)}: it needs two different features of the model, which has {list(features)}")
    first, second = interaction
    return first, second
