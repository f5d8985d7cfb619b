"""References keep what they must of the data, and no groups."""

import numpy as np
from scipy.stats import norm, rankdata, spearmanr

from python_models.methods.cluster_references import box_reference, copula_reference
from tests.python.methods.cluster_scenarios import activity, two


def test_a_box_holds_the_data_and_no_more() -> None:
    """Along each principal axis it reaches as far as the data; in between it is uniform."""
    generator = np.random.default_rng(0)
    matrix = generator.normal(size=(4000, 3)) @ generator.normal(size=(3, 3)) + 5
    drawn = box_reference(matrix, generator)
    axes = np.linalg.eigh(np.cov(matrix.T))[1]
    data, box = matrix @ axes, drawn @ axes
    assert (box.min(axis=0) >= data.min(axis=0) - 1e-9).all()
    assert (box.max(axis=0) <= data.max(axis=0) + 1e-9).all()
    np.testing.assert_allclose(np.ptp(box, axis=0), np.ptp(data, axis=0), rtol=0.01)
    shares = np.array([np.histogram(column, bins=4)[0] for column in box.T]) / len(box)
    np.testing.assert_allclose(shares, 0.25, atol=0.04)


def test_a_copula_keeps_every_column() -> None:
    """Value by value."""
    matrix = activity(np.random.default_rng(1))
    drawn = copula_reference(matrix, np.random.default_rng(2))
    np.testing.assert_array_equal(np.sort(drawn, axis=0), np.sort(matrix, axis=0))
    assert not np.array_equal(drawn, matrix)


def test_a_copula_keeps_rank_correlations() -> None:
    """To within what 2,000 users can tell."""
    matrix = activity(np.random.default_rng(3))
    drawn = copula_reference(matrix, np.random.default_rng(4))
    assert np.abs(spearmanr(drawn).statistic - spearmanr(matrix).statistic).max() < 0.08


def test_ties_do_not_weaken_correlations() -> None:
    """Flags, of which few, half or most users have one, and counts stay correlated as they are; on average over draws."""
    generator = np.random.default_rng(10)
    latent = generator.normal(size=(2000, 1)) + 0.7 * generator.normal(size=(2000, 6))
    matrix = np.column_stack([latent[:, :4] > [-1.5, 0, 0.5, 1.5], np.exp(latent[:, 4]).round(), latent[:, 5]]).astype(np.float64)
    scores = norm.ppf((rankdata(matrix, axis=0) - 0.5) / 2000)
    drawn = [copula_reference(matrix, generator) for _ in range(40)]
    again = [np.corrcoef(norm.ppf((rankdata(draw, axis=0) - 0.5) / 2000).T) for draw in drawn]
    np.testing.assert_allclose(np.mean(again, axis=0), np.corrcoef(scores.T), atol=0.015)


def test_a_copula_has_no_groups() -> None:
    """Where the data have two, with nobody between, it has a middle."""
    matrix = two(np.random.default_rng(5))
    direction = np.array([1, 1, 1, -1, -1, -1]) / np.sqrt(6)
    drawn = copula_reference(matrix, np.random.default_rng(6))
    assert (np.abs(matrix @ direction) < 0.7).mean() < 0.02
    assert (np.abs(drawn @ direction) < 0.7).mean() > 0.1


def test_aliased_columns_are_no_obstacle() -> None:
    """Two equal columns and one that is their opposite; a single one."""
    column = np.random.default_rng(7).normal(size=600)
    drawn = copula_reference(np.column_stack([column, column, -column]), np.random.default_rng(8))
    np.testing.assert_allclose(spearmanr(drawn).statistic, [[1, 1, -1], [1, 1, -1], [-1, -1, 1]], atol=0.01)
    assert copula_reference(column[:, None], np.random.default_rng(9)).shape == (600, 1)
