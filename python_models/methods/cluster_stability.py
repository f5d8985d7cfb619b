"""How alike segments are when they are fitted to resamples of the users."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import adjusted_rand_score
from sklearn.metrics.cluster import contingency_matrix

from python_models.methods.segment_kmeans import fitted

Array = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Stability:
    """How alike a partition and those of resamples are.

    Attributes
    ----------
    jaccard
        Of each segment: users in both it and the most similar segment of the resample, divided by users in either, mean over resamples,
        shape (segments,).
    mean_ari
        Adjusted Rand index of the two partitions, mean over resamples.
    """

    jaccard: Array
    mean_ari: float


def stability(matrix: Array, labels: Integers, segments: int, *, resamples: int, starts: int, seed: int) -> Stability:
    """Fits segments to bootstrap resamples of the users and compares them on the users of each resample.

    Parameters
    ----------
    matrix
        Shape (users, features).
    labels
        Segments of the users, from 0, shape (users,).
    segments
        How many there are, at least 2; one without any of these users has a Jaccard of 0.
    resamples, starts, seed
        Number of resamples, starts of each fit, seed of both.

    References
    ----------
    Hennig C (2007). Cluster-wise assessment of cluster stability. Computational Statistics and Data Analysis 52, 258-271.
    """
    generator = np.random.default_rng(seed)
    jaccard, ari = np.zeros((resamples, segments)), np.empty(resamples)
    for resample in range(resamples):
        users, times = np.unique(generator.integers(len(matrix), size=len(matrix)), return_counts=True)
        again = fitted(matrix[users], segments, starts=starts, seed=seed + resample, weights=times.astype(np.float64)).labels
        present, places = np.unique(labels[users], return_inverse=True)
        jaccard[resample, present] = best_jaccard(places, again)
        ari[resample] = adjusted_rand_score(places, again)
    return Stability(jaccard.mean(axis=0), float(ari.mean()))


def best_jaccard(labels: Integers, again: Integers) -> Array:
    """Returns of each segment of the first partition the Jaccard index with the most similar one of the second, shape (segments,)."""
    both = contingency_matrix(labels, again)
    either = both.sum(axis=1, keepdims=True) + both.sum(axis=0, keepdims=True) - both
    return np.asarray((both / either).max(axis=1))
