"""Data without groups that are otherwise like given data."""

import numpy as np
from numpy.polynomial.polynomial import polyval
from numpy.typing import NDArray
from scipy.stats import norm, rankdata

Array = NDArray[np.float64]

# keeps a correlation matrix of aliased columns invertible
SMALLEST_EIGENVALUE, RIDGE = 1e-6, 1e-9
# of power series, and of intervals: both leave an error below that of a correlation among 2,000 users
TERMS, HALVINGS = 30, 20


def box_reference(matrix: Array, generator: np.random.Generator) -> Array:
    """Draws uniformly from the box that holds the data and is aligned with their principal axes.

    Parameters
    ----------
    matrix
        Shape (users, features).
    generator
        Source of randomness.

    Returns
    -------
    numpy.ndarray
        Shape (users, features).

    References
    ----------
    Tibshirani R, Walther G, Hastie T (2001). Estimating the number of clusters in a data set via the gap statistic. JRSS B 63, 411-423;
    reference distribution (b).
    """
    axes = np.linalg.svd(matrix - matrix.mean(axis=0), full_matrices=False)[2]
    scores = matrix @ axes.T
    return np.asarray(generator.uniform(scores.min(axis=0), scores.max(axis=0), (len(matrix), len(axes))) @ axes)


def copula_reference(matrix: Array, generator: np.random.Generator) -> Array:
    """Re-orders each column of the data so that ranks are those of correlated normal numbers.

    Spikes, caps, whole numbers and tails stay as they are, since the values of a column are its own; so does, on average, the correlation
    of any two columns' normal scores. Groups, which are a matter of more than pairs of ranks, go.

    Parameters
    ----------
    matrix
        Shape (users, features), no column constant.
    generator
        Source of randomness.

    Returns
    -------
    numpy.ndarray
        Shape (users, features).

    References
    ----------
    Cario MC, Nelson BL (1997). Modeling and generating random vectors with arbitrary marginal distributions and correlation matrix.
    Northwestern University.
    """
    scores = norm.ppf((rankdata(matrix, axis=0) - 0.5) / len(matrix))
    normal = generator.normal(size=matrix.shape) @ np.linalg.cholesky(_invertible(_before_ties(scores))).T
    drawn = np.empty_like(matrix)
    np.put_along_axis(drawn, np.argsort(normal, axis=0, kind="stable"), np.sort(matrix, axis=0), axis=0)
    return drawn


def _before_ties(scores: Array) -> Array:
    """The correlation that normal numbers must have for the scores, which are steps of them, to be correlated as they are.

    Ties weaken a correlation, that of two yes-or-no columns to half or so: without this the reference would hang together less than the
    data, and correlated flags would pass for groups. By Mehler's formula the correlation of steps is a power series in that of the normal
    numbers, with products of the steps' Hermite coefficients; the one rises with the other, so that halving intervals finds it.
    """
    features = scores.shape[1]
    wanted = np.corrcoef(scores.T).reshape(features, features)
    coefficients = np.column_stack([_hermite_coefficients(column) for column in scores.T])
    products = coefficients[:, :, None] * coefficients[:, None, :]
    low, high = np.full_like(wanted, -1.0), np.full_like(wanted, 1.0)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        is_low = polyval(middle, np.concatenate([np.zeros((1, features, features)), products]), tensor=False) < wanted
        low, high = np.where(is_low, middle, low), np.where(is_low, high, middle)
    np.fill_diagonal(high, 1.0)
    return high


def _hermite_coefficients(scores: Array) -> Array:
    """Coefficients, from degree 1, of scores as steps of a normal number, of variance 1, in Hermite polynomials of norm 1."""
    levels, users = np.unique(scores, return_counts=True)
    edges = norm.ppf(np.cumsum(users)[:-1] / len(scores))
    weights = np.diff(levels) / scores.std() * norm.pdf(edges)
    polynomials = [np.ones_like(edges), edges]
    for degree in range(1, TERMS - 1):
        polynomials.append((edges * polynomials[degree] - np.sqrt(degree) * polynomials[degree - 1]) / np.sqrt(degree + 1))
    return np.array([weights @ polynomial / np.sqrt(degree + 1) for degree, polynomial in enumerate(polynomials)])


def _invertible(correlation: Array) -> Array:
    """The nearest correlation matrix, up to scaling, whose eigenvalues are all above 0."""
    values, vectors = np.linalg.eigh(correlation)
    clipped = (vectors * np.clip(values, SMALLEST_EIGENVALUE, None)) @ vectors.T
    deviations = np.sqrt(np.diag(clipped))
    return np.asarray(clipped / np.outer(deviations, deviations) + RIDGE * np.eye(len(values)))
