"""Silhouettes of several partitions of the same users at once."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

Array = NDArray[np.float64]
Integers = NDArray[np.int64]


def silhouettes(matrix: Array, partitions: list[Integers]) -> Array:
    """Returns the mean silhouette of each partition, shape (partitions,).

    All come from one matrix of distances: its product with the members of all segments of all partitions gives the distances of each user
    to each segment, which is ten times faster than a silhouette at a time.

    Parameters
    ----------
    matrix
        Shape (users, features).
    partitions
        Segment of each user, from 0, shape (users,) each; at least two segments each, none empty.

    References
    ----------
    Rousseeuw PJ (1987). Silhouettes: a graphical aid to the interpretation and validation of cluster analysis. Journal of Computational and
    Applied Mathematics 20, 53-65.
    """
    if not partitions:
        return np.empty(0)
    members = [np.eye(labels.max() + 1)[labels] for labels in partitions]
    sums = cdist(matrix, matrix) @ np.hstack(members)
    ends = np.cumsum([member.shape[1] for member in members])[:-1]
    return np.array([_silhouette(of_partition, member) for of_partition, member in zip(np.hsplit(sums, ends), members, strict=True)])


def _silhouette(sums: Array, members: Array) -> float:
    """Mean silhouette, from sums of distances to segments and membership of segments, shape (users, segments) each."""
    is_own, sizes = members > 0, members.sum(axis=0)
    own_size = members @ sizes
    within = sums[is_own] / np.maximum(own_size - 1, 1)
    between = np.where(is_own, np.inf, sums / sizes).min(axis=1)
    larger = np.maximum(within, between)
    # a user alone in a segment has 0, by definition
    is_defined = (own_size > 1) & (larger > 0)
    return float(np.divide(between - within, larger, out=np.zeros(len(sums)), where=is_defined).mean())
