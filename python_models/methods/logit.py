"""Logistic regression on covariate patterns with counts: the maximum likelihood of the rows at a fraction of their cost."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse
from firthmodels import FirthLogisticRegression, detect_separation
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit, xlog1py, xlogy
from scipy.stats import chi2, t
from scipy.stats import f as f_distribution
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.generalized_linear_model import GLM
from statsmodels.stats.multitest import multipletests

from python_models.methods.design import Design, independent_columns

Array = NDArray[np.float64]

# A maximum with all fitted log-odds inside this bound is a proper one: where levels are separated the iteration runs beyond it.
PROPER_LOG_ODDS = 15.0
# a level that fewer clusters have, in clusters of equal size, has no error: nothing shows how clusters with it differ
FEWEST_CLUSTERS = 2.0
# how near to zero the slopes of the penalised likelihood must come: rounding in large counts does not let them come nearer
FIRTH_TOLERANCES = (1e-8, 1e-6, 1e-4, 1e-2)
# rows times terms to the third up to which all terms of a penalised fit get profile intervals: some seconds
PROFILED_UP_TO = 1e9


@dataclass(frozen=True)
class Counts:
    """Trials and successes of each pattern in each cluster.

    Attributes
    ----------
    pattern
        Row of the model matrix, shape (rows,).
    cluster
        Number of the cluster, shape (rows,); below 0 every trial is a cluster of its own.
    trials, successes
        Shape (rows,).
    """

    pattern: NDArray[np.int64]
    cluster: NDArray[np.int64]
    trials: NDArray[np.int64]
    successes: NDArray[np.int64]

    def where(self, chosen: NDArray[Any]) -> "Counts":
        """Returns the rows of a mask, or at places."""
        return Counts(self.pattern[chosen], self.cluster[chosen], self.trials[chosen], self.successes[chosen])

    def by_pattern(self, patterns: int) -> tuple[Array, Array]:
        """Returns trials and successes of each pattern, shape (patterns,) each."""
        trials, successes = (
            np.bincount(self.pattern, weights=counted, minlength=patterns).astype(np.float64) for counted in (self.trials, self.successes)
        )
        return trials, successes

    @cached_property
    def alone(self) -> "Counts":
        """The trials that are clusters of their own."""
        return self.where(self.cluster < 0)

    @cached_property
    def shared(self) -> "Counts":
        """The other trials, by cluster; nothing is sorted where they come so."""
        shared = self if (self.cluster >= 0).all() else self.where(self.cluster >= 0)
        return shared if (np.diff(shared.cluster) >= 0).all() else shared.where(np.argsort(shared.cluster, kind="stable"))

    @cached_property
    def first_rows(self) -> NDArray[np.int64]:
        """Where each cluster begins in `shared`, and where the last one ends, shape (clusters + 1,)."""
        begins = np.flatnonzero(np.diff(self.shared.cluster, prepend=-1))
        return np.append(begins, len(self.shared.cluster))

    @property
    def clusters(self) -> int:
        """Number of clusters, single trials included."""
        return len(self.first_rows) - 1 + int(self.alone.trials.sum())

    @property
    def has_clusters(self) -> bool:
        """Whether trials share clusters at all, and there is more than one."""
        return len(self.shared.cluster) > 0 and self.clusters > 1

    def sums_by_cluster(self, values: Array, by_pattern: Array) -> Array:
        """Sums over the rows of each cluster of `shared` the value of the row times the row of its pattern, shape (clusters, columns)."""
        shape = (len(self.first_rows) - 1, len(by_pattern))
        return np.asarray(scipy.sparse.csr_array((values, self.shared.pattern, self.first_rows), shape=shape) @ by_pattern)


@dataclass(frozen=True)
class LogitFit:
    """A fitted logistic regression. Terms that say nothing new have NaN throughout, and count as zero in predictions.

    Attributes
    ----------
    coefficients, std_errors, ci_low, ci_high, p_values
        Shape (terms,). Intervals are of 95 %.
    covariance
        Terms x terms; clustered where the errors are.
    plain_covariance
        Terms x terms; the inverse information, as if users were independent.
    quantiles
        By how many errors each interval reaches to either side, shape (terms,).
    is_separated
        Whether the term's maximum likelihood estimate is infinite, shape (terms,).
    penalty
        none, or firth where any term is separated.
    log_likelihood, null_log_likelihood
        Of the rows, without the constant of the binomial counts; under the penalty both without it.
    maximum_log_likelihood
        The largest there is; under the penalty what the likelihood tends to as separated terms grow.
    users, events, clusters
        Trials, successes, clusters (0 where errors are not clustered).
    support
        Clusters of equal size that would tell as much of the term, shape (terms,): of a level those that have it or those that lack it,
        whichever are fewer, of a product never more than of its factors; 0 where errors are not clustered.
    """

    coefficients: Array
    std_errors: Array
    ci_low: Array
    ci_high: Array
    p_values: Array
    covariance: Array
    plain_covariance: Array
    quantiles: Array
    is_separated: NDArray[np.bool_]
    penalty: str
    log_likelihood: float
    null_log_likelihood: float
    maximum_log_likelihood: float
    users: int
    events: int
    clusters: int
    support: Array

    @property
    def effects(self) -> int:
        """Estimated terms beside the intercept."""
        return int(np.isfinite(self.coefficients).sum()) - 1

    @property
    def pseudo_r_squared(self) -> float:
        """McFadden's."""
        return 1 - self.log_likelihood / self.null_log_likelihood

    @property
    def likelihood_ratio(self) -> float:
        """Statistic of the test that all effects are zero."""
        return 2 * (self.log_likelihood - self.null_log_likelihood)

    @property
    def likelihood_ratio_p_value(self) -> float:
        """Of the test that all effects are zero, users taken as independent."""
        return float(chi2.sf(self.likelihood_ratio, self.effects)) if self.effects else float("nan")

    @property
    def joint_p_value(self) -> float:
        """Of the test that all effects are zero: the likelihood ratio, with clusters in the second-order correction of Rao and Scott.

        Unlike a Wald test it does not invert the clustered covariance, which few clusters leave all but singular. NaN where one cluster has
        nearly all trials.

        References
        ----------
        Rao JNK, Scott AJ (1984). On chi-squared tests for multiway contingency tables with cell proportions estimated from survey data.
        Annals of Statistics 12, 46-60.
        """
        if not self.effects:
            return float("nan")
        effects = np.isfinite(self.coefficients)
        effects[0] = False
        return self._p_value_of(self.likelihood_ratio, effects, self.support[0])

    def compared_with(self, nested: "LogitFit", dropped: NDArray[np.bool_]) -> "LikelihoodRatioTest":
        """Tests whether all coefficients of some terms are zero, with clusters as in `joint_p_value`.

        With clusters the test is as sure as the term of least support allows, and NaN where that has none. It compares largest likelihoods,
        which exist where levels are separated, too: users of a level that both fits find separated add nothing to either. But where only
        the fit with the terms separates, or the terms themselves are separated, the ratio does not follow its distribution, and statistic
        and p-value are NaN.

        Parameters
        ----------
        nested
            The fit of the same counts without these terms.
        dropped
            Which terms `nested` does not have, shape (terms,). They come last in the matrix, so that what they add is what is kept of them.
        """
        effects = dropped & np.isfinite(self.coefficients)
        degrees = int(effects.sum())
        if not degrees or not np.array_equal(self.is_separated[~dropped], nested.is_separated) or self.is_separated[dropped].any():
            return LikelihoodRatioTest(float("nan"), degrees, float("nan"))
        statistic = max(0.0, 2 * (self.maximum_log_likelihood - nested.maximum_log_likelihood))
        support = min(self.support[0], self.support[effects].min())
        return LikelihoodRatioTest(statistic, degrees, self._p_value_of(statistic, effects, support))

    def _p_value_of(self, statistic: float, terms: NDArray[np.bool_], support: float) -> float:
        """Of a likelihood ratio, where the terms are those that it tests."""
        if not self.clusters:
            return float(chi2.sf(statistic, terms.sum()))
        if support < FEWEST_CLUSTERS:
            return float("nan")
        effects = np.linalg.solve(self.plain_covariance[np.ix_(terms, terms)], self.covariance[np.ix_(terms, terms)])
        total = float(np.trace(effects))
        degrees = total**2 / float(np.trace(effects @ effects))
        return float(f_distribution.sf(statistic / total, degrees, degrees * (support - 1)))

    def log_odds(self, matrix: Array) -> Array:
        """Returns the fitted log-odds of rows, shape (rows,)."""
        return matrix @ np.nan_to_num(self.coefficients)


@dataclass(frozen=True)
class LikelihoodRatioTest:
    """A test of several terms together; NaN where there is none."""

    statistic: float
    degrees_of_freedom: int
    p_value: float


def fit_logit(matrix: Array, counts: Counts, products: Sequence[tuple[int, int, int]] = (), *, has_profiles: bool = True) -> LogitFit:
    """Fits by maximum likelihood; where a level is separated by Firth's penalised likelihood, with the intercept that keeps the mean.

    Columns that are combinations of those before them are left out. Errors are clustered where trials share clusters: the sandwich of
    Liang and Zeger (1986) with the factor G / (G - 1) * (N - 1) / (N - K), from counts. Where few clusters tell of a term, or few large
    ones, the sandwich is too sure of it: intervals and p-values use Student's t with `support` less one degrees of freedom; where one
    cluster has the level there are none. Separated terms have profile intervals and penalised likelihood-ratio tests, not
    clustered; so have the other terms where nothing is clustered, unless the model is so large that this would take minutes.

    Parameters
    ----------
    matrix
        Patterns x terms, the intercept first.
    counts
        Both outcomes must occur.
    products
        Columns of interactions, see `design.Design`.
    has_profiles
        Whether separated terms get their intervals and tests. They cost far more than the fit, and predictions and `compared_with` do not
        use them.

    Raises
    ------
    ValueError
        If only one outcome occurs.

    References
    ----------
    Firth D (1993). Bias reduction of maximum likelihood estimates. Biometrika 80, 27-38.
    Puhr R et al. (2017). Firth's logistic regression with rare events. Statistics in Medicine 36, 2302-2317 (the intercept).
    """
    trials, successes = counts.by_pattern(len(matrix))
    used, kept = _estimable(matrix, trials, successes)
    x, n, s = matrix[used][:, kept], trials[used], successes[used]
    maximum, separated = _maximum(x, n, s)
    firth = _firth(x, n, s) if separated.any() else None
    coefficients = maximum if firth is None else _with_mean_kept(np.asarray(firth.coef_, dtype=np.float64), x, n, s)
    clusters = counts.clusters if counts.has_clusters else 0
    support = _support(matrix, counts, products)[kept] if clusters else np.zeros(x.shape[1])
    plain, covariance = _covariances(matrix[:, kept], counts, coefficients)
    estimates = _wald(coefficients, covariance, support if clusters else None) | {"plain_covariance": plain}
    if firth is not None and has_profiles:
        is_small = 2 * len(x) * x.shape[1] ** 3 <= PROFILED_UP_TO
        chosen = np.ones(len(separated), dtype=bool) if is_small and not clusters else separated.copy()
        chosen[0] = False  # Firth's interval is not of the intercept that keeps the mean
        for name, values in _profiles(firth, x, n, s, chosen).items():
            estimates[name][chosen] = values[chosen]
    probabilities = expit(x @ estimates["coefficients"])
    mean = s.sum() / n.sum()
    spread = {name: _spread(values, kept) for name, values in estimates.items()}
    is_separated = np.zeros(len(kept), dtype=bool)
    is_separated[kept] = separated
    return LogitFit(
        **spread,
        is_separated=is_separated,
        penalty="firth" if separated.any() else "none",
        log_likelihood=_log_likelihood(n, s, probabilities),
        null_log_likelihood=_log_likelihood(n, s, np.full(len(n), mean)),
        maximum_log_likelihood=_log_likelihood(n, s, expit(x @ maximum)),
        users=int(n.sum()),
        events=int(s.sum()),
        clusters=clusters,
        support=np.nan_to_num(_spread(support, kept)),
    )


def q_values(p_values: Array) -> Array:
    """Adjusts p-values for false discoveries (Benjamini and Hochberg); NaN stays and counts for nothing."""
    adjusted = np.full(len(p_values), np.nan)
    known = np.isfinite(p_values)
    if known.any():
        adjusted[known] = multipletests(p_values[known], method="fdr_bh")[1]
    return adjusted


def variance_inflation(matrix: Array, trials: Array) -> Array:
    """Returns the variance inflation factor of each term, shape (terms,); NaN for the intercept and for columns left out of the fit."""
    factors = np.full(matrix.shape[1], np.nan)
    used = trials > 0
    kept = independent_columns(matrix[used])
    kept[0] = False
    if kept.any():
        covariance = np.atleast_2d(np.cov(matrix[used][:, kept], rowvar=False, fweights=trials[used].astype(np.int64)))
        scale = np.sqrt(np.diag(covariance))
        factors[kept] = np.diag(np.linalg.inv(covariance / np.outer(scale, scale)))
    return factors


def marginal_effects(design: Design, trials: Array, fit: LogitFit) -> tuple[Array, Array]:
    """Returns average marginal effects and their standard errors (delta method), shape (terms,) each.

    Of a numeric term the mean slope of the probability. Of a level the mean difference between everybody at this level and everybody at
    the reference level, all else as it is; for two levels that is what statsmodels' get_margeff(dummy=True) gives. Of missing numbers the
    difference between who has none and who has the mean, the number staying as it is. Interactions are part of both; they have no effect
    of their own: NaN.
    """
    coefficients = np.nan_to_num(fit.coefficients)
    covariance = np.nan_to_num(fit.covariance)
    weights = trials / trials.sum()
    effects = np.full(len(coefficients), np.nan)
    errors = np.full(len(coefficients), np.nan)
    p = expit(design.matrix @ coefficients)
    attributes = design.terms["attribute"].where(~design.is_product)
    for _, places in design.terms.index.to_series().groupby(attributes):
        grown = {place: design.grown_with(place) for place in places}
        levels = [place for place in places if design.is_dummy[place]]
        at_reference = design.matrix.copy()
        at_reference[:, [column for place in levels for column in grown[place]]] = 0
        p_reference = expit(at_reference @ coefficients)
        gradient_reference = (weights * p_reference * (1 - p_reference)) @ at_reference
        for place in places:
            if not np.isfinite(fit.coefficients[place]):
                continue
            if place in levels:
                at_level = at_reference.copy()
                for column, values in grown[place].items():
                    at_level[:, column] = values
                p_level = expit(at_level @ coefficients)
                effects[place] = weights @ (p_level - p_reference)
                gradient = (weights * p_level * (1 - p_level)) @ at_level - gradient_reference
            else:
                effects[place] = sum(coefficients[column] * (weights @ (p * (1 - p) * slope)) for column, slope in grown[place].items())
                gradient = np.zeros(len(coefficients))
                for column, slope in grown[place].items():
                    gradient += coefficients[column] * ((weights * p * (1 - p) * (1 - 2 * p) * slope) @ design.matrix)
                    gradient[column] += weights @ (p * (1 - p) * slope)
            estimated = [column for column in grown[place] if np.isfinite(fit.coefficients[column])]
            # a separated term has a profile interval; its clustered error says nothing
            if np.isfinite(fit.std_errors[estimated]).all() and not fit.is_separated[estimated].any():
                errors[place] = np.sqrt(gradient @ covariance @ gradient)
    return effects, errors


def _estimable(matrix: Array, trials: Array, successes: Array) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which patterns have trials, and which columns say something new of these."""
    if not 0 < successes.sum() < trials.sum():
        raise ValueError(f"{successes.sum():.0f} successes in {trials.sum():.0f} trials: a regression needs both outcomes")
    used = trials > 0
    return used, independent_columns(matrix[used])


def _maximum(x: Array, n: Array, s: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Coefficients of largest likelihood, and the terms for which there is none: their coefficients are merely large."""
    model = GLM(np.column_stack([s, n - s]), x, family=Binomial())
    separated = np.zeros(x.shape[1], dtype=bool)
    for iterations in (25, 50):  # half of them show separation; what converges does so in fewer
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # separation is looked for below, by its definition
            result = model.fit(tol_criterion="params", atol=1e-12, rtol=1e-12, maxiter=iterations)
        coefficients = np.asarray(result.params, dtype=np.float64)
        if np.abs(x @ coefficients).max() > PROPER_LOG_ODDS:
            separated = _separated(x, n, s)
        if result.converged or separated.any():
            break
    return coefficients, separated


def _separated(x: Array, n: Array, s: Array) -> NDArray[np.bool_]:
    """Terms whose maximum likelihood estimate is infinite."""
    rows, outcomes, _ = _as_weighted_rows(x, n, s)
    return ~np.asarray(detect_separation(rows, outcomes, fit_intercept=False).is_finite)


def _as_weighted_rows(x: Array, n: Array, s: Array) -> tuple[Array, Array, Array]:
    """Two rows per pattern, one for each outcome, with the number of trials as weight; rows without any are left out."""
    weights = np.concatenate([s, n - s])
    outcomes = np.concatenate([np.ones(len(s)), np.zeros(len(s))])
    present = weights > 0
    return np.vstack([x, x])[present], outcomes[present], weights[present]


def _firth(x: Array, n: Array, s: Array, tolerance: float = FIRTH_TOLERANCES[0]) -> FirthLogisticRegression:
    """Firth's estimator, fitted."""
    rows, outcomes, weights = _as_weighted_rows(x, n, s)
    model = FirthLogisticRegression(backend="numpy", fit_intercept=False, max_iter=500, gtol=tolerance, xtol=tolerance)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it comes as near as rounding allows
        return model.fit(rows, outcomes, sample_weight=weights)


def _with_mean_kept(coefficients: Array, x: Array, n: Array, s: Array) -> Array:
    """Firth's coefficients with the intercept at which as many successes are predicted as there were."""
    slopes = x[:, 1:] @ coefficients[1:]
    intercept = brentq(lambda intercept: float(n @ expit(intercept + slopes) - s.sum()), -50, 50, xtol=1e-13)
    return np.concatenate([[intercept], coefficients[1:]])


def _profiles(firth: FirthLogisticRegression, x: Array, n: Array, s: Array, chosen: NDArray[np.bool_]) -> dict[str, Array]:
    """Errors, profile intervals and penalised likelihood-ratio tests of the chosen terms."""
    figures = np.full((len(chosen), 3), np.nan)
    for tolerance in FIRTH_TOLERANCES:
        missing = chosen & np.isnan(figures).any(axis=1)
        if not missing.any():
            break
        model = firth if tolerance == FIRTH_TOLERANCES[0] else _firth(x, n, s, tolerance)
        terms = np.flatnonzero(missing).tolist()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a bound that is not found is NaN, and published as missing
            model.lrt(terms)
            interval = np.asarray(model.conf_int(method="pl", features=terms, max_iter=200, tol=tolerance))
        found = np.column_stack([interval, np.asarray(model.lrt_pvalues_, dtype=np.float64)])
        figures = np.where(np.isnan(figures), found, figures)
    errors = np.asarray(firth.bse_, dtype=np.float64)
    return {"std_errors": errors, "ci_low": figures[:, 0], "ci_high": figures[:, 1], "p_values": figures[:, 2]}


def _covariances(x: Array, counts: Counts, coefficients: Array) -> tuple[Array, Array]:
    """Inverse information, and the sandwich where trials share clusters (else the same again)."""
    trials, _ = counts.by_pattern(len(x))
    p = expit(x @ coefficients)
    bread = np.linalg.inv((x * (trials * p * (1 - p))[:, None]).T @ x)
    if not counts.has_clusters:
        return bread, bread
    shared = counts.shared
    scores = counts.sums_by_cluster(shared.successes - shared.trials * p[shared.pattern], x)
    n, s = counts.alone.by_pattern(len(x))
    squares = s * (1 - p) ** 2 + (n - s) * p**2
    meat = scores.T @ scores + (x * squares[:, None]).T @ x
    g, total, terms = counts.clusters, trials.sum(), x.shape[1]
    return bread, np.asarray(bread @ meat @ bread * g / (g - 1) * (total - 1) / (total - terms))


def _support(x: Array, counts: Counts, products: Sequence[tuple[int, int, int]]) -> Array:
    """Clusters of equal size that would tell as much of each term: squared sum of sizes over the sum of squares.

    Of a level on the side where there are fewer; of a number by what each cluster adds to its variance, as much for what its trials share
    as for what they do not; of a product no more than of its factors.
    """
    alone, _ = counts.alone.by_pattern(len(x))

    def clusters_with(chosen: NDArray[np.bool_]) -> Array:
        columns = chosen.astype(np.float64)
        sizes, single = counts.sums_by_cluster(counts.shared.trials.astype(np.float64), columns), alone @ columns
        squares = (sizes**2).sum(axis=0) + single
        return np.asarray(np.divide((sizes.sum(axis=0) + single) ** 2, squares, out=np.zeros(len(squares)), where=squares > 0))

    is_level = np.asarray(np.isin(x, (0, 1)).all(axis=0))
    is_level[0] = False
    support = clusters_with(np.ones(x.shape, dtype=bool))
    support[is_level] = np.minimum(clusters_with(x[:, is_level] == 1), clusters_with(x[:, is_level] == 0))
    is_number = ~is_level
    is_number[0] = False
    trials, _ = counts.by_pattern(len(x))
    centred = x[:, is_number] - trials @ x[:, is_number] / trials.sum()
    weights = counts.shared.trials.astype(np.float64)
    shares = counts.sums_by_cluster(weights, centred) ** 2 + counts.sums_by_cluster(weights, centred**2)
    total, squares = shares.sum(axis=0) + 2 * alone @ centred**2, (shares**2).sum(axis=0) + 4 * alone @ centred**4
    support[is_number] = np.divide(total**2, squares, out=np.zeros(len(squares)), where=squares > 0)
    for places in products:
        support[places[0]] = support[list(places)].min()
    return support


def _wald(coefficients: Array, covariance: Array, support: Array | None) -> dict[str, Array]:
    """Errors, intervals and p-values; with clusters by the number of those that tell of the term."""
    errors = np.sqrt(np.diag(covariance))
    degrees = np.full(len(errors), np.inf)
    if support is not None:
        degrees = support - 1
        errors[support < FEWEST_CLUSTERS] = np.nan
    quantiles, p_values = np.full(len(errors), np.nan), np.full(len(errors), np.nan)
    known = np.isfinite(errors)
    quantiles[known] = t.ppf(0.975, degrees[known])
    with np.errstate(divide="ignore"):
        p_values[known] = 2 * t.sf(np.abs(coefficients[known] / errors[known]), degrees[known])
    return {
        "coefficients": coefficients,
        "std_errors": errors,
        "ci_low": coefficients - quantiles * errors,
        "ci_high": coefficients + quantiles * errors,
        "p_values": p_values,
        "covariance": covariance,
        "quantiles": quantiles,
    }


def _spread(values: Array, kept: NDArray[np.bool_]) -> Array:
    """Puts estimates into the places of all terms, NaN in the others."""
    full = np.full((len(kept),) * values.ndim, np.nan)
    full[np.ix_(*[kept] * values.ndim)] = values
    return full


def _log_likelihood(n: Array, s: Array, p: Array) -> float:
    return float(np.sum(xlogy(s, p) + xlog1py(n - s, -p)))
