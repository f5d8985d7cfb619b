"""From covariate patterns with counts to the tables of a regression: terms, tests of interactions, scores on unseen users, calibration."""

from collections.abc import Sequence
from dataclasses import asdict, astuple
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from python_models.methods.alone import alone
from python_models.methods.design import INTERCEPT, Design, Interaction, design_matrix, wide_patterns
from python_models.methods.evaluation import Estimate, Scored, auc_difference, no_metrics, observed_share, score_metrics
from python_models.methods.logit import Counts, LogitFit, fit_logit, marginal_effects, q_values, variance_inflation
from python_models.methods.versions import library_versions

# some rows of counts as a training part, others as a test part
Split = tuple[NDArray[np.bool_], NDArray[np.bool_]]

# the columns of `fit_table`, with their SQL types
TERM_COLUMNS = {
    "model": "varchar",
    "role": "varchar",
    "term": "varchar",
    "attribute": "varchar",
    "level": "varchar",
    "reference_level": "varchar",
    "coefficient": "double",
    "std_error": "double",
    "z_value": "double",
    "odds_ratio": "double",
    "ci_low": "double",
    "ci_high": "double",
    "p_value": "double",
    "q_value": "double",
    "vif": "double",
    "marginal_effect": "double",
    "marginal_effect_ci_low": "double",
    "marginal_effect_ci_high": "double",
    "users": "bigint",
    "events": "bigint",
    "support": "double",
    "is_separated": "boolean",
    "mean_contribution": "double",
}
RUN_COLUMNS = {
    "penalty": "varchar",
    "patterns": "bigint",
    "clusters": "bigint",
    "log_likelihood": "double",
    "null_log_likelihood": "double",
    "pseudo_r_squared": "double",
    "joint_p_value": "double",
    "verdict": "varchar",
    "library_versions": "varchar",
    "fitted_as_of": "date",
}
FIT_COLUMNS = TERM_COLUMNS | RUN_COLUMNS
SCORE_COLUMNS = {
    "model": "varchar",
    "evaluation": "varchar",
    "metric": "varchar",
    "value": "double",
    "ci_low": "double",
    "ci_high": "double",
    "users": "bigint",
    "events": "bigint",
}

INTERACTION_COLUMNS = {
    "model": "varchar",
    "interaction": "varchar",
    "statistic": "double",
    "degrees_of_freedom": "integer",
    "p_value": "double",
    "users": "bigint",
    "events": "bigint",
    "verdict": "varchar",
}
CALIBRATION_COLUMNS = {
    "model": "varchar",
    "bin": "integer",
    "users": "bigint",
    "events": "bigint",
    "mean_predicted": "double",
    "observed_share": "double",
    "ci_low": "double",
    "ci_high": "double",
}
# predictions that differ by less do so by rounding alone
EQUAL_DIGITS = 12


class Predictions(NamedTuple):
    """What fits say of rows that they did not see, each of shape (rows,).

    Attributes
    ----------
    probabilities
        Of the outcome; NaN for rows that are not predicted.
    baseline
        The share of the outcome among the rows of the fit; NaN likewise.
    folds
        Number of the fit.
    """

    probabilities: NDArray[np.float64]
    baseline: NDArray[np.float64]
    folds: NDArray[np.int64]


def has_both_outcomes(trials: float, successes: float, at_least: int) -> bool:
    """Tells whether the rarer outcome is frequent enough to fit or to judge a model."""
    return min(successes, trials - successes) >= at_least


@alone
def fit_table(
    model: str,
    values: pd.DataFrame,
    counts: pd.DataFrame,
    *,
    features: list[dict[str, Any]],
    interactions: Sequence[Interaction] = (),
    min_outcomes: int,
    as_of: Any,
) -> pd.DataFrame:
    """Fits one regression and returns its terms.

    Parameters
    ----------
    model
        Name of the model.
    values
        One row per pattern and feature: pattern_id, attribute, level, number.
    counts
        One row per pattern and cluster: pattern_id, cluster_number (missing: every user is a cluster), users, events.
    features
        Declarations, see `design.Feature`.
    interactions
        Pairs of features whose effects depend on each other.
    min_outcomes
        Users that each outcome must have; with fewer nothing is fitted.
    as_of
        Day at whose end the counts were taken, or None.

    Returns
    -------
    pandas.DataFrame
        Columns `FIT_COLUMNS`. The intercept's row is always there; it says in `verdict` what became of the fit: fitted, separated
        (fitted under Firth's penalty), too_few_outcomes or no_variation. Role is intercept, effect, reference, or aliased: a level that
        others determine, which counts as the reference. `mean_contribution` is what the attribute adds to the log-odds on average.
    """
    patterns = wide_patterns(values, features)
    rows = counts_of(counts, patterns)
    trials, successes = rows.by_pattern(len(patterns))
    design = design_matrix(patterns, trials.astype(np.int64), features, interactions)
    run = {
        "model": model,
        "users": int(trials.sum()),
        "events": int(successes.sum()),
        "patterns": int((trials > 0).sum()),
        "library_versions": library_versions(),
        "fitted_as_of": as_of,
    }
    if not has_both_outcomes(trials.sum(), successes.sum(), min_outcomes):
        return _unfitted(run, "too_few_outcomes")
    fit = fit_logit(design.matrix, rows, design.products)
    if not fit.effects:
        return _unfitted(run, "no_variation")
    table = _terms(design, trials, fit).assign(
        **run,
        penalty=fit.penalty,
        clusters=fit.clusters,
        log_likelihood=fit.log_likelihood,
        null_log_likelihood=fit.null_log_likelihood,
        pseudo_r_squared=fit.pseudo_r_squared,
        joint_p_value=fit.joint_p_value,
        verdict="separated" if fit.penalty == "firth" else "fitted",
    )
    return table[list(FIT_COLUMNS)]


@alone
def interaction_table(
    model: str,
    values: pd.DataFrame,
    counts: pd.DataFrame,
    *,
    features: list[dict[str, Any]],
    interactions: Sequence[Interaction],
    min_outcomes: int,
) -> pd.DataFrame:
    """Tests each interaction of a regression: the model against itself without this interaction.

    Parameters
    ----------
    model, values, counts, features, interactions, min_outcomes
        As in `fit_table`.

    Returns
    -------
    pandas.DataFrame
        Columns `INTERACTION_COLUMNS`, one row per interaction. Degrees of freedom are the terms that the interaction adds. Verdict is
        tested, too_few_outcomes, no_variation (it adds nothing to the other terms) or separated (some cell of it has one outcome only,
        so that there is no test). With clusters a p-value may be missing beside `tested`: too few of them tell of the interaction.
    """
    patterns = wide_patterns(values, features)
    rows = counts_of(counts, patterns)
    trials, successes = rows.by_pattern(len(patterns))
    is_fitted = has_both_outcomes(trials.sum(), successes.sum(), min_outcomes)
    run = {"model": model, "users": int(trials.sum()), "events": int(successes.sum())}
    table = []
    for place, interaction in enumerate(interactions):
        row = run | {"interaction": " x ".join(interaction), "verdict": "too_few_outcomes"}
        if is_fitted:
            others = [*interactions[:place], *interactions[place + 1 :]]
            without = design_matrix(patterns, trials.astype(np.int64), features, others)
            design = design_matrix(patterns, trials.astype(np.int64), features, [*others, interaction])
            row |= _tested(design, without, rows)
        table.append(dict.fromkeys(INTERACTION_COLUMNS) | row)
    return pd.DataFrame(table, columns=list(INTERACTION_COLUMNS), dtype=object)


@alone
def score_table(
    model: str,
    values: pd.DataFrame,
    counts: pd.DataFrame,
    *,
    features: list[dict[str, Any]],
    interactions: Sequence[Interaction] = (),
    min_outcomes: int,
    holdout_share: float | None = None,
    holdout_seed: int | None = None,
) -> pd.DataFrame:
    """Evaluates one regression on users whom the fit did not see.

    Parameters
    ----------
    model, values, features, interactions, min_outcomes
        As in `fit_table`.
    counts
        As in `fit_table`. By fold (a cluster lies in one fold) for the evaluation out_of_fold; by is_past and is_future for the evaluation
        future: whether the outcome was known before the first of the users to be predicted signed up, and whether the user is one of those.
    holdout_share, holdout_seed
        Share of the users with the outcome, and of those without, to draw for the evaluation holdout, and the seed of the draw.

    Returns
    -------
    pandas.DataFrame
        Columns `SCORE_COLUMNS`, for the evaluations holdout, out_of_fold and future, as far as they are asked for; values are missing where
        an evaluation cannot be made.

    Raises
    ------
    ValueError
        If a hold-out has no seed.
    """
    return evaluated(
        model,
        values,
        counts,
        features=features,
        interactions=interactions,
        min_outcomes=min_outcomes,
        holdout_share=holdout_share,
        holdout_seed=holdout_seed,
    )[0]


@alone
def comparison_table(
    model: str,
    simple_model: str,
    values: pd.DataFrame,
    counts: pd.DataFrame,
    *,
    features: list[dict[str, Any]],
    simple_features: list[dict[str, Any]],
    min_outcomes: int,
) -> pd.DataFrame:
    """Evaluates a regression beside a simpler one, on the same users whom neither fit saw, and says by how much it ranks them better.

    Parameters
    ----------
    model, features
        The regression, as in `fit_table`.
    simple_model, simple_features
        The one to beat. Its features are some of `features`.
    values, counts, min_outcomes
        As in `score_table`.

    Returns
    -------
    pandas.DataFrame
        Columns `SCORE_COLUMNS`: for the evaluations out_of_fold and future, as far as they are asked for, the metrics of both models and
        of `model` auc_gain, its area under the curve less that of the simple one. Values are missing where one of the two cannot be
        evaluated.
    """
    patterns = wide_patterns(values, features)
    tables = []
    for evaluation, (rows, splits) in _evaluations(counts, counts_of(counts, patterns), None, None).items():
        predictions = [
            _predictions(patterns, rows, splits, features=declared, interactions=(), min_outcomes=min_outcomes)
            for declared in (features, simple_features)
        ]
        pair = _on_the_same_rows(rows, predictions, min_outcomes)
        if pair is None:
            is_test = np.any([is_test for _, is_test in splits], axis=0) if splits else np.zeros(len(rows.trials), dtype=bool)
            tested: Scored | Counts = rows.where(is_test)
            metrics, simple_metrics, gain = no_metrics(), no_metrics(), Estimate(float("nan"))
        else:
            tested = pair[0]
            metrics, simple_metrics = (score_metrics(scored) for scored in pair)
            gain = auc_difference(pair[0].probabilities, pair[1].probabilities, pair[0])
        gained = pd.DataFrame([("auc_gain", *astuple(gain))], columns=["metric", "value", "ci_low", "ci_high"])
        counted = {"evaluation": evaluation, "users": int(tested.trials.sum()), "events": int(tested.successes.sum())}
        tables += [table.assign(model=model, **counted) for table in (metrics, gained)]
        tables.append(simple_metrics.assign(model=simple_model, **counted))
    return pd.concat(tables, ignore_index=True)[list(SCORE_COLUMNS)] if tables else pd.DataFrame(columns=list(SCORE_COLUMNS))


@alone
def calibration_table(
    model: str,
    values: pd.DataFrame,
    counts: pd.DataFrame,
    *,
    features: list[dict[str, Any]],
    interactions: Sequence[Interaction] = (),
    min_outcomes: int,
    bins: int = 10,
) -> pd.DataFrame:
    """Compares the probabilities predicted out of fold with what happened.

    Parameters
    ----------
    model, values, counts, features, interactions, min_outcomes
        As in `score_table`; counts have a fold.
    bins
        Largest number of bins.

    Returns
    -------
    pandas.DataFrame
        Columns `CALIBRATION_COLUMNS`, one row per bin of about equally many users, from the lowest predictions of each fold to the highest.
        Users of a fold with the same probability are in the same bin, so that there may be fewer. No rows where nothing can be predicted
        out of fold.
    """
    out_of_fold = counts.drop(columns=["is_past", "is_future"], errors="ignore")
    return evaluated(model, values, out_of_fold, features=features, interactions=interactions, min_outcomes=min_outcomes, bins=bins)[1]


@alone
def evaluated(
    model: str,
    values: pd.DataFrame,
    counts: pd.DataFrame,
    *,
    features: list[dict[str, Any]],
    interactions: Sequence[Interaction] = (),
    min_outcomes: int,
    holdout_share: float | None = None,
    holdout_seed: int | None = None,
    bins: int = 10,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Returns `score_table` and `calibration_table` from the same fits; arguments as there."""
    patterns = wide_patterns(values, features)
    tables = []
    calibration = calibration_of(model, None, bins)
    for evaluation, (rows, splits) in _evaluations(counts, counts_of(counts, patterns), holdout_share, holdout_seed).items():
        scored = _predicted(patterns, rows, splits, features=features, interactions=interactions, min_outcomes=min_outcomes)
        metrics = no_metrics() if scored is None else score_metrics(scored)
        is_tested = np.any([is_test for _, is_test in splits], axis=0) if splits else np.zeros(len(rows.trials), dtype=bool)
        tested = scored or rows.where(is_tested)
        tables.append(
            metrics.assign(model=model, evaluation=evaluation, users=int(tested.trials.sum()), events=int(tested.successes.sum()))
        )
        if evaluation == "out_of_fold":
            calibration = calibration_of(model, scored, bins)
    scores = pd.concat(tables, ignore_index=True)[list(SCORE_COLUMNS)] if tables else pd.DataFrame(columns=list(SCORE_COLUMNS))
    return scores, calibration


def counts_of(counts: pd.DataFrame, patterns: pd.DataFrame) -> Counts:
    """Returns the counts with patterns as places in `patterns`, and -1 for users who are clusters of their own."""
    return Counts(
        patterns.index.get_indexer(counts["pattern_id"]),
        counts["cluster_number"].fillna(-1).to_numpy(dtype=np.int64),
        counts["users"].to_numpy(dtype=np.int64),
        counts["events"].to_numpy(dtype=np.int64),
    )


def holdout_of(rows: Counts, share: float, seed: int) -> tuple[Counts, list[Split]]:
    """Draws a share of the users with the outcome, and of those without it, as a stratified split of the users would.

    Parameters
    ----------
    rows
        Counts, of fewer than 1,000,000,000 users. They are added up by pattern and cluster before the draw, so that neither their order
        nor what else they are split by matters.
    share, seed
        Of the draw.

    Returns
    -------
    tuple
        Counts by pattern, cluster and part, and one split: which rows are the training part, and which the drawn one.
    """
    frame = pd.DataFrame({"pattern": rows.pattern, "cluster": rows.cluster, "trials": rows.trials, "successes": rows.successes})
    frame = frame.groupby(["pattern", "cluster"], as_index=False).sum()
    pattern, cluster, trials, successes = (frame[name].to_numpy(dtype=np.int64) for name in frame.columns)
    generator = np.random.default_rng(seed)
    drawn_successes, drawn_failures = (
        generator.multivariate_hypergeometric(users, round(share * int(users.sum())), method="marginals")
        for users in (successes, trials - successes)
    )
    drawn = drawn_successes + drawn_failures
    parts = Counts(
        np.tile(pattern, 2),
        np.tile(cluster, 2),
        np.concatenate([trials - drawn, drawn]),
        np.concatenate([successes - drawn_successes, drawn_successes]),
    )
    is_test, has_users = np.repeat([False, True], len(frame)), parts.trials > 0
    return parts.where(has_users), [(~is_test[has_users], is_test[has_users])]


def _tested(design: Design, without: Design, rows: Counts) -> dict[str, Any]:
    """Statistic, degrees of freedom, p-value and verdict of the terms that only the first design has; they come last in it."""
    fit, nested = (fit_logit(side.matrix, rows, side.products, has_profiles=False) for side in (design, without))
    test = fit.compared_with(nested, np.arange(len(design.terms)) >= len(without.terms))
    if not test.degrees_of_freedom:
        return asdict(test) | {"verdict": "no_variation"}
    return asdict(test) | {"verdict": "separated" if np.isnan(test.statistic) else "tested"}


def _evaluations(
    counts: pd.DataFrame, rows: Counts, holdout_share: float | None, holdout_seed: int | None
) -> dict[str, tuple[Counts, list[Split]]]:
    """The evaluations that were asked for: rows of counts, and which of them are predicted from which."""
    evaluations: dict[str, tuple[Counts, list[Split]]] = {}
    if holdout_share is not None:
        if holdout_seed is None:
            raise ValueError("a hold-out needs a seed, so that the same users are drawn again")
        evaluations["holdout"] = holdout_of(rows, holdout_share, holdout_seed)
    if "fold" in counts.columns:
        folds = counts["fold"].to_numpy(dtype=np.int64)
        evaluations["out_of_fold"] = rows, [(folds != fold, folds == fold) for fold in np.unique(folds)]
    if {"is_past", "is_future"} <= set(counts.columns):
        evaluations["future"] = rows, [(counts["is_past"].to_numpy(dtype=bool), counts["is_future"].to_numpy(dtype=bool))]
    return evaluations


def _predicted(
    patterns: pd.DataFrame,
    rows: Counts,
    splits: list[Split],
    *,
    features: list[dict[str, Any]],
    interactions: Sequence[Interaction],
    min_outcomes: int,
) -> Scored | None:
    """Predicts each test part from its training part; None where a part has too few users of one outcome.

    Users with a level that the training part does not have are left out: they would have no score either. So are users without a number
    where everybody in the training part has one.
    """
    predictions = _predictions(patterns, rows, splits, features=features, interactions=interactions, min_outcomes=min_outcomes)
    return None if predictions is None else _scored(rows, predictions, np.isfinite(predictions.probabilities), min_outcomes)


def _predictions(
    patterns: pd.DataFrame,
    rows: Counts,
    splits: list[Split],
    *,
    features: list[dict[str, Any]],
    interactions: Sequence[Interaction],
    min_outcomes: int,
) -> Predictions | None:
    """Predicts each test part from its training part; None where a training part has too few users of one outcome."""
    probabilities, baseline = np.full(len(rows.trials), np.nan), np.full(len(rows.trials), np.nan)
    folds = np.zeros(len(rows.trials), dtype=np.int64)
    for number, (is_train, is_test) in enumerate(splits):
        train = rows.where(is_train)
        if not has_both_outcomes(train.trials.sum(), train.successes.sum(), min_outcomes):
            return None
        # the errors of these fits are not read, so users need not be held together
        alone = Counts(train.pattern, np.full(len(train.trials), -1), train.trials, train.successes)
        trials, _ = alone.by_pattern(len(patterns))
        matrix = design_matrix(patterns, trials.astype(np.int64), features, interactions).matrix
        is_known = np.ones(len(patterns), dtype=bool)
        for feature in features:
            values = patterns[feature["name"]]
            kind = values if feature["type"] == "categorical" else values.isna()
            is_known &= kind.isin(kind[trials > 0].unique()).to_numpy()
        chosen = is_test & is_known[rows.pattern]
        probabilities[chosen] = expit(fit_logit(matrix, alone, has_profiles=False).log_odds(matrix[rows.pattern[chosen]]))
        baseline[chosen] = train.successes.sum() / train.trials.sum()
        folds[chosen] = number
    return Predictions(probabilities, baseline, folds)


def _scored(rows: Counts, predictions: Predictions, chosen: NDArray[np.bool_], min_outcomes: int) -> Scored | None:
    """The chosen rows with their predictions; None where they have too few users of one outcome."""
    part = rows.where(chosen)
    if not has_both_outcomes(part.trials.sum(), part.successes.sum(), min_outcomes):
        return None
    probabilities, baseline = predictions.probabilities[chosen], predictions.baseline[chosen]
    return Scored(probabilities, baseline, part.trials, part.successes, part.cluster, predictions.folds[chosen])


def _on_the_same_rows(rows: Counts, predictions: Sequence[Predictions | None], min_outcomes: int) -> tuple[Scored, Scored] | None:
    """The rows that both models predict, with the predictions of each; None where there are too few users of one outcome."""
    first, second = predictions
    if first is None or second is None:
        return None
    chosen = np.isfinite(first.probabilities) & np.isfinite(second.probabilities)
    # users alike to a model must tie, in whatever order their log-odds were added up
    one, other = (
        _scored(rows, made._replace(probabilities=np.round(made.probabilities, EQUAL_DIGITS)), chosen, min_outcomes)
        for made in (first, second)
    )
    return None if one is None or other is None else (one, other)


def calibration_of(model: str, scored: Scored | None, bins: int = 10) -> pd.DataFrame:
    """Returns what `calibration_table` does, of predictions that were made; no rows without them."""
    table: list[tuple[Any, ...]] = []
    if scored is not None:
        bin_of_row = _bins(scored, bins)
        for number in range(bin_of_row.max() + 1):
            part = scored.where(bin_of_row == number)
            share, mean = observed_share(part), np.average(part.probabilities, weights=part.trials)
            counted = int(part.trials.sum()), int(part.successes.sum())
            table.append((model, number + 1, *counted, float(mean), share.value, share.ci_low, share.ci_high))
    return pd.DataFrame(table, columns=list(CALIBRATION_COLUMNS))


def _bins(scored: Scored, bins: int) -> NDArray[np.int64]:
    """Number of each row's bin, from 0, without gaps: by the rank of its prediction within its fold.

    A fold in which many have the outcome is predicted from folds in which fewer have it, and so too low. Ranked together, its users would
    fill the lower bins, which then had the most of the outcome.
    """
    chosen = np.zeros(len(scored.trials), dtype=np.int64)
    for fold in np.unique(scored.folds):
        rows = np.flatnonzero(scored.folds == fold)
        predictions, place = np.unique(np.round(scored.probabilities[rows], EQUAL_DIGITS), return_inverse=True)
        users = np.bincount(place, weights=scored.trials[rows], minlength=len(predictions))
        middle = (np.cumsum(users) - users / 2) / users.sum()
        chosen[rows] = (middle * bins).astype(np.int64)[place]
    return np.unique(chosen, return_inverse=True)[1]


def _terms(design: Design, trials: NDArray[np.float64], fit: LogitFit) -> pd.DataFrame:
    """One row per term, and one per reference level."""
    effects, effect_errors = marginal_effects(design, trials, fit)
    known = np.isfinite(fit.coefficients)
    p_values = fit.p_values.copy()
    p_values[0] = np.nan  # that half of the users adopt is no hypothesis
    terms = design.terms.assign(
        role=np.where(known, "effect", "aliased"),
        coefficient=np.nan_to_num(fit.coefficients),
        std_error=fit.std_errors,
        z_value=fit.coefficients / fit.std_errors,
        odds_ratio=np.exp(fit.coefficients),
        ci_low=np.exp(fit.ci_low),
        ci_high=np.exp(fit.ci_high),
        p_value=fit.p_values,
        q_value=q_values(p_values),
        vif=variance_inflation(design.matrix, trials),
        marginal_effect=effects,
        marginal_effect_ci_low=effects - fit.quantiles * effect_errors,
        marginal_effect_ci_high=effects + fit.quantiles * effect_errors,
        is_separated=fit.is_separated,
        support=fit.support if fit.clusters else None,
    )
    terms.loc[terms["term"] == INTERCEPT, "role"] = "intercept"
    # with a level that other features determine there is no saying with which of the two the others are compared
    is_aliased = (terms["role"] == "aliased") & terms["level"].notna()
    terms.loc[terms["attribute"].isin(terms.loc[is_aliased, "attribute"]), "reference_level"] = None
    references = design.references.assign(
        term=design.references["attribute"] + ": " + design.references["level"],
        reference_level=design.references["level"],
        role="reference",
        coefficient=0.0,
        is_separated=False,
    )
    table = pd.concat([terms, references], ignore_index=True)
    shares = (trials @ design.matrix) / trials.sum()
    contributions = pd.Series(np.nan_to_num(fit.coefficients) * shares).groupby(design.terms["attribute"]).sum()
    table["mean_contribution"] = table["attribute"].map(contributions)
    return table


def _unfitted(run: dict[str, Any], verdict: str) -> pd.DataFrame:
    """The intercept's row of a model that was not fitted."""
    row = dict.fromkeys(FIT_COLUMNS) | run | {"role": "intercept", "term": INTERCEPT, "verdict": verdict, "is_separated": False}
    return pd.DataFrame([row], columns=list(FIT_COLUMNS), dtype=object)
