"""The density between segments falls where there are groups, and where there are none it does not."""

import numpy as np
import pytest
from numpy.typing import NDArray

from python_models.methods.alone import alone
from python_models.methods.cluster_valleys import valley_depth

Array = NDArray[np.float64]


@alone
def depth(matrix: Array, segments: int, seed: int = 0) -> float:
    """With random halves."""
    shuffled = np.random.default_rng(seed).permutation(len(matrix))
    return valley_depth(matrix, segments, (shuffled[::2], shuffled[1::2]), starts=10, seed=seed)


def groups(distance: float, seed: int = 0) -> Array:
    """Two normal groups on a line, 4,000 users each, with five features of noise."""
    generator = np.random.default_rng(seed)
    matrix = generator.normal(size=(8000, 6))
    matrix[:4000, 0] += distance
    return matrix


def test_one_group_has_no_valley() -> None:
    """A normal cloud, cut in two, has its peak where it is cut."""
    generator = np.random.default_rng(1)
    assert depth(generator.normal(size=(8000, 6)) * [3, 1, 1, 1, 1, 1], 2) < 0.02


@pytest.mark.parametrize("distance", [3.0, 4.0, 5.0])
def test_two_groups_have_the_valley_of_their_mixture(distance: float) -> None:
    """1 - density half-way / density at a centre; a kernel fills it by a little."""

    def density(position: float) -> float:
        return float(np.exp(-(position**2) / 2) + np.exp(-((position - distance) ** 2) / 2))

    expected = 1 - density(distance / 2) / density(0)
    assert expected - 0.12 < depth(groups(distance), 2) < expected + 0.05


def test_a_small_group_beside_a_large_one_has_a_peak_of_its_own() -> None:
    """Seven times fewer users, 3.9 deviations away: half-way the large group's slope is higher than the small group's peak is."""
    generator = np.random.default_rng(4)
    matrix = generator.normal(size=(8000, 6))
    matrix[:1000, 0] += 3.9
    assert 7 * np.exp(-(1.95**2) / 2) > 1
    assert depth(matrix, 2) > 0.1


def test_it_does_not_depend_on_scale_place_or_rotation() -> None:
    """Powers of two change no digit, others only the last ones."""
    matrix = groups(4.0)
    rotation = np.linalg.qr(np.random.default_rng(2).normal(size=(6, 6)))[0]
    assert depth(matrix * 8, 2) == depth(matrix, 2)
    assert depth(matrix @ rotation + 3, 2) == pytest.approx(depth(matrix, 2), abs=1e-6)


def test_the_median_of_segments_counts() -> None:
    """One group far from a cloud that is cut in three: only one of four segments has a valley."""
    generator = np.random.default_rng(3)
    cloud = generator.uniform(-3, 3, size=(6000, 1)) + np.zeros((1, 2))
    matrix = np.vstack([cloud + 0.1 * generator.normal(size=cloud.shape), generator.normal(size=(2000, 2)) * 0.1 + [20, -20]])
    assert depth(matrix, 4) < 0.2
    assert depth(matrix, 2) > 0.9


def test_few_users_are_no_valley() -> None:
    """Fewer than ten in a segment of the other half; as many equal users as segments; fewer."""
    generator = np.random.default_rng(4)
    matrix = np.vstack([generator.normal(size=(500, 1)), generator.normal(size=(14, 1)) + 50])
    assert depth(matrix, 2) == 0
    spikes = np.repeat([[0.0], [1.0]], 50, axis=0)
    assert depth(spikes, 2) > 0.9
    assert depth(spikes, 4) == depth(spikes, 2)
    assert depth(np.zeros((100, 1)), 2) == 0
