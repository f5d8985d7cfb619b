"""Fits are those of scikit-learn, with no more segments than users that differ."""

import numpy as np
import pytest
from sklearn.cluster import KMeans

from python_models.methods.alone import alone
from python_models.methods.segment_kmeans import distinct_rows, fitted


@alone
def test_a_fit_is_a_local_optimum() -> None:
    """Centroids are means, users are with the nearest one, inertia is the sum of squares; more starts are never worse."""
    matrix = np.random.default_rng(0).normal(size=(500, 4))
    fit = fitted(matrix, 4, starts=20, seed=0)
    distances = ((matrix[:, None] - fit.centroids) ** 2).sum(axis=2)
    np.testing.assert_array_equal(distances.argmin(axis=1), fit.labels)
    assert fit.inertia == pytest.approx(distances.min(axis=1).sum())
    assert fit.inertia <= fitted(matrix, 4, starts=3, seed=0).inertia
    assert fit.inertia == KMeans(4, n_init=20, random_state=0).fit(matrix).inertia_


def test_weights_are_repeated_rows() -> None:
    """Centroids and inertia are the same."""
    matrix = np.vstack([np.random.default_rng(1).normal(size=(50, 2)) + place for place in (0, 9, 18)])
    weights = np.random.default_rng(2).integers(1, 5, 150)
    weighted = fitted(matrix, 3, starts=5, seed=0, weights=weights.astype(np.float64))
    repeated = fitted(np.repeat(matrix, weights, axis=0), 3, starts=5, seed=0)
    assert weighted.inertia == pytest.approx(repeated.inertia)
    np.testing.assert_allclose(np.sort(weighted.centroids[:, 0]), np.sort(repeated.centroids[:, 0]))


def test_rows_that_differ_are_counted() -> None:
    """Zeros of either sign are equal, and so are numbers that differ by less than rounding; counting stops where it is told to."""
    matrix = np.array([[0.0, 1.0], [-0.0, 1.0], [1e-9, 1.0], [2.0, 1.0], [0.0, 2.0], [0.0, 1.0]])
    assert [distinct_rows(matrix, most) for most in (1, 2, 3, 9)] == [1, 2, 3, 3]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("rows", "segments"), [(1, 1), (2, 2), (3, 3), (5, 4)])
def test_no_more_segments_than_users_that_differ(rows: int, segments: int) -> None:
    """And no warning."""
    matrix = np.repeat(np.arange(rows, dtype=np.float64)[:, None], 10, axis=0)
    assert len(fitted(matrix, 4, starts=3, seed=0).centroids) == segments
