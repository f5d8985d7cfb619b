"""Which groups of users perform which action: one test for each action and attribute."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from math import ceil, floor
from typing import Any
from zlib import crc32

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from python_models.methods.contingency import (
    LEAST_EXPECTED,
    chi_square,
    chi_square_p_value,
    cramers_v,
    deflated_p_value,
    fisher_exact_test,
    monte_carlo_p_value,
    smallest_expected,
)
from python_models.methods.logit import q_values
from python_models.methods.means import CONSTANT_WITHIN, MeanDifference, Moments, mean_difference, permutation_p_value
from python_models.methods.proportions import difference_interval, sample_ratio_p_value
from python_models.methods.tables import as_declared

Array = NDArray[np.float64]

# the columns of `test_table`, with their SQL types
TEST_COLUMNS = {
    "action": "varchar",
    "attribute": "varchar",
    "type": "varchar",
    "levels": "bigint",
    "test": "varchar",
    "reason": "varchar",
    "level": "varchar",
    "reference_level": "varchar",
    "statistic": "double",
    "pearson_statistic": "double",
    "degrees_of_freedom": "double",
    "p_value": "double",
    "q_value": "double",
    "effect_size_name": "varchar",
    "effect_size": "double",
    "effect_ci_low": "double",
    "effect_ci_high": "double",
    "ci_level": "double",
    "cramers_v": "double",
    "performers_mean": "double",
    "others_mean": "double",
    "design_effect": "double",
    "design_degrees": "double",
    "users": "bigint",
    "performers": "bigint",
    "missing_users": "bigint",
    "sample_ratio_p_value": "double",
    "verdict": "varchar",
}

# group sizes of an experiment that are this unlikely come from the way users were assigned or counted, not from chance
SAMPLE_RATIO_ALPHA = 0.001
# Smaller groups have no normal mean to speak of; how many users it takes grows with the squared skewness of the number (Cochran 1977).
# Where that would be very many a permutation would be slow, and t is near enough.
LEAST_FOR_WELCH, MOST_FOR_PERMUTATION = 10, 1_000
USERS_PER_SQUARED_SKEWNESS = 25
LEAST_DRAWS = 9_999
# design effects nearer to 1 are not mentioned
MENTIONED_ABOVE = 1.005


@dataclass(frozen=True)
class Case:
    """One action and one attribute.

    Attributes
    ----------
    attribute
        Its declaration.
    counts
        Its row of `counted`.
    groups
        Its rows of `groups` that have users, in the order of levels.
    numbers
        The attribute's rows of `numbers`, in order.
    """

    attribute: dict[str, Any]
    counts: dict[str, Any]
    groups: pd.DataFrame
    numbers: pd.DataFrame

    @property
    def is_numeric(self) -> bool:
        """Whether means are compared, not shares."""
        return bool(self.attribute["type"] == "numeric")

    @property
    def others(self) -> int:
        """Users who did not perform."""
        return int(self.counts["users"] - self.counts["performers"])

    @property
    def smaller_group(self) -> int:
        """Performers or others, whichever are fewer."""
        return int(min(self.counts["performers"], self.others))

    @property
    def moments(self) -> tuple[Moments, Moments]:
        """Performers and others of a numeric attribute."""
        counts = self.counts
        return (
            Moments(int(counts["performers"]), counts["performers_mean"], counts["performers_variance"]),
            Moments(self.others, counts["others_mean"], counts["others_variance"]),
        )

    @property
    def least_for_welch(self) -> int:
        """Users that the smaller group needs for Welch's t."""
        numbers, users = (self.numbers[name].to_numpy(dtype=np.float64) for name in ("number", "users"))
        if len(numbers) < 2:
            return LEAST_FOR_WELCH
        centred = numbers - np.average(numbers, weights=users)
        skewness = np.average(centred**3, weights=users) / np.average(centred**2, weights=users) ** 1.5
        return int(np.clip(ceil(USERS_PER_SQUARED_SKEWNESS * skewness**2), LEAST_FOR_WELCH, MOST_FOR_PERMUTATION))

    @property
    def needs_permutation(self) -> bool:
        """Whether Welch's t is undefined or its groups are too small."""
        return self.smaller_group < self.least_for_welch or all(group.is_constant for group in self.moments)

    @property
    def design(self) -> tuple[float, float]:
        """Design effect and its degrees of freedom."""
        return float(self.counts["design_effect"]), float(self.counts["design_degrees"])


@dataclass(frozen=True)
class Result:
    """What a test says before it is seen among the others of its family.

    Attributes
    ----------
    figures
        Values of columns of `TEST_COLUMNS`.
    interval
        Gives the bounds of the effect size at level 1 - alpha; None for effects without interval.
    """

    figures: dict[str, Any]
    interval: Callable[[float], tuple[float, float]] | None


def test_table(
    counted: pd.DataFrame,
    groups: pd.DataFrame,
    numbers: pd.DataFrame,
    *,
    attributes: list[dict[str, Any]],
    alpha: float,
    min_users: int,
    min_performers: int,
    max_levels: int,
    as_of: Any,
    seed: int,
) -> pd.DataFrame:
    """Tests every attribute against every action; the tests of an action are one family.

    Users whose value of an attribute is unknown take no part in its tests. Within a family q-values are those of Benjamini and Hochberg,
    and with R of m tests rejected every interval has the level 1 - max(R, 1) alpha / m (Benjamini and Yekutieli 2005).

    Parameters
    ----------
    counted
        One row per action and attribute: action, attribute, users, performers, missing_users, levels (before small ones are pooled),
        design_effect (at least 1), design_degrees (degrees of freedom that it is known with; NaN where users are independent); of numeric
        attributes performers_mean, performers_variance, others_mean, others_variance (sample variances).
    groups
        One row per action, attribute and tested level: action, attribute, level, level_order, users, performers.
    numbers
        Distinct values of numeric attributes: attribute, number, users; of all users or of a sample of them.
    attributes
        Declarations in order: name, type (categorical, numeric or experiment); optionally reference_level; of experiments shares (share of
        each level) and read_out_on.
    alpha
        Share of false discoveries that is accepted.
    min_users, min_performers
        Users that a test needs, and users on either side of the action.
    max_levels
        Levels that an attribute may have.
    as_of
        Day at whose end the counts were taken, or None.
    seed
        Of the random draws, together with the names of action and attribute.

    Returns
    -------
    pandas.DataFrame
        Columns `TEST_COLUMNS`, by action, attributes in their order. Verdict is not_yet, sample_ratio_mismatch, too_many_levels or
        too_few_users where nothing was tested; different where the q-value is at most alpha and the interval, if there is one, excludes 0;
        else no_evidence. Effects are risk_difference (level minus reference level), cramers_v or hedges_g (performers minus others).

    References
    ----------
    Benjamini Y, Yekutieli D (2005). False discovery rate-adjusted multiple confidence intervals for selected parameters. JASA 100, 71-81.
    """
    rows: list[dict[str, Any]] = []
    for _, family in groupby(_cases(counted, groups, numbers, attributes), key=lambda case: str(case.counts["action"])):
        checked = [(case, _refusal(case, min_users, min_performers, max_levels, as_of)) for case in family]
        tested = [case for case, refusal in checked if refusal is None]
        outcomes = iter(_family(tested, alpha, seed))
        for case, refusal in checked:
            outcome = next(outcomes) if refusal is None else dict(zip(("verdict", "reason"), refusal, strict=True))
            rows.append(dict.fromkeys(TEST_COLUMNS) | _description(case) | outcome)
    return as_declared(rows, TEST_COLUMNS)


def rejection_level(q_value: Array, alpha: float) -> float:
    """Returns max(R, 1) alpha / m: what is left of alpha for the intervals of m tests, R of them rejected; m is at least 1."""
    return float(max((q_value <= alpha).sum(), 1) * alpha / len(q_value))


def agreed(q_value: Array, low: Array, high: Array, alpha: float) -> tuple[Array, Array, NDArray[np.str_]]:
    """Returns intervals and verdicts that do not contradict each other, shape (tests,) each.

    A difference is `different` if its q-value is at most alpha and its interval excludes 0, else `no_evidence`. Where the q-value is larger
    and the interval excludes 0, its nearer bound is moved to 0: wider, so that it covers no less often. NaN bounds are no interval.
    """
    rejected = q_value <= alpha
    low, high = np.where(~rejected & (low > 0), 0.0, low), np.where(~rejected & (high < 0), 0.0, high)
    includes_zero = (low <= 0) & (high >= 0)
    return low, high, np.where(rejected & ~includes_zero, "different", "no_evidence")


def _cases(counted: pd.DataFrame, groups: pd.DataFrame, numbers: pd.DataFrame, attributes: list[dict[str, Any]]) -> list[Case]:
    """Cases by action, attributes in their order."""
    places = {attribute["name"]: place for place, attribute in enumerate(attributes)}
    levels = dict(list(groups[groups["users"] > 0].sort_values(["level_order", "level"]).groupby(["action", "attribute"])))
    values = dict(list(numbers[numbers["users"] > 0].sort_values("number").groupby("attribute")))
    rows = sorted(counted.to_dict("records"), key=lambda row: (row["action"], places[row["attribute"]]))
    return [
        Case(
            attribute=attributes[places[row["attribute"]]],
            counts=row,
            groups=levels.get((row["action"], row["attribute"]), groups[:0]),
            numbers=values.get(row["attribute"], numbers[:0]),
        )
        for row in rows
    ]


def _description(case: Case) -> dict[str, Any]:
    """What holds of a case whether it is tested or not."""
    copied = ("action", "attribute", "levels", "design_effect", "design_degrees", "users", "performers", "missing_users")
    means = ("performers_mean", "others_mean") if case.is_numeric else ()
    return {name: case.counts[name] for name in copied + means} | {
        "type": case.attribute["type"],
        "sample_ratio_p_value": _sample_ratio(case)[0],
    }


def _refusal(case: Case, min_users: int, min_performers: int, max_levels: int, as_of: Any) -> tuple[str, str] | None:
    """Verdict and reason of a case that is not tested, or None."""
    if case.attribute["type"] == "experiment":
        read_out_on = pd.Timestamp(case.attribute["read_out_on"])
        if as_of is None or not pd.Timestamp(as_of) >= read_out_on:
            return "not_yet", f"the experiment is read out on {read_out_on.date()}"
        p_value, reason = _sample_ratio(case)
        if p_value < SAMPLE_RATIO_ALPHA:
            return "sample_ratio_mismatch", reason
    if case.counts["levels"] > max_levels:
        return "too_many_levels", f"levels: {case.counts['levels']:,}, at most {max_levels:,} are tested"
    reason = _shortage(case, min_users, min_performers)
    return ("too_few_users", reason) if reason else None


def _sample_ratio(case: Case) -> tuple[float, str]:
    """P-value of an experiment's group sizes, and what is wrong with them if it is small; NaN for other attributes."""
    if case.attribute["type"] != "experiment":
        return float("nan"), ""
    found = case.groups.set_index("level")["users"]
    shares: dict[str, float] = case.attribute["shares"]
    undeclared = [str(level) for level in found.index if level not in shares]
    names = [*shares, *undeclared]
    users = np.array([int(found.get(name, 0)) for name in names], dtype=np.int64)
    p_value = sample_ratio_p_value(users, np.array([shares.get(name, 0.0) for name in names], dtype=np.float64))
    if undeclared:
        return p_value, f"users in groups that are not declared: {', '.join(undeclared)}"
    sizes = ", ".join(f"{name} {size:,} (share {shares[name]:g})" for name, size in zip(names, users, strict=True))
    return p_value, f"groups do not have their declared shares: {sizes}; chi-square p-value {p_value:.2g}"


def _shortage(case: Case, min_users: int, min_performers: int) -> str:
    """Of what a case has too little to be tested; empty if of nothing."""
    least = max(min_performers, 1)  # there is nothing to compare where nobody or everybody performed
    users, performers = int(case.counts["users"]), int(case.counts["performers"])
    for name, count, needed in [
        ("users", users, min_users),
        ("performers", performers, least),
        ("users who did not perform", case.others, least),
    ]:
        if count < needed:
            return f"{name}: {count:,}, at least {needed:,} are needed"
    if case.design[1] < 1:
        return "too few organisations have users of each group: nothing shows how much alike users of one organisation are"
    return _shortage_of_numbers(case) if case.is_numeric else _shortage_of_levels(case)


def _shortage_of_levels(case: Case) -> str:
    return "" if len(case.groups) > 1 else f"levels with users: {len(case.groups)}, at least 2 are needed"


def _shortage_of_numbers(case: Case) -> str:
    performers, others = case.moments
    if performers.is_constant and others.is_constant and np.isclose(performers.mean, others.mean, rtol=CONSTANT_WITHIN, atol=0):
        return "all users have the same value"
    sampled = int(case.numbers["users"].sum())
    if case.needs_permutation and (len(case.numbers) < 2 or sampled <= case.smaller_group):
        return f"groups are too small for Welch's t, and the sample for a permutation has {sampled:,} users with {len(case.numbers)} values"
    return ""


def _family(cases: list[Case], alpha: float, seed: int) -> list[dict[str, Any]]:
    """Figures and verdicts of the tests of one action."""
    if not cases:
        return []
    # so many that a p-value of alpha / m, what the first of m rejections takes, is known to 5 %
    draws = max(LEAST_DRAWS, ceil(20 * len(cases) / alpha) - 1)
    results = [_numeric(case, draws, seed) if case.is_numeric else _categorical(case, draws, seed) for case in cases]
    q_value = q_values(np.array([result.figures["p_value"] for result in results]))
    left = rejection_level(q_value, alpha)
    bounds = np.array([result.interval(left) if result.interval else (np.nan, np.nan) for result in results])
    low, high, verdicts = agreed(q_value, bounds[:, 0], bounds[:, 1], alpha)
    return [
        result.figures
        | {
            "q_value": q_value[place],
            "effect_ci_low": low[place],
            "effect_ci_high": high[place],
            "ci_level": 1 - left if np.isfinite(low[place]) else None,
            "verdict": str(verdicts[place]),
        }
        for place, result in enumerate(results)
    ]


def _categorical(case: Case, draws: int, seed: int) -> Result:
    """Levels by performed or not."""
    users, performers = (case.groups[name].to_numpy(dtype=np.int64) for name in ("users", "performers"))
    effect, effect_degrees = case.design
    degrees, expected = len(users) - 1, float(smallest_expected(users, performers))
    pearson = float(chi_square(users, performers))
    if expected >= LEAST_EXPECTED:
        test, name = ("chi_square_yates", "chi-square with Yates's correction") if degrees == 1 else ("chi_square", "chi-square")
        statistic = float(chi_square(users, performers, yates=degrees == 1)) / effect
        p_value = float(chi_square_p_value(statistic, degrees, effect_degrees))
    elif degrees == 1:
        test, name = "fisher_exact", "Fisher's exact test"
        order = [1 - _reference(case), _reference(case)]
        statistic, exact = fisher_exact_test(users[order], performers[order])
        p_value = float(deflated_p_value(exact, degrees, effect, effect_degrees))
    else:
        test, name = "monte_carlo", f"chi-square against {draws:,} random tables"
        statistic = pearson / effect
        p_value = monte_carlo_p_value(
            users, performers, draws=draws, generator=_generator(case, seed), design_effect=effect, design_degrees=effect_degrees
        )
    strength = cramers_v(pearson / effect, users.sum() / effect, len(users))
    figures = {
        "test": test,
        # rounded down, so that 4.96 does not read 5.0
        "reason": f"smallest expected count {floor(expected * 10) / 10}, {'two' if degrees == 1 else f'{degrees + 1:,}'} groups: {name}"
        + _of_organisations(case),
        "statistic": statistic,
        "pearson_statistic": pearson,
        "degrees_of_freedom": degrees if test.startswith("chi_square") else None,
        "p_value": p_value,
        "cramers_v": strength,
        "effect_size_name": "cramers_v",
        "effect_size": strength,
    }
    if degrees > 1:
        return Result(figures, None)
    reference = _reference(case)
    level = 1 - reference
    rates = performers / users
    figures |= {
        "level": str(case.groups["level"].iloc[level]),
        "reference_level": str(case.groups["level"].iloc[reference]),
        "effect_size_name": "risk_difference",
        "effect_size": rates[level] - rates[reference],
    }

    def interval(alpha: float) -> tuple[float, float]:
        low, high = difference_interval(
            users[level],
            performers[level],
            users[reference],
            performers[reference],
            alpha=alpha,
            design_effect=effect,
            design_degrees=effect_degrees,
        )
        return float(low), float(high)

    return Result(figures, interval)


def _reference(case: Case) -> int:
    """Place of the level that the other one is compared with: the declared one, the first arm of an experiment, or that of most users."""
    levels = case.groups["level"].tolist()
    declared = case.attribute.get("reference_level", next(iter(case.attribute.get("shares", {})), None))
    return levels.index(declared) if declared in levels else int(case.groups["users"].to_numpy().argmax())


def _numeric(case: Case, draws: int, seed: int) -> Result:
    """Means of performers and others."""
    performers, others = case.moments
    effect, effect_degrees = case.design
    compared = mean_difference(performers, others, design_effect=effect, design_degrees=effect_degrees)
    figures: dict[str, Any] = {"effect_size_name": "hedges_g", "effect_size": compared.hedges_g}
    if case.needs_permutation:
        p_value, reason = _permuted(case, compared, draws, seed)
        figures |= {
            "test": "permutation",
            "reason": reason,
            "statistic": compared.value,
            "p_value": p_value,
        }
    else:
        figures |= {
            "test": "welch_t",
            "reason": f"{performers.users:,} performers, {others.users:,} others: Welch's t",
            "statistic": compared.statistic,
            "degrees_of_freedom": compared.degrees,
            "p_value": compared.p_value,
        }
    figures["reason"] += _of_organisations(case)
    return Result(figures, compared.hedges_interval)


def _permuted(case: Case, compared: MeanDifference, draws: int, seed: int) -> tuple[float, str]:
    """P-value of the permutation test, and why it was made."""
    size, everybody = case.smaller_group, int(case.counts["users"])
    effect, effect_degrees = case.design
    p_value = permutation_p_value(
        case.numbers["number"].to_numpy(dtype=np.float64),
        case.numbers["users"].to_numpy(dtype=np.int64),
        size=size,
        deviation=compared.value * (everybody - size) / everybody,
        draws=draws,
        generator=_generator(case, seed),
        design_effect=effect,
        design_degrees=effect_degrees,
    )
    if size < case.least_for_welch:
        side = "performers" if size == case.counts["performers"] else "users who did not perform"
        skewed = " that so skewed a number needs" if case.least_for_welch > LEAST_FOR_WELCH else ""
        reason = f"{side}: {size}, fewer than {case.least_for_welch}{skewed}"
    else:
        reason = "no variation among performers, nor among others"
    sampled = int(case.numbers["users"].sum())
    sample = f" of a sample of {sampled:,} users" if sampled < everybody else ""
    return p_value, f"{reason}: permutation of the mean, {draws:,} draws{sample}"


def _of_organisations(case: Case) -> str:
    """What the reason of a test adds where users are not independent."""
    effect, degrees = case.design
    divided = f"; divided by the design effect {effect:.2f} of users in organisations" if effect > MENTIONED_ABOVE else ""
    return divided if np.isnan(degrees) else f"{divided}; {degrees:,.1f} degrees of freedom, as users sit in organisations"


def _generator(case: Case, seed: int) -> np.random.Generator:
    """Random numbers that belong to the action and the attribute, whatever else is tested."""
    name = f"{case.counts['action']}\n{case.counts['attribute']}"
    return np.random.default_rng([seed, crc32(name.encode())])
