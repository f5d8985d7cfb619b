"""Whether users form groups, and how many."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from python_models.methods.alone import alone
from python_models.methods.cluster_findings import LEAST_EXCESS, Evidence, finding, too_alike, too_few
from python_models.methods.cluster_references import box_reference, copula_reference
from python_models.methods.cluster_silhouettes import silhouettes
from python_models.methods.cluster_stability import stability
from python_models.methods.cluster_valleys import valley_depth
from python_models.methods.segment_kmeans import Fit, distinct_rows, feature_matrix, fitted
from python_models.methods.tables import as_declared, counted_as

Array = NDArray[np.float64]

# the columns of `count_table`, with their SQL types
COUNT_COLUMNS = {
    "k": "integer",
    "inertia": "double",
    "silhouette": "double",
    "silhouette_reference": "double",
    "excess": "double",
    "gap": "double",
    "gap_se": "double",
    "valley": "double",
    "min_jaccard": "double",
    "mean_ari": "double",
    "is_selected": "boolean",
    "users": "bigint",
    "verdict": "varchar",
    "best_k": "integer",
    "gap_k": "integer",
    "needed_excess": "double",
    "finding": "varchar",
}

# The rule was simulated with these figures: ten data sets of each kind of reference, ten starts; three where only the inertia of a box is
# wanted, which hardly depends on the start.
REFERENCES, STARTS, BOX_STARTS = 10, 10, 3
# published, without a say in the verdict
RESAMPLES, RESAMPLE_STARTS = 20, 3
# an inertia of 0 has no logarithm; this share of the total is its rounding error
SMALLEST_INERTIA = np.finfo(np.float64).eps


@dataclass(frozen=True)
class Gaps:
    """The gap statistic for one segment and for each number of segments, shape (numbers + 1,) each."""

    values: Array
    errors: Array

    def chosen(self, numbers: list[int]) -> int:
        """Returns the first number whose gap is not beaten by the next one by more than an error, else the last."""
        is_beaten = self.values[:-1] < self.values[1:] - self.errors[1:]
        return [1, *numbers][int(np.append(is_beaten, False).argmin())]


@alone
def count_table(
    sample: pd.DataFrame,
    features: list[str],
    *,
    k_range: tuple[int, int] = (2, 8),
    seed: int,
    verdict_users: int = 2000,
    min_users: int = 500,
    counted: str = "users",
) -> pd.DataFrame:
    """Asks of each number of segments what speaks for it, and whether there are groups at all.

    There are if three criteria hold together. (1) The gap statistic, against uniform data in a box, chooses more than one segment. (2) Let
    the excess be the silhouette minus its mean in ten data sets with the same columns, correlated alike, and no groups
    (`cluster_references`): at its largest it is at least 0.03, and at least that of any of the ten against the other nine. (3) With that
    many segments the density of users falls by at least 10 % between them (`cluster_valleys`). Each one alone finds groups in some kind of
    data without any. Inertia, silhouette, Jaccard and adjusted Rand index are there to be read; they decide nothing.

    What the rule cannot always tell from groups are users spread evenly along a line that bends, by a quarter of a circle and more: seen
    along the chord between two segments, they are fewer half-way.

    Parameters
    ----------
    sample
        One row per user: place (1, 2, ... in an order that is random with respect to behaviour) and the features, standardised.
    features
        Names of the features; one that is constant among the users says nothing.
    k_range
        Smallest, at least 2, and largest number of segments. Never more than users that differ.
    seed
        Of all that is random.
    verdict_users
        The first so many are used, so that the thresholds do not depend on how many there are.
    min_users
        With fewer nothing can be said.
    counted
        What the rows are, where they are not users: a plural.

    Returns
    -------
    pandas.DataFrame
        Columns `COUNT_COLUMNS`, counted as what the rows are, one row per k from 1; without users or features none. silhouette_reference
        is the mean over data without groups; min_jaccard is of the least stable segment (`cluster_stability`). verdict is structured,
        no_structure or too_few_users; is_selected marks best_k where it is structured, else 1.

    References
    ----------
    Tibshirani R, Walther G, Hastie T (2001). Estimating the number of clusters in a data set via the gap statistic. JRSS B 63, 411-423.
    """
    matrix, columns = feature_matrix(sample, sorted(features))[:verdict_users], counted_as(COUNT_COLUMNS, counted)
    if matrix.size == 0:
        return as_declared([], columns)
    rows = distinct_rows(matrix, k_range[1])
    numbers = list(range(k_range[0], rows + 1))
    if len(matrix) < min_users:
        said: dict[str, Any] = {"verdict": f"too_few_{counted}", "finding": too_few(len(matrix), min_users, counted)}
        table = [_one_segment(matrix)]
    elif not numbers:
        said = {"verdict": "no_structure", "finding": too_alike(rows, counted), "best_k": 1, "gap_k": 1}
        table = [_one_segment(matrix)]
    else:
        table, evidence = _searched(matrix[:, np.ptp(matrix, axis=0) > 0], numbers, seed)
        said = {
            "verdict": "structured" if evidence.is_structured else "no_structure",
            "finding": finding(evidence, counted),
            "best_k": evidence.best_k,
            "gap_k": evidence.gap_k,
            "needed_excess": evidence.needed_excess,
        }
    selected = said["best_k"] if said["verdict"] == "structured" else 1
    return as_declared([row | said | {counted: len(matrix), "is_selected": row["k"] == selected} for row in table], columns)


def _one_segment(matrix: Array) -> dict[str, Any]:
    """The row of one segment."""
    return {"k": 1, "inertia": float(((matrix - matrix.mean(axis=0)) ** 2).sum())}


def _searched(matrix: Array, numbers: list[int], seed: int) -> tuple[list[dict[Any, Any]], Evidence]:
    """Rows of all numbers of segments, and what they say together."""
    generator = np.random.default_rng(seed)
    fits = _fits(matrix, numbers, STARTS, seed)
    gaps = _gaps(matrix, fits, numbers, generator, seed)
    silhouette = silhouettes(matrix, [fit.labels for fit in fits])
    references = np.array([_reference_silhouettes(matrix, numbers, generator, seed + number) for number in range(REFERENCES)])
    excess = silhouette - references.mean(axis=0)
    others = (references.sum(axis=0) - references) / (REFERENCES - 1)
    shuffled = generator.permutation(len(matrix))
    halves = shuffled[: len(matrix) // 2], shuffled[len(matrix) // 2 :]
    valleys = [valley_depth(matrix, number, halves, starts=STARTS, seed=seed) for number in numbers]
    alike = [stability(matrix, fit.labels, len(fit.centroids), resamples=RESAMPLES, starts=RESAMPLE_STARTS, seed=seed) for fit in fits]
    best = int(excess.argmax())
    evidence = Evidence(
        gap_k=gaps.chosen(numbers),
        best_k=numbers[best],
        excess=float(excess[best]),
        needed_excess=max(LEAST_EXCESS, float((references - others).max())),
        valley=valleys[best],
    )
    figures = {
        "k": numbers,
        "inertia": [fit.inertia for fit in fits],
        "silhouette": silhouette,
        "silhouette_reference": references.mean(axis=0),
        "excess": excess,
        "gap": gaps.values[1:],
        "gap_se": gaps.errors[1:],
        "valley": valleys,
        "min_jaccard": [of_fit.jaccard.min() for of_fit in alike],
        "mean_ari": [of_fit.mean_ari for of_fit in alike],
    }
    one = _one_segment(matrix) | {"gap": gaps.values[0], "gap_se": gaps.errors[0]}
    left_out = [{"k": number} for number in range(2, numbers[0])]
    return [one, *left_out, *pd.DataFrame(figures).to_dict("records")], evidence


def _fits(matrix: Array, numbers: list[int], starts: int, seed: int) -> list[Fit]:
    """A fit for each number of segments."""
    return [fitted(matrix, number, starts=starts, seed=seed) for number in numbers]


def _log_inertia(matrix: Array, fits: list[Fit]) -> Array:
    """Logarithms of the inertia of one segment and of each fit."""
    total = _one_segment(matrix)["inertia"]
    inertia = np.array([total, *(fit.inertia for fit in fits)])
    return np.asarray(np.log(np.maximum(inertia, SMALLEST_INERTIA * total)))


def _gaps(matrix: Array, fits: list[Fit], numbers: list[int], generator: np.random.Generator, seed: int) -> Gaps:
    """The gap statistic, from boxes."""
    boxes = []
    for number in range(REFERENCES):
        box = box_reference(matrix, generator)
        boxes.append(_log_inertia(box, _fits(box, numbers, BOX_STARTS, seed + number)))
    errors: Array = np.std(boxes, axis=0) * np.sqrt(1 + 1 / REFERENCES)
    return Gaps(np.mean(boxes, axis=0) - _log_inertia(matrix, fits), errors)


def _reference_silhouettes(matrix: Array, numbers: list[int], generator: np.random.Generator, seed: int) -> Array:
    """Silhouettes of data without groups."""
    reference = copula_reference(matrix, generator)
    return silhouettes(reference, [fit.labels for fit in _fits(reference, numbers, STARTS, seed)])
