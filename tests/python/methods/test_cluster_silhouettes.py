"""Silhouettes of several partitions at once are those of scikit-learn one by one."""

import numpy as np
import pytest
from sklearn.metrics import pairwise_distances, silhouette_score

from python_models.methods.cluster_silhouettes import silhouettes


@pytest.mark.parametrize(("users", "features"), [(300, 5), (40, 1), (9, 3)])
def test_they_are_those_of_scikit_learn(users: int, features: int) -> None:
    """Segments of very different size, single users and equal users among them."""
    generator = np.random.default_rng(users)
    matrix = generator.normal(size=(users, features))
    matrix[: users // 3] = matrix[0]
    partitions = [generator.permutation(np.append(np.arange(k), generator.integers(0, k, users - k) ** 2 % k)) for k in (2, 3, 5, 8)]
    expected = [silhouette_score(matrix, labels) for labels in partitions]
    np.testing.assert_allclose(silhouettes(matrix, partitions), expected, rtol=0, atol=1e-7)
    exact = [silhouette_score(_distances(matrix), labels, metric="precomputed") for labels in partitions]
    np.testing.assert_allclose(silhouettes(matrix, partitions), exact, rtol=0, atol=1e-12)


def _distances(matrix: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Distances without the rounding of expanded squares."""
    return np.asarray(pairwise_distances(matrix, metric=lambda first, second: float(np.sqrt(((first - second) ** 2).sum()))))


def test_known_values() -> None:
    """Two pairs on a line: 1 - 1 / 10.5 for the outer, 1 - 1 / 9.5 for the inner users; 0 for those alone and for no difference."""
    matrix = np.array([[0.0], [1.0], [10.0], [11.0]])
    np.testing.assert_allclose(silhouettes(matrix, [np.array([0, 0, 1, 1])]), (2 - 1 / 10.5 - 1 / 9.5) / 2)
    np.testing.assert_allclose(silhouettes(matrix, [np.array([0, 1, 2, 3])]), 0)
    np.testing.assert_allclose(silhouettes(np.zeros((4, 1)), [np.array([0, 0, 1, 1])]), 0)
    assert silhouettes(matrix, []).shape == (0,)
