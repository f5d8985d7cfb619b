"""Users in two dimensions, and their segments by scikit-learn's own assignment."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.metrics import pairwise_distances_argmin

from python_models.methods.alone import alone
from python_models.methods.segment_kmeans import feature_matrix
from python_models.methods.tables import as_declared

Array = NDArray[np.float64]

# the columns of `component_table`, with their SQL types
COMPONENT_COLUMNS = {
    "component": "integer",
    "feature": "varchar",
    "place": "integer",
    "loading": "double",
    "center": "double",
    "explained_variance_ratio": "double",
}

COMPONENTS, DECIMALS = 2, 9
# a share of the variance that is rounding error
SMALLEST_SHARE = 1e-12


@alone
def component_table(sample: pd.DataFrame, features: list[str], *, components: int = COMPONENTS) -> pd.DataFrame:
    """Returns the principal components of users.

    Parameters
    ----------
    sample
        One row per user: place and the features, standardised.
    features
        Names of the features.
    components
        How many.

    Returns
    -------
    pandas.DataFrame
        Columns `COMPONENT_COLUMNS`, one row per component and feature; without users or features none. A user's score is the sum of
        loading * (value - center); the largest loading of a component is positive. A component that does not exist, because users vary in
        fewer directions, has loadings and a share of 0.
    """
    matrix = feature_matrix(sample, features)
    if matrix.size == 0:
        return as_declared([], COMPONENT_COLUMNS)
    loadings, shares = _components(matrix, components)
    centers = matrix.mean(axis=0)
    rows = [
        {
            "component": component + 1,
            "feature": feature,
            "place": place + 1,
            "loading": _published(loadings[component, place]),
            "center": _published(centers[place]),
            "explained_variance_ratio": _published(shares[component]),
        }
        for component in range(components)
        for place, feature in enumerate(features)
    ]
    return as_declared(rows, COMPONENT_COLUMNS)


def assigned_columns(id_type: str, key: str = "user_id") -> dict[str, str]:
    """Returns the columns of `assigned_table`, with their SQL types; the key is of the given type, bigint or text."""
    return {key: "bigint" if id_type == "bigint" else "varchar", "segment_id": "integer", "pca_1": "double", "pca_2": "double"}


@alone
def assigned_table(sample: pd.DataFrame, features: list[str], segments: pd.DataFrame, key: str = "user_id") -> pd.DataFrame:
    """Returns segments and scores of the fitted users as scikit-learn has them, against which those of the warehouse are tested.

    Parameters
    ----------
    sample
        One row per user: the key, place and the features, standardised.
    features
        Names of the features.
    segments
        Result of `segment_fits.segment_table`.
    key
        The column that says who it is.

    Returns
    -------
    pandas.DataFrame
        Columns `assigned_columns`, one row per user in the order of place; without users, features or segments none. The segment is that of
        the nearest published centroid.
    """
    matrix, users = feature_matrix(sample, features), sample.sort_values("place")[key]
    if matrix.size == 0 or segments.empty:
        return as_declared([], assigned_columns("bigint", key)).astype({key: users.dtype})
    centroids = segments.pivot_table(index="segment_id", columns="feature", values="centroid", sort=True)[features]
    nearest = pairwise_distances_argmin(matrix, centroids.to_numpy(dtype=np.float64))
    scores = (matrix - matrix.mean(axis=0)) @ _components(matrix, COMPONENTS)[0].T
    columns = {
        key: users.to_numpy(),
        "segment_id": pd.array(centroids.index.to_numpy()[nearest], dtype="Int32"),
        "pca_1": scores[:, 0],
        "pca_2": scores[:, 1],
    }
    return pd.DataFrame(columns)


def _components(matrix: Array, components: int) -> tuple[Array, Array]:
    """Loadings, shape (components, features), and shares of the variance, shape (components,), of principal components."""
    loadings, shares = np.zeros((components, matrix.shape[1])), np.zeros(components)
    if not (np.ptp(matrix, axis=0) > 0).any():
        return loadings, shares
    existing = min(components, *matrix.shape)
    model = PCA(existing, svd_solver="full").fit(matrix)
    for component, (loading, share) in enumerate(zip(model.components_, model.explained_variance_ratio_, strict=True)):
        if share > SMALLEST_SHARE:
            # loadings of equal size differ by rounding: the first of them decides
            largest = np.abs(np.round(loading, DECIMALS)).argmax()
            loadings[component], shares[component] = loading * np.sign(loading[largest]), share
    return loadings, shares


def _published(number: float) -> float:
    """The number, rounded."""
    return float(np.round(number, DECIMALS)) + 0.0
