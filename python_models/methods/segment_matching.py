"""Which segment of a fit is which segment of the fit before."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

# In 40 simulations of 3 to 5 archetypes that drift by 0.5 standard deviations in each of 17 features, 39 keep all ids; with a half 11 do.
# A segment that comes in place of another is new in 40 of 40 either way.
SHARE_OF_NEIGHBOUR = 0.75
# in place of the distance of a pair that does not count: more than any sum of distances that do
FAR = 1e9


@dataclass(frozen=True)
class Matched:
    """Ids of segments.

    Attributes
    ----------
    ids
        Shape (segments,).
    distances
        To the segment that had the id before, in standard deviations; NaN for a new id; shape (segments,).
    last_id
        The highest id that was ever given.
    """

    ids: Integers
    distances: Array
    last_id: int


def matched(previous: pd.DataFrame, centroids: Array, features: list[str], scaling: pd.DataFrame) -> Matched:
    """Gives segments the ids of the previous segments that they continue, and new ids, which were never used, to the others.

    A segment continues a previous one if the distance between the two is less than 0.75 of that from either to its nearest neighbour in its
    own fit; where there is a choice, the assignment with most pairs and then the least sum of distances decides. So of a segment that is
    divided the larger part keeps the id, and of segments that are merged the larger one gives it. The only segment of a fit has no
    neighbour: it continues the only one of the fit before.

    Parameters
    ----------
    previous
        Result of `segment_fits.segment_table`; empty where there was no fit before.
    centroids
        In standard deviations from the mean, as they are today, shape (segments, features); new ids are given in this order.
    features
        Names of the features.
    scaling
        feature, mean, std of today. Previous centroids are compared as what they are on today's scale, by the features of both fits.
    """
    if previous.empty:
        ids = np.arange(1, len(centroids) + 1)
        return Matched(ids, np.full(len(ids), np.nan), len(ids))
    before = previous.pivot_table(index="segment_id", columns="feature", values="centroid_value", sort=True)
    common = [feature for feature in features if feature in before.columns]
    of_feature = scaling.set_index("feature").loc[common]
    then = ((before[common] - of_feature["mean"]) / of_feature["std"]).to_numpy(dtype=np.float64)
    today = centroids[:, [features.index(feature) for feature in common]]
    between = cdist(then, today) if common else np.zeros((len(then), len(today)))
    is_near = between < SHARE_OF_NEIGHBOUR * np.minimum(_to_neighbour(then)[:, None], _to_neighbour(today))
    ids, distances = np.zeros(len(today), dtype=np.int64), np.full(len(today), np.nan)
    for old, new in zip(*linear_sum_assignment(np.where(is_near, between, FAR)), strict=True):
        if is_near[old, new]:
            ids[new], distances[new] = before.index[old], between[old, new]
    last_id = int(previous["last_segment_id"].max())
    is_new = ids == 0
    ids[is_new] = last_id + np.arange(1, is_new.sum() + 1)
    return Matched(ids, distances, last_id + int(is_new.sum()))


def _to_neighbour(centroids: Array) -> Array:
    """Distance from each centroid to the nearest other one; infinite for the only one."""
    if not centroids.size:
        return np.zeros(len(centroids)) if len(centroids) > 1 else np.array([np.inf])
    between = cdist(centroids, centroids)
    np.fill_diagonal(between, np.inf)
    return np.asarray(between.min(axis=1))
