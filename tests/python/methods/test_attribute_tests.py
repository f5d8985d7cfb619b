"""Tests of attributes agree with scipy on the users, keep their error rates, and never contradict themselves."""

from datetime import date
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.stats import chi2_contingency, false_discovery_control, fisher_exact, ttest_ind
from statsmodels.stats.proportion import confint_proportions_2indep

from python_models.methods import attribute_tests
from python_models.methods.attribute_tests import TEST_COLUMNS, agreed, rejection_level
from python_models.methods.tables import TYPES, typed

COUNTED = ("action", "attribute", "users", "performers", "missing_users", "levels", "design_effect", "design_degrees")
MOMENTS = ("performers_mean", "performers_variance", "others_mean", "others_variance")
GROUPS = ("action", "attribute", "level", "level_order", "users", "performers", "pooled_levels")
NUMBERS = ("attribute", "number", "users")
INDEPENDENT = {"design_effect": 1.0, "design_degrees": float("nan")}

# of the levels of the simulated attributes
SHARES = {"two": [0.5, 0.5], "three": [0.4, 0.3, 0.3], "four": [0.25] * 4, "skewed": [0.85, 0.1, 0.05], "rare": [0.97, 0.03]}

Frames = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]


def table_of(frames: Frames, attributes: list[dict[str, Any]], **changed: Any) -> pd.DataFrame:
    """The table, with the project's usual parameters."""
    usual = {"alpha": 0.05, "min_users": 30, "min_performers": 5, "max_levels": 1000, "as_of": None, "seed": 1}
    return attribute_tests.test_table(*frames, attributes=attributes, **(usual | changed))


def of_levels(
    table: dict[str, tuple[int, int]], action: str = "post", attribute: str = "town", **counts: Any
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The row of `counted` and the rows of `groups` of levels with their users and performers."""
    users, performers = (sum(level[side] for level in table.values()) for side in (0, 1))
    names = {"action": action, "attribute": attribute}
    row = names | {"users": users, "performers": performers, "missing_users": 0, "levels": len(table)} | INDEPENDENT | counts
    groups = [
        names | {"level": level, "level_order": place, "users": users, "performers": performers, "pooled_levels": 1}
        for place, (level, (users, performers)) in enumerate(table.items())
    ]
    return row, groups


def of_numbers(values: NDArray[np.float64], performed: NDArray[np.bool_], action: str = "post", **counts: Any) -> dict[str, Any]:
    """The row of `counted` of a numeric attribute."""
    row = {"action": action, "attribute": "age", "users": len(values), "performers": int(performed.sum()), "missing_users": 0, "levels": 0}
    for name, part in (("performers", values[performed]), ("others", values[~performed])):
        row |= {f"{name}_mean": part.mean() if len(part) else np.nan, f"{name}_variance": part.var(ddof=1) if len(part) > 1 else np.nan}
    return row | INDEPENDENT | counts


def frames_of(rows: list[dict[str, Any]], groups: list[dict[str, Any]], numbers: NDArray[np.float64] | None = None) -> Frames:
    """The three frames; `numbers` holds the age of each user."""
    distinct, users = np.unique(np.array([]) if numbers is None else numbers, return_counts=True)
    return (
        pd.DataFrame(rows, columns=list(COUNTED + MOMENTS)),
        pd.DataFrame(groups, columns=list(GROUPS)),
        pd.DataFrame({"attribute": "age", "number": distinct, "users": users}, columns=list(NUMBERS)),
    )


def one(table: dict[str, tuple[int, int]], declared: dict[str, Any] | None = None, **changed: Any) -> pd.Series:
    """The row of one attribute with levels."""
    counts = {name: changed.pop(name) for name in list(changed) if name in COUNTED}
    row, groups = of_levels(table, **counts)
    attribute = {"name": "town", "type": "categorical"} | (declared or {})
    return table_of(frames_of([row], groups), [attribute], **changed).iloc[0]


def one_number(values: Any, performed: Any, sample: Any = None, **changed: Any) -> pd.Series:
    """The row of one numeric attribute."""
    counts = {name: changed.pop(name) for name in list(changed) if name in COUNTED + MOMENTS}
    values, performed = np.asarray(values, dtype=np.float64), np.asarray(performed, dtype=bool)
    frames = frames_of([of_numbers(values, performed, **counts)], [], values if sample is None else np.asarray(sample, dtype=np.float64))
    return table_of(frames, [{"name": "age", "type": "numeric"}], **changed).iloc[0]


def simulated(
    seed: int, data_sets: int, users: int, rates: dict[str, list[float]], shift: float = 0.0
) -> tuple[Frames, list[dict[str, Any]]]:
    """Data sets as actions of one call: attributes drawn anew for each, performers by the rates of levels (0.2 where none is given)."""
    rng = np.random.default_rng(seed)
    rows, groups, ages = [], [], np.array([])
    for action in (f"action_{number:03}" for number in range(data_sets)):
        drawn = {name: rng.choice(len(share), users, p=share) for name, share in SHARES.items()}
        rate = np.full(users, 0.2)
        for name, by_level in rates.items():
            rate = np.array(by_level)[drawn[name]]
        performed = rng.random(users) < rate
        ages = np.round(rng.normal(40 + 10 * shift * performed, 10))
        rows.append(of_numbers(ages, performed, action))
        for name, level in drawn.items():
            every, of_performers = np.bincount(level), np.bincount(level[performed], minlength=level.max() + 1)
            counts = {f"L{place}": (int(every[place]), int(of_performers[place])) for place in np.flatnonzero(every)}
            row, more = of_levels(counts, action, name)
            rows.append(row)
            groups += more
    return frames_of(rows, groups, ages), [{"name": name, "type": "categorical"} for name in SHARES] + [{"name": "age", "type": "numeric"}]


def random_case(rng: np.random.Generator, action: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """An action with attributes of many kinds: few and many users, no, weak and strong differences, some users in organisations."""
    rows, groups = [], []
    design = {"design_effect": rng.uniform(1, 3), "design_degrees": rng.uniform(1, 40)} if rng.random() < 0.4 else {}
    for attribute in ("two", "more_two", "town"):
        users = rng.integers(1, rng.choice([20, 200, 3000]), 2 if "two" in attribute else rng.integers(1, 7))
        performers = rng.binomial(
            users, np.clip(rng.choice([0.02, 0.2, 0.8]) + rng.choice([0, 0.05, 0.3]) * rng.normal(size=len(users)), 0, 1)
        )
        row, more = of_levels(
            {f"L{place}": counts for place, counts in enumerate(zip(users.tolist(), performers.tolist(), strict=True))},
            action,
            attribute,
            **design,
        )
        rows.append(row)
        groups += more
    size = rng.integers(10, 100)
    performed = rng.random(size) < 0.3
    rows.append(of_numbers(np.round(rng.normal(40 + rng.choice([0, 8]) * performed, 10)), performed, action, **design))
    return rows, groups


RANDOM_ATTRIBUTES = [{"name": name, "type": "categorical"} for name in ("two", "more_two", "town")] + [{"name": "age", "type": "numeric"}]


def random_frames(seed: int, actions: int) -> Frames:
    """Many random actions."""
    rng = np.random.default_rng(seed)
    cases = [random_case(rng, f"action_{number:04}") for number in range(actions)]
    return frames_of(
        [row for rows, _ in cases for row in rows], [row for _, groups in cases for row in groups], rng.normal(40, 10, 200).round()
    )


def test_known_figures() -> None:
    """132 of 497 against 70 of 503."""
    row = one({"Female": (497, 132), "Male": (503, 70)})
    assert row["test"] == "chi_square_yates"
    assert row["reason"] == "smallest expected count 100.3, two groups: chi-square with Yates's correction"
    assert row["statistic"] == pytest.approx(24.0110, abs=5e-5)
    assert row["pearson_statistic"] == pytest.approx(24.789, abs=5e-4)
    assert row["p_value"] == row["q_value"] == pytest.approx(9.579e-7, abs=5e-11)
    assert (row["level"], row["reference_level"], row["verdict"]) == ("Female", "Male", "different")
    assert row["effect_size"] == pytest.approx(132 / 497 - 70 / 503)
    expected = confint_proportions_2indep(132, 497, 70, 503, method="newcomb", alpha=0.05)
    assert (row["effect_ci_low"], row["effect_ci_high"]) == pytest.approx(expected)
    assert row["ci_level"] == 0.95


def test_a_family_by_the_definitions() -> None:
    """Tests chosen by expected counts, q-values by scipy, one level for all intervals; age against rows."""
    rng = np.random.default_rng(3)
    ages = rng.normal(40, 10, 300)
    performed = rng.random(300) < 0.2
    tables = {
        "two": {"a": (150, 45), "b": (150, 20)},
        "small": {"a": (12, 6), "b": (200, 30)},
        "town": {"a": (90, 9), "b": (80, 24), "c": (60, 9)},
    }
    pairs = [of_levels(levels, attribute=name) for name, levels in tables.items()]
    frames = frames_of([row for row, _ in pairs] + [of_numbers(ages, performed)], [row for _, groups in pairs for row in groups])
    attributes = [{"name": name, "type": "categorical"} for name in tables] + [{"name": "age", "type": "numeric"}]
    table = table_of(frames, attributes).set_index("attribute")
    assert table["test"].tolist() == ["chi_square_yates", "fisher_exact", "chi_square", "welch_t"]
    cells = {name: [[done, users - done] for users, done in levels.values()] for name, levels in tables.items()}
    welch = ttest_ind(ages[performed], ages[~performed], equal_var=False)
    p_values = [
        chi2_contingency(cells["two"]).pvalue,
        fisher_exact(cells["small"]).pvalue,
        chi2_contingency(cells["town"]).pvalue,
        welch.pvalue,
    ]
    np.testing.assert_allclose(table["p_value"], p_values, rtol=1e-7)
    np.testing.assert_allclose(table["q_value"], false_discovery_control(p_values), rtol=1e-7)
    rejected = int((false_discovery_control(p_values) <= 0.05).sum())
    assert rejected == 4
    level = 1 - rejected * 0.05 / 4
    np.testing.assert_allclose(table["ci_level"], [level, level, np.nan, level])
    expected = confint_proportions_2indep(45, 150, 20, 150, method="newcomb", alpha=1 - level)
    assert (-table.loc["two", "effect_ci_high"], -table.loc["two", "effect_ci_low"]) == pytest.approx(expected)
    interval = welch.confidence_interval(level)
    low, high = table.loc["age", ["effect_ci_low", "effect_ci_high"]]
    assert low / high == pytest.approx(interval.low / interval.high, rel=1e-7)
    assert table.loc["small", "statistic"] == pytest.approx(6 * 170 / (6 * 30))
    assert table.loc["town", "effect_size_name"] == "cramers_v"
    assert table.loc["town", "effect_size"] == table.loc["town", "cramers_v"]
    assert (table.loc["age", "effect_size_name"], table.loc["age", "degrees_of_freedom"]) == ("hedges_g", pytest.approx(welch.df))
    assert table.loc["age", ["performers_mean", "others_mean"]].tolist() == pytest.approx([ages[performed].mean(), ages[~performed].mean()])


@pytest.mark.parametrize(
    ("levels", "test", "said"),
    [
        (
            {"a": (40, 10), "b": (40, 10)},
            "chi_square_yates",
            "smallest expected count 10.0, two groups: chi-square with Yates's correction",
        ),
        ({"a": (40, 10), "b": (19, 5)}, "fisher_exact", "smallest expected count 4.8, two groups: Fisher's exact test"),
        ({"a": (40, 10), "b": (40, 9), "c": (40, 8)}, "chi_square", "smallest expected count 9.0, 3 groups: chi-square"),
        (
            {"a": (40, 10), "b": (40, 9), "c": (9, 2)},
            "monte_carlo",
            "smallest expected count 2.1, 3 groups: chi-square against 9,999 random tables",
        ),
    ],
)
def test_the_reason_says_why_this_test(levels: dict[str, tuple[int, int]], test: str, said: str) -> None:
    """Small expected counts, levels, and organisations where their effect is not negligible."""
    row = one(levels)
    assert (row["test"], row["reason"]) == (test, said)
    shared = "30.0 degrees of freedom, as users sit in organisations"
    assert one(levels, design_effect=1.004, design_degrees=30.0)["reason"] == f"{said}; {shared}"
    divided = "divided by the design effect 1.58 of users in organisations"
    assert one(levels, design_effect=1.583, design_degrees=30.0)["reason"] == f"{said}; {divided}; {shared}"


def test_the_reference_level() -> None:
    """Declared and there; else of most users; else the first in order."""
    levels = {"a": (40, 10), "b": (60, 30)}
    assert one(levels)["reference_level"] == "b"
    assert one(levels, {"reference_level": "a"})["reference_level"] == "a"
    assert one(levels, {"reference_level": "c"})["reference_level"] == "b"
    assert one({"b": (50, 10), "a": (50, 30)})["reference_level"] == "b"
    assert one(levels, {"reference_level": "a"})["effect_size"] == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("levels", "changed", "verdict", "said"),
    [
        ({"a": (10, 5), "b": (19, 6)}, {}, "too_few_users", "users: 29, at least 30 are needed"),
        ({"a": (30, 4), "b": (30, 0)}, {}, "too_few_users", "performers: 4, at least 5 are needed"),
        ({"a": (30, 28), "b": (30, 28)}, {}, "too_few_users", "users who did not perform: 4, at least 5 are needed"),
        ({"a": (30, 0), "b": (30, 0)}, {"min_performers": 0}, "too_few_users", "performers: 0, at least 1 are needed"),
        ({"a": (30, 10), "b": (0, 0)}, {}, "too_few_users", "levels with users: 1, at least 2 are needed"),
        ({}, {}, "too_few_users", "users: 0, at least 30 are needed"),
        ({"a": (1, 1)}, {"min_users": 1, "min_performers": 1}, "too_few_users", "users who did not perform: 0, at least 1 are needed"),
        ({"a": (50, 10), "b": (50, 5)}, {"levels": 1204}, "too_many_levels", "levels: 1,204, at most 1,000 are tested"),
        (
            {"a": (50, 10), "b": (50, 5)},
            {"design_degrees": 0.0},
            "too_few_users",
            "too few organisations have users of each group: nothing shows how much alike users of one organisation are",
        ),
    ],
)
def test_what_is_not_tested_says_why(levels: dict[str, tuple[int, int]], changed: dict[str, Any], verdict: str, said: str) -> None:
    """No figures either."""
    row = one(levels, **changed)
    assert (row["verdict"], row["reason"]) == (verdict, said)
    figures = ["test", "level", "reference_level", "statistic", "pearson_statistic", "degrees_of_freedom", "p_value", "q_value"]
    assert row[[*figures, "effect_size_name", "effect_size", "effect_ci_low", "effect_ci_high", "ci_level", "cramers_v"]].isna().all()


def test_a_level_below_and_at_each_threshold() -> None:
    """30 users, 5 performers and 5 others are enough."""
    assert one({"a": (15, 3), "b": (15, 2)})["verdict"] == "no_evidence"
    assert one({"a": (15, 13), "b": (15, 12)})["verdict"] == "no_evidence"


def test_untested_rows_do_not_count_in_the_family() -> None:
    """The q-value of one test beside five that could not be made is its p-value."""
    pairs = [of_levels({"a": (300, 90), "b": (300, 60)})] + [of_levels({"a": (300, 150)}, attribute=f"constant_{n}") for n in range(5)]
    attributes = [{"name": row["attribute"], "type": "categorical"} for row, _ in pairs]
    table = table_of(frames_of([row for row, _ in pairs], [group for _, groups in pairs for group in groups]), attributes)
    assert table["verdict"].tolist() == ["different"] + ["too_few_users"] * 5
    assert table.loc[0, "q_value"] == table.loc[0, "p_value"]
    assert table.loc[0, "ci_level"] == 0.95


def test_an_experiment_waits_for_its_day() -> None:
    """Without a day, and before it, nothing is shown; on the day it is."""
    declared = {"type": "experiment", "shares": {"new": 0.5, "old": 0.5}, "read_out_on": "2025-06-01", "reference_level": "old"}
    levels = {"new": (510, 150), "old": (490, 90)}
    for as_of in (None, date(2025, 5, 31), pd.NaT):
        row = one(levels, declared, as_of=as_of)
        assert (row["verdict"], row["reason"]) == ("not_yet", "the experiment is read out on 2025-06-01")
        assert np.isnan(row["p_value"])
    for read_out_on in ("2025-06-01", date(2025, 6, 1)):
        row = one(levels, declared | {"read_out_on": read_out_on}, as_of=date(2025, 6, 1))
        assert (row["verdict"], row["level"]) == ("different", "new")
        assert row["sample_ratio_p_value"] == pytest.approx(0.5271, abs=1e-4)


def test_groups_that_are_not_as_declared() -> None:
    """Sizes that chance does not explain, and groups that nobody declared; pooled ones are such."""
    declared = {"type": "experiment", "shares": {"new": 0.5, "old": 0.5}, "read_out_on": "2025-06-01"}
    row = one({"new": (600, 150), "old": (400, 90)}, declared, as_of=date(2025, 7, 1))
    assert row["verdict"] == "sample_ratio_mismatch"
    assert row["reason"] == (
        "groups do not have their declared shares: new 600 (share 0.5), old 400 (share 0.5); chi-square p-value 2.5e-10"
    )
    row = one({"new": (500, 150), "old": (500, 90), "(other)": (1, 0)}, declared, as_of=date(2025, 7, 1))
    assert (row["verdict"], row["sample_ratio_p_value"]) == ("sample_ratio_mismatch", 0)
    assert row["reason"] == "users in groups that are not declared: (other)"
    assert one({"new": (40, 10)}, declared, as_of=date(2025, 7, 1))["verdict"] == "sample_ratio_mismatch"
    assert np.isnan(one({"new": (600, 150), "old": (400, 90)})["sample_ratio_p_value"])


def test_small_groups_are_permuted() -> None:
    """Nine performers, or nine others; ten are enough for Welch."""
    ages = np.round(np.random.default_rng(1).normal(40, 10, 60))
    for count, said in [(9, "performers: 9, fewer than 10"), (51, "users who did not perform: 9, fewer than 10")]:
        row = one_number(np.sort(ages), np.arange(60) < count)
        assert (row["test"], row["verdict"]) == ("permutation", "different")
        assert row["reason"] == f"{said}: permutation of the mean, 9,999 draws"
        assert row["p_value"] == 1e-4
        assert row["statistic"] == pytest.approx(np.sort(ages)[:count].mean() - np.sort(ages)[count:].mean())
        assert row["effect_ci_high"] < 0
    assert one_number(ages, np.arange(60) < 10)["reason"] == "10 performers, 50 others: Welch's t"
    sampled = one_number(ages, np.arange(60) < 9, sample=ages[:40])
    assert sampled["reason"] == "performers: 9, fewer than 10: permutation of the mean, 9,999 draws of a sample of 40 users"


@pytest.mark.parametrize("performers", [[0, 3, 13, 12], [0, 1, 2, 3, 4, 5, 6, 8, 9, 13]])
def test_permutations_against_every_group(performers: list[int]) -> None:
    """Four performers of 14, then four others: groups whose mean lies at least as far from that of all."""
    ages = np.array([18.0, 18, 19, 22, 25, 25, 31, 33, 34, 40, 41, 52, 58, 60])
    performed = np.isin(np.arange(14), performers)
    smaller = performed if len(performers) < 7 else ~performed
    every = np.array([ages[list(group)].mean() for group in combinations(range(14), 4)])
    expected = (np.abs(every - ages.mean()) >= abs(ages[smaller].mean() - ages.mean()) - 1e-9).mean()
    row = one_number(ages, performed, min_users=10, min_performers=4)
    assert row["test"] == "permutation"
    assert row["p_value"] == pytest.approx(expected, abs=4 * np.sqrt(expected / 10_000))


def test_numbers_without_variation() -> None:
    """All equal: not tested. Equal on each side: permuted, without effect size or interval. One performer: no interval."""
    row = one_number(np.full(60, 0.1), np.arange(60) < 20, others_mean=0.1 + 1e-17)
    assert (row["verdict"], row["reason"]) == ("too_few_users", "all users have the same value")
    row = one_number(np.arange(60) < 20, np.arange(60) < 20)
    assert (row["test"], row["verdict"], row["p_value"]) == ("permutation", "different", 1e-4)
    assert row["reason"] == "no variation among performers, nor among others: permutation of the mean, 9,999 draws"
    assert row[["effect_size", "effect_ci_low", "effect_ci_high", "ci_level"]].isna().all()
    row = one_number(np.arange(60), np.arange(60) < 1, min_performers=1)
    assert np.isfinite(row["p_value"])
    assert row["effect_size"] < 0
    assert row[["effect_ci_low", "effect_ci_high"]].isna().all()


@pytest.mark.parametrize("sample", [[], [1.0] * 30, [1.0, 2.0]])
def test_a_permutation_needs_users(sample: list[float]) -> None:
    """None, users with one value, fewer than the group."""
    row = one_number(np.arange(60), np.arange(60) < 9, sample=sample)
    said = f"groups are too small for Welch's t, and the sample for a permutation has {len(sample)} users with {len(set(sample))} values"
    assert (row["verdict"], row["reason"]) == ("too_few_users", said)


def test_draws_grow_with_the_family() -> None:
    """A p-value of alpha / m is within reach, with 20 tables to spare."""
    levels = {"a": (100, 3), "b": (100, 1), "c": (100, 1)}
    pairs = [of_levels(levels, attribute=f"attribute_{number:02}") for number in range(30)]
    attributes = [{"name": row["attribute"], "type": "categorical"} for row, _ in pairs]
    table = table_of(frames_of([row for row, _ in pairs], [group for _, groups in pairs for group in groups]), attributes)
    assert table["reason"].str.endswith("11,999 random tables").all()
    assert table["p_value"].nunique() > 20  # each attribute has random numbers of its own
    assert table["p_value"].std() < 0.01


def test_design_effects_make_every_test_more_careful() -> None:
    """P-values grow, intervals widen and associations look weaker; Pearson's statistic and differences stay."""
    frames = random_frames(11, 60)
    counted = frames[0].assign(**INDEPENDENT)
    plain = table_of((counted, *frames[1:]), RANDOM_ATTRIBUTES, seed=2)
    careful = table_of((counted.assign(design_effect=1.8, design_degrees=20.0), *frames[1:]), RANDOM_ATTRIBUTES, seed=2)
    assert plain["verdict"].isin(["different", "no_evidence"]).equals(careful["verdict"].isin(["different", "no_evidence"]))
    known = plain["p_value"].notna()
    assert set(plain["test"].dropna()) >= {"fisher_exact", "monte_carlo", "permutation", "welch_t"}
    middle = plain["p_value"].between(0.001, 0.6)
    assert (careful["p_value"] > plain["p_value"])[middle].all()
    noise = np.where(plain["test"].isin(["monte_carlo", "permutation"]), 0.02, 1e-12)
    assert (careful["p_value"] >= plain["p_value"] - noise)[known].all()
    assert (careful["ci_level"] >= plain["ci_level"])[plain["ci_level"].notna()].all()
    pd.testing.assert_series_equal(careful["pearson_statistic"], plain["pearson_statistic"])
    has_levels = plain["cramers_v"].notna()
    assert (careful["cramers_v"] <= plain["cramers_v"] + 1e-12)[has_levels & careful["cramers_v"].notna()].all()
    others = plain["effect_size_name"] != "cramers_v"
    pd.testing.assert_series_equal(careful.loc[others, "effect_size"], plain.loc[others, "effect_size"])
    large = known & plain["test"].isin(["chi_square", "chi_square_yates"])
    np.testing.assert_allclose(careful.loc[large, "statistic"] * 1.8, plain.loc[large, "statistic"])


def test_intervals_and_verdicts_never_contradict() -> None:
    """Thousands of random tables, with and without organisations; BH and the level of intervals by their definitions."""
    table = table_of(random_frames(5, 700), RANDOM_ATTRIBUTES)
    known = table[table["p_value"].notna()]
    assert set(known["verdict"]) == {"different", "no_evidence"}
    assert set(known["test"]) == {"chi_square", "chi_square_yates", "fisher_exact", "monte_carlo", "welch_t", "permutation"}
    assert known["p_value"].between(0, 1).all()
    has_interval = known["effect_ci_low"].notna()
    assert (has_interval == (known["effect_size_name"] != "cramers_v")).all()
    excludes = (known["effect_ci_low"] > 0) | (known["effect_ci_high"] < 0)
    different = known["verdict"] == "different"
    assert (different == ((known["q_value"] <= 0.05) & (excludes | ~has_interval))).all()
    assert (excludes[has_interval] == different[has_interval]).all()
    assert (known["effect_size"].between(known["effect_ci_low"], known["effect_ci_high"]) | ~has_interval).all()
    for _, family in known.groupby("action"):
        q_value = false_discovery_control(family["p_value"])
        np.testing.assert_allclose(family["q_value"], q_value, rtol=1e-9)
        level = 1 - max((q_value <= 0.05).sum(), 1) * 0.05 / len(family)
        np.testing.assert_allclose(family["ci_level"].dropna(), level)
    assert 300 < different.sum() < len(known) - 300


def test_bounds_move_to_zero_only_where_the_test_is_not_rejected() -> None:
    """Each side, and no interval at all."""
    q_value = np.array([0.2, 0.2, 0.01, 0.01, 0.01, 0.2])
    low, high = np.array([0.1, -0.3, 0.1, -0.1, np.nan, np.nan]), np.array([0.3, -0.1, 0.3, 0.3, np.nan, np.nan])
    moved_low, moved_high, verdicts = agreed(q_value, low, high, 0.05)
    np.testing.assert_array_equal(moved_low, [0, -0.3, 0.1, -0.1, np.nan, np.nan])
    np.testing.assert_array_equal(moved_high, [0.3, 0, 0.3, 0.3, np.nan, np.nan])
    assert verdicts.tolist() == ["no_evidence", "no_evidence", "different", "no_evidence", "different", "no_evidence"]


def test_what_is_left_of_alpha() -> None:
    """None rejected counts as one."""
    assert rejection_level(np.array([0.2, 0.3, 0.9, 0.9]), 0.05) == 0.0125
    assert rejection_level(np.array([0.01, 0.05, 0.9, 0.9]), 0.05) == 0.025


def test_false_families_under_the_null() -> None:
    """At most 41 of 500 with any difference at 0.05, the 0.1 % tail; some, because a test that never rejects would pass too."""
    frames, attributes = simulated(1, 500, 400, {})
    table = table_of(frames, attributes)
    assert {"chi_square", "chi_square_yates", "fisher_exact", "monte_carlo", "welch_t"} <= set(table["test"])
    false_families = (table["verdict"] == "different").groupby(table["action"]).any()
    assert len(false_families) == 500
    assert 5 <= false_families.sum() <= 41


def test_power() -> None:
    """Of 200 data sets at least 160 show 0.2 against 0.4 in two groups of 150, and a shift of half a standard deviation."""
    frames, attributes = simulated(2, 200, 300, {"two": [0.2, 0.4]}, shift=0.5)
    table = table_of(frames, attributes)
    found = (table["verdict"] == "different").groupby(table["attribute"]).sum()
    assert found["two"] >= 160
    assert found["age"] >= 160


def test_the_order_of_rows_does_not_matter() -> None:
    """To the bit."""
    frames = random_frames(7, 40)
    expected = table_of(frames, RANDOM_ATTRIBUTES)
    counted, groups, numbers = (frame.sample(frac=1, random_state=3) for frame in frames)
    pd.testing.assert_frame_equal(table_of((counted, groups, numbers), RANDOM_ATTRIBUTES), expected, check_exact=True)
    assert expected["attribute"].tolist() == [attribute["name"] for attribute in RANDOM_ATTRIBUTES] * 40
    assert expected["action"].is_monotonic_increasing


def test_random_tests_depend_on_their_own_names_only() -> None:
    """What else is tested, and other actions, change nothing while the family is small; the seed does."""
    frames = random_frames(9, 30)
    chosen = frames[0]["action"].isin(["action_0003", "action_0017"])
    expected = table_of(frames, RANDOM_ATTRIBUTES)
    some = table_of((frames[0][chosen], *frames[1:]), RANDOM_ATTRIBUTES)
    pd.testing.assert_frame_equal(some, expected[expected["action"].isin(some["action"])].reset_index(drop=True))
    assert not table_of(frames, RANDOM_ATTRIBUTES, seed=2)["p_value"].equals(expected["p_value"])


@pytest.mark.parametrize("rows", [0, 1])
def test_types_of_empty_and_untested_tables(rows: int) -> None:
    """No action, and an action without users."""
    counted, _ = of_levels({}, missing_users=7)
    table = table_of(frames_of([counted][:rows], []), [{"name": "town", "type": "categorical"}])
    result = typed(table, TEST_COLUMNS)
    assert result.num_rows == rows
    assert dict(zip(result.schema.names, result.schema.types, strict=True)) == {name: TYPES[kind] for name, kind in TEST_COLUMNS.items()}
    assert table["missing_users"].tolist() == [7] * rows
