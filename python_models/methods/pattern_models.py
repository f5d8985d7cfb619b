"""From covariate patterns with counts to the tables of a regression: terms, and scores out of fold and in the future."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from python_models.methods.alone import alone
from python_models.methods.design import INTERCEPT, Design, design_matrix, wide_patterns
from python_models.methods.evaluation import Scored, no_metrics, score_metrics
from python_models.methods.logit import Counts, LogitFit, fit_logit, marginal_effects, q_values, variance_inflation
from python_models.methods.versions import library_versions

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


def has_both_outcomes(trials: float, successes: float, at_least: int) -> bool:
    """Tells whether the rarer outcome is frequent enough to fit or to judge a model."""
    return min(successes, trials - successes) >= at_least


@alone
def fit_table(
    model: str, values: pd.DataFrame, counts: pd.DataFrame, *, features: list[dict[str, Any]], min_outcomes: int, as_of: Any
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
    design = design_matrix(patterns, trials.astype(np.int64), features)
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
    fit = fit_logit(design.matrix, rows)
    if not fit.effects:
        return _unfitted(run, "no_variation")
    table = _terms(design, trials, fit).assign(
        **run,
        penalty=fit.penalty,
        clusters=fit.clusters,
        log_likelihood=fit.log_likelihood,
        pseudo_r_squared=fit.pseudo_r_squared,
        joint_p_value=fit.joint_p_value,
        verdict="separated" if fit.penalty == "firth" else "fitted",
    )
    return table[list(FIT_COLUMNS)]


@alone
def score_table(
    model: str, values: pd.DataFrame, counts: pd.DataFrame, *, features: list[dict[str, Any]], min_outcomes: int
) -> pd.DataFrame:
    """Evaluates one regression on users whom the fit did not see.

    Parameters
    ----------
    model, values, features, min_outcomes
        As in `fit_table`.
    counts
        As in `fit_table`, by fold (a cluster lies in one fold), is_past and is_future: whether the outcome was known before the first of
        the users to be predicted signed up, and whether the user is one of those.

    Returns
    -------
    pandas.DataFrame
        Columns `SCORE_COLUMNS`, for the evaluations out_of_fold and future; values are missing where an evaluation cannot be made.
    """
    patterns = wide_patterns(values, features)
    rows = counts_of(counts, patterns)
    folds = counts["fold"].to_numpy(dtype=np.int64)
    is_past, is_future = counts["is_past"].to_numpy(dtype=bool), counts["is_future"].to_numpy(dtype=bool)
    splits = {
        "out_of_fold": [(folds != fold, folds == fold) for fold in np.unique(folds)],
        "future": [(is_past, is_future)],
    }
    tables = []
    for evaluation, pairs in splits.items():
        scored = _predicted(patterns, features, rows, pairs, min_outcomes)
        metrics = no_metrics() if scored is None else score_metrics(scored)
        is_tested = np.any([is_test for _, is_test in pairs], axis=0) if pairs else np.zeros(len(folds), dtype=bool)
        tested = scored or rows.where(is_tested)
        tables.append(
            metrics.assign(model=model, evaluation=evaluation, users=int(tested.trials.sum()), events=int(tested.successes.sum()))
        )
    return pd.concat(tables, ignore_index=True)[list(SCORE_COLUMNS)]


def counts_of(counts: pd.DataFrame, patterns: pd.DataFrame) -> Counts:
    """Returns the counts with patterns as places in `patterns`, and -1 for users who are clusters of their own."""
    return Counts(
        patterns.index.get_indexer(counts["pattern_id"]),
        counts["cluster_number"].fillna(-1).to_numpy(dtype=np.int64),
        counts["users"].to_numpy(dtype=np.int64),
        counts["events"].to_numpy(dtype=np.int64),
    )


def _predicted(
    patterns: pd.DataFrame,
    features: list[dict[str, Any]],
    rows: Counts,
    splits: list[tuple[NDArray[np.bool_], NDArray[np.bool_]]],
    min_outcomes: int,
) -> Scored | None:
    """Predicts each test part from its training part; None where a part has too few users of one outcome.

    Users with a level that the training part does not have are left out: they would have no score either.
    """
    probabilities, baseline = np.full(len(rows.trials), np.nan), np.full(len(rows.trials), np.nan)
    folds = np.zeros(len(rows.trials), dtype=np.int64)
    for number, (is_train, is_test) in enumerate(splits):
        train = rows.where(is_train)
        if not has_both_outcomes(train.trials.sum(), train.successes.sum(), min_outcomes):
            return None
        # the errors of these fits are not read, so users need not be held together
        alone = Counts(train.pattern, np.full(len(train.trials), -1), train.trials, train.successes)
        trials, _ = alone.by_pattern(len(patterns))
        matrix = design_matrix(patterns, trials.astype(np.int64), features).matrix
        is_known = np.ones(len(patterns), dtype=bool)
        for feature in features:
            if feature["type"] == "categorical":
                values = patterns[feature["name"]]
                is_known &= values.isin(values[trials > 0]).to_numpy()
        chosen = is_test & is_known[rows.pattern]
        probabilities[chosen] = expit(fit_logit(matrix, alone).log_odds(matrix[rows.pattern[chosen]]))
        baseline[chosen] = train.successes.sum() / train.trials.sum()
        folds[chosen] = number
    tested = np.isfinite(probabilities)
    part = rows.where(tested)
    if not has_both_outcomes(part.trials.sum(), part.successes.sum(), min_outcomes):
        return None
    return Scored(probabilities[tested], baseline[tested], part.trials, part.successes, part.cluster, folds[tested])


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
