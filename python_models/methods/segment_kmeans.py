"""Segments of users by KMeans, the best of several starts."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.cluster import KMeans

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

# rows that differ by less are one row: their squared distance is lost in the rounding of squares
DISTINCT_DECIMALS = 6


@dataclass(frozen=True)
class Fit:
    """A partition of users.

    Attributes
    ----------
    centroids
        Means of the segments, shape (segments, features).
    labels
        Segment of each user, from 0, shape (users,).
    inertia
        Sum of squared distances of users to the centroid of their segment.
    """

    centroids: Array
    labels: Integers
    inertia: float


def feature_matrix(sample: pd.DataFrame, features: list[str]) -> Array:
    """Returns the features of users in the order of `place`, shape (users, features)."""
    return np.asarray(sample.sort_values("place")[features], dtype=np.float64)


def distinct_rows(matrix: Array, most: int) -> int:
    """Returns how many rows of a matrix differ; counts no further than asked for, which takes few rows as a rule."""
    found: set[bytes] = set()
    for row in matrix:
        found.add((np.round(row, DISTINCT_DECIMALS) + 0.0).tobytes())  # no negative zeros
        if len(found) == most:
            break
    return len(found)


def fitted(matrix: Array, segments: int, *, starts: int, seed: int, weights: Array | None = None) -> Fit:
    """Fits segments by KMeans; the start of lowest inertia wins.

    Parameters
    ----------
    matrix
        Standardised features, shape (users, features).
    segments
        How many; where fewer rows differ, there are as many as rows that differ.
    starts
        By kmeans++.
    seed
        Of the starts.
    weights
        How often each row counts, shape (users,); once unless given.
    """
    found = distinct_rows(matrix, segments)
    # the one segment that holds everybody is the same from any start
    model = KMeans(found, n_init=starts if found > 1 else 1, random_state=seed).fit(matrix, sample_weight=weights)
    return Fit(model.cluster_centers_, model.labels_.astype(np.int64), float(model.inertia_))
