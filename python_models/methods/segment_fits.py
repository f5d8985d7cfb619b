"""Segments of users as a table: who they are, what they are called, how stable they are."""

from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from python_models.methods.alone import alone
from python_models.methods.cluster_counts import RESAMPLE_STARTS, RESAMPLES
from python_models.methods.cluster_stability import stability
from python_models.methods.segment_kmeans import Fit, feature_matrix, fitted
from python_models.methods.segment_matching import matched
from python_models.methods.segment_names import named
from python_models.methods.tables import as_declared, counted_as

Array = NDArray[np.float64]

# the columns of `segment_table`, with their SQL types
SEGMENT_COLUMNS = {
    "segment_id": "integer",
    "segment_name": "varchar",
    "named_by": "varchar",
    "feature": "varchar",
    "place": "integer",
    "centroid": "double",
    "centroid_value": "double",
    "users": "bigint",
    "jaccard": "double",
    "is_stable": "boolean",
    "is_forced": "boolean",
    "matched_distance": "double",
    "last_segment_id": "integer",
    "segments_wanted": "integer",
    "inertia": "double",
    "starts": "integer",
    "fitted_users": "bigint",
    "seed": "integer",
}

# "a valid, stable cluster" (Hennig 2007)
STABLE_JACCARD = 0.75
CENTROID_DECIMALS = 9


@alone
def segment_table(  # noqa: PLR0917 (six tables, none of which has a default)
    sample: pd.DataFrame,
    features: list[str],
    scaling: pd.DataFrame,
    previous: pd.DataFrame | None,
    rules: pd.DataFrame,
    counts: pd.DataFrame,
    *,
    segment_count: int | Literal["auto"],
    seed: int,
    starts: int = 100,
    forced_starts: int = 300,
    name_margin: float = 0.1,
    counted: str = "users",
) -> pd.DataFrame:
    """Divides users into segments, and gives them the ids and names that they had in the previous run.

    Parameters
    ----------
    sample
        One row per user: place (1, 2, ...) and the features, standardised.
    features
        Names of the features.
    scaling
        feature, mean, std: how the features were standardised.
    previous
        What this function returned in the run before; None or empty where there was none.
    rules
        Of names, see `segment_names.named`.
    counts
        Of the same sample, from `cluster_counts.count_table`.
    segment_count
        auto: as many as `counts` selects. A number: so many, whatever `counts` says; fewer where fewer users differ.
    seed
        Of all that is random.
    starts, forced_starts
        Starts of KMeans, of which that of lowest inertia wins, where the number of segments was found and where it was given. Without
        groups the local optima are many.
    name_margin
        See `segment_names.named`.
    counted
        What the rows are, where they are not users, as in `counts`.

    Returns
    -------
    pandas.DataFrame
        Columns `SEGMENT_COLUMNS`, counted as what the rows are, one row per segment and feature, in this order; without users or features
        none. centroid is in standard deviations from the mean, centroid_value in the feature's own units; users are those of the sample.
        jaccard is that of `cluster_stability.stability` among the users of `counts`, is_stable whether it is at least 0.75; both are
        missing for one segment. matched_distance is missing for a new id (`segment_matching.matched`). Segments of a first fit are
        numbered from the largest one.
    """
    matrix, columns = feature_matrix(sample, sorted(features)), counted_as(SEGMENT_COLUMNS, counted)
    if matrix.size == 0:
        return as_declared([], columns)
    before = as_declared([], columns) if previous is None else previous
    is_forced = segment_count != "auto"
    wanted = int(segment_count) if is_forced else int(counts.loc[counts["is_selected"], "k"].iloc[0])
    fit = _largest_first(fitted(matrix, wanted, starts=forced_starts if is_forced else starts, seed=seed))
    centroids = fit.centroids[:, np.argsort(np.argsort(features))]
    ids = matched(before, centroids, features, scaling)
    of_id = {int(segment): dict(zip(features, centroid, strict=True)) for segment, centroid in zip(ids.ids, centroids, strict=True)}
    names = named(of_id, before, rules, features=features, name_margin=name_margin, counted=counted)
    of_feature = scaling.set_index("feature").loc[features]
    values = of_feature["mean"].to_numpy() + of_feature["std"].to_numpy() * centroids
    jaccard = _jaccard(matrix, fit, int(counts[counted].iloc[0]), seed)
    users = np.bincount(fit.labels)
    of_fit: dict[str, Any] = {
        "is_forced": is_forced,
        "last_segment_id": ids.last_id,
        "segments_wanted": wanted,
        "inertia": fit.inertia,
        "starts": forced_starts if is_forced else starts,
        f"fitted_{counted}": len(matrix),
        "seed": seed,
    }
    rows = []
    for segment in np.argsort(ids.ids):
        identifier = int(ids.ids[segment])
        of_segment = {
            "segment_id": identifier,
            "segment_name": names[identifier].name,
            "named_by": names[identifier].named_by,
            counted: users[segment],
            "jaccard": jaccard[segment],
            "is_stable": jaccard[segment] >= STABLE_JACCARD if len(users) > 1 else None,
            "matched_distance": ids.distances[segment],
        }
        rows += [
            of_fit
            | of_segment
            | {"feature": feature, "place": place + 1, "centroid": centroids[segment, place], "centroid_value": values[segment, place]}
            for place, feature in enumerate(features)
        ]
    return as_declared(rows, columns)


def _largest_first(fit: Fit) -> Fit:
    """The same segments in the order of their users, most first, equal ones by centroid; centroids rounded as they are published."""
    centroids = np.round(fit.centroids, CENTROID_DECIMALS) + 0.0  # no negative zeros
    order = np.lexsort([*centroids.T[::-1], -np.bincount(fit.labels, minlength=len(centroids))])
    return Fit(centroids[order], np.argsort(order)[fit.labels], fit.inertia)


def _jaccard(matrix: Array, fit: Fit, users: int, seed: int) -> Array:
    """Jaccard of each segment, among the first users; NaN for one segment."""
    segments = len(fit.centroids)
    if segments == 1:
        return np.full(1, np.nan)
    return stability(matrix[:users], fit.labels[:users], segments, resamples=RESAMPLES, starts=RESAMPLE_STARTS, seed=seed).jaccard
