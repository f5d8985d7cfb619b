"""Jaccard and Rand indices agree with sets of users, and tell stable segments from others."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from python_models.methods.alone import alone
from python_models.methods.cluster_stability import best_jaccard, stability
from python_models.methods.segment_kmeans import fitted
from tests.python.methods.cluster_scenarios import three


def test_jaccard_by_sets() -> None:
    """Of each segment with the most similar one."""
    generator = np.random.default_rng(0)
    for segments, others in [(2, 2), (3, 5), (6, 2)]:
        labels = generator.permutation(np.append(np.arange(segments), generator.integers(0, segments, 40)))
        again = generator.integers(0, others, len(labels))
        again = np.unique(again, return_inverse=True)[1]
        first = [set(np.flatnonzero(labels == segment)) for segment in range(segments)]
        second = [set(np.flatnonzero(again == segment)) for segment in range(again.max() + 1)]
        expected = [max(len(one & other) / len(one | other) for other in second) for one in first]
        np.testing.assert_allclose(best_jaccard(labels, again), expected)


@alone
def test_groups_are_stable_and_parts_of_a_cloud_are_not() -> None:
    """A cloud cut in five is cut elsewhere next time."""
    groups = three(np.random.default_rng(1))[:800]
    of_groups = stability(groups, fitted(groups, 3, starts=10, seed=0).labels, 3, resamples=10, starts=3, seed=0)
    assert of_groups.jaccard.shape == (3,)
    assert of_groups.jaccard.min() > 0.9
    assert of_groups.mean_ari > 0.9
    cloud = np.random.default_rng(2).normal(size=(800, 8))
    of_cloud = stability(cloud, fitted(cloud, 5, starts=10, seed=0).labels, 5, resamples=10, starts=3, seed=0)
    assert of_cloud.jaccard.min() < 0.5
    assert of_cloud.mean_ari < 0.5


def test_users_of_the_resample_are_compared() -> None:
    """One resample, by hand: its users once each, however often they were drawn, against the whole partition."""
    matrix = np.random.default_rng(3).normal(size=(200, 3))
    labels = fitted(matrix, 3, starts=10, seed=0).labels
    users = np.random.default_rng(7).integers(200, size=200)
    present = np.unique(users)
    again = fitted(matrix[present], 3, starts=5, seed=7, weights=np.bincount(users)[present].astype(np.float64)).labels
    found = stability(matrix, labels, 3, resamples=1, starts=5, seed=7)
    assert found.mean_ari == pytest.approx(adjusted_rand_score(labels[present], again))
    np.testing.assert_allclose(found.jaccard, best_jaccard(labels[present], again))


def test_a_segment_that_no_resample_has_is_not_stable() -> None:
    """Its Jaccard is 0."""
    matrix = np.random.default_rng(4).normal(size=(60, 2))
    found = stability(matrix, np.repeat([0, 2], 30), 3, resamples=3, starts=2, seed=0)
    assert found.jaccard[1] == 0
