"""Whether users are fewer between segments than in them."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from python_models.methods.segment_kmeans import Fit, fitted

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

# positions on the axis from a centroid (0) to its neighbour (1) at which the density is read
POSITIONS = np.linspace(-0.25, 1.25, 76)
# and those at which a segment's own peak is sought: half-way to a neighbour seven times as large the slope of that one may be higher
AT_ORIGIN, AT_NEIGHBOUR = POSITIONS < 0.36, POSITIONS > 0.64
# Silverman's rule of thumb for a kernel, 0.9 min(deviation, quartile range / 1.34) n^(-1/5), slightly narrower, and never narrower than
# the spikes of whole numbers are apart
WIDTH, QUARTILE_RANGE, SMALLEST_WIDTH = 0.85, 1.34, 0.05
# a density of fewer users is noise
LEAST_USERS = 10


def valley_depth(matrix: Array, segments: int, halves: tuple[Integers, Integers], *, starts: int, seed: int) -> float:
    """Returns by which share the density of users falls between segments: the median over segments, mean of two halves.

    Of a segment it is 1 - lowest density between its centroid and that of the nearest other segment / the lower one of the two peaks, with
    the users of both projected on the line through the centroids. A peak is sought up to a third of the way to the other centroid.
    Centroids are fitted to one half of the users, densities estimated from the other half, and the other way round: else KMeans would find
    a valley in any noise, for it puts its borders where users are few. Where a segment or its neighbour has fewer than 10 users in the
    other half, its depth there is 0.

    Parameters
    ----------
    matrix
        Shape (users, features).
    segments
        How many segments are fitted, at least 2.
    halves
        Row numbers of the two halves.
    starts, seed
        Of each fit.
    """
    medians = []
    for own, other in (halves, halves[::-1]):
        fit = fitted(matrix[own], segments, starts=starts, seed=seed)
        medians.append(np.median(_depths(fit, matrix[other])))
    return float(np.mean(medians))


def _depths(fit: Fit, users: Array) -> Array:
    """Depth of the valley from each segment to the nearest other, shape (segments,)."""
    depths = np.zeros(len(fit.centroids))
    if len(depths) < 2:
        return depths
    labels = cdist(users, fit.centroids).argmin(axis=1)
    between = cdist(fit.centroids, fit.centroids)
    np.fill_diagonal(between, np.inf)
    sizes = np.bincount(labels, minlength=len(depths))
    for segment, nearest in enumerate(between.argmin(axis=1)):
        if min(sizes[segment], sizes[nearest]) >= LEAST_USERS:
            origin, axis = fit.centroids[segment], fit.centroids[nearest] - fit.centroids[segment]
            projected = ((users[(labels == segment) | (labels == nearest)] - origin) @ axis) / (axis @ axis)
            depths[segment] = _depth(projected)
    return depths


def _depth(projected: Array) -> float:
    """Depth of the valley between 0 and 1 of users at positions on a line."""
    quartiles = np.percentile(projected, [25, 75])
    spread = min(projected.std(), (quartiles[1] - quartiles[0]) / QUARTILE_RANGE)
    width = max(WIDTH * spread * len(projected) ** -0.2, SMALLEST_WIDTH)
    density = np.exp(-0.5 * ((POSITIONS[:, None] - projected) / width) ** 2).sum(axis=1)
    first = density[AT_ORIGIN].argmax()
    last = len(POSITIONS) - AT_NEIGHBOUR.sum() + density[AT_NEIGHBOUR].argmax()
    return float(1 - density[first : last + 1].min() / min(density[first], density[last]))
