"""Pairs of levels are tested by the definitions, and never contradict their intervals."""

import time
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2_contingency, false_discovery_control, fisher_exact
from statsmodels.stats.proportion import confint_proportions_2indep

from python_models.methods import attribute_tests
from python_models.methods.attribute_pairs import PAIR_COLUMNS, pair_table
from python_models.methods.tables import TYPES, typed

Tables = dict[tuple[str, str], dict[str, tuple[int, int]]]
INDEPENDENT = (1.0, float("nan"))


def compared(tables: Tables, design: tuple[float, float] = INDEPENDENT, shuffled: bool = False) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tests and pairs of (action, attribute): {level: (users, performers)}."""
    counted, groups = [], []
    for (action, attribute), levels in tables.items():
        users, performers = (sum(level[side] for level in levels.values()) for side in (0, 1))
        names = {"action": action, "attribute": attribute}
        counts: dict[str, Any] = {"users": users, "performers": performers, "missing_users": 0, "levels": len(levels)}
        counted.append(names | counts | dict(zip(("design_effect", "design_degrees"), design, strict=True)))
        groups += [
            names | {"level": level, "level_order": place, "users": users, "performers": performers, "pooled_levels": 1}
            for place, (level, (users, performers)) in enumerate(levels.items())
        ]
    columns = ["action", "attribute", "level", "level_order", "users", "performers", "pooled_levels"]
    of_counts = ["action", "attribute", "users", "performers", "missing_users", "levels", "design_effect", "design_degrees"]
    frames = (pd.DataFrame(counted, columns=of_counts), pd.DataFrame(groups, columns=columns))
    if shuffled:
        frames = (frames[0].sample(frac=1, random_state=1), frames[1].sample(frac=1, random_state=1))
    tests = attribute_tests.test_table(
        *frames,
        pd.DataFrame(columns=["attribute", "number", "users"]),
        attributes=[{"name": name, "type": "categorical"} for name in dict.fromkeys(attribute for _, attribute in tables)],
        alpha=0.05,
        min_users=30,
        min_performers=5,
        max_levels=1000,
        as_of=None,
        seed=1,
    )
    return tests, pair_table(frames[1], frames[0], tests, alpha=0.05)


def random_tables(seed: int, actions: int) -> Tables:
    """Two, three and more levels, some rare, with weak and strong differences."""
    rng = np.random.default_rng(seed)
    tables: Tables = {}
    for action in range(actions):
        for attribute in range(4):
            users = rng.integers(1, rng.choice([30, 400]), rng.integers(2, 8))
            performers = rng.binomial(users, np.clip(0.3 + rng.choice([0, 0.2]) * rng.normal(size=len(users)), 0, 1))
            levels = {f"L{place}": counts for place, counts in enumerate(zip(users.tolist(), performers.tolist(), strict=True))}
            tables[f"action_{action:03}", f"attribute_{attribute}"] = levels
    return tables


def test_pairs_by_the_definitions() -> None:
    """P-values and q-values by scipy, the level by the rule, intervals by statsmodels; only where there is a difference."""
    levels = {"c": (200, 60), "a": (180, 20), "b": (15, 6), "empty": (0, 0)}
    nothing = {"x": (200, 43), "y": (195, 43)}
    tests, pairs = compared({("post", "town"): levels, ("post", "gender"): nothing})
    assert tests.set_index("attribute")["verdict"].to_dict() == {"town": "different", "gender": "no_evidence"}
    assert list(zip(pairs["level"], pairs["other_level"], strict=True)) == [("c", "a"), ("c", "b"), ("a", "b")]
    assert pairs["test"].tolist() == ["chi_square_yates", "fisher_exact", "fisher_exact"]
    cells = [
        [[done, users - done] for users, done in (levels[first], levels[second])] for first, second in (("c", "a"), ("c", "b"), ("a", "b"))
    ]
    p_values = [chi2_contingency(cells[0]).pvalue, fisher_exact(cells[1]).pvalue, fisher_exact(cells[2]).pvalue]
    np.testing.assert_allclose(pairs["p_value"], p_values, rtol=1e-9)
    np.testing.assert_allclose(pairs["q_value"], false_discovery_control(p_values), rtol=1e-9)
    rejected = (false_discovery_control(p_values) <= 0.05 / 2).sum()
    assert rejected == 2
    np.testing.assert_allclose(pairs["ci_level"], 1 - rejected / 3 * 0.05 / 2)
    assert pairs["verdict"].tolist() == ["different", "no_evidence", "different"]
    expected = confint_proportions_2indep(60, 200, 20, 180, method="newcomb", alpha=rejected / 3 * 0.05 / 2)
    assert pairs.loc[0, ["ci_low", "ci_high"]].tolist() == pytest.approx(expected)
    assert pairs["difference"].tolist() == pytest.approx([60 / 200 - 20 / 180, 60 / 200 - 6 / 15, 20 / 180 - 6 / 15])


@pytest.mark.parametrize("design", [INDEPENDENT, (1.6, 25.0)])
def test_the_pair_of_two_levels_is_the_test(design: tuple[float, float]) -> None:
    """Same p-value, same interval up to the sign, same verdict."""
    tables = {key: dict(list(levels.items())[:2]) for key, levels in random_tables(2, 60).items()}
    tests, pairs = compared(tables, design)
    both = pairs.merge(tests, on=["action", "attribute"], suffixes=("", "_test"))
    assert len(both) == len(pairs) == (tests["verdict"] == "different").sum() > 20
    np.testing.assert_allclose(both["p_value"], both["p_value_test"], rtol=1e-9)
    assert (both["verdict"] == "different").all()
    sign = np.where(both["level"] == both["level_test"], 1, -1)
    np.testing.assert_allclose(both["difference"], both["effect_size"] * sign, atol=1e-12)
    np.testing.assert_allclose(both["ci_low"], np.where(sign > 0, both["effect_ci_low"], -both["effect_ci_high"]), atol=1e-12)


@pytest.mark.parametrize("design", [INDEPENDENT, (1.3, 12.0)])
def test_intervals_and_verdicts_never_contradict(design: tuple[float, float]) -> None:
    """Hundreds of families; q-values and levels by their definitions."""
    tests, pairs = compared(random_tables(3, 150), design)
    assert set(pairs["test"]) == {"chi_square_yates", "fisher_exact"}
    assert set(pairs["verdict"]) == {"different", "no_evidence"}
    excludes = (pairs["ci_low"] > 0) | (pairs["ci_high"] < 0)
    assert (excludes == (pairs["verdict"] == "different")).all()
    assert pairs["difference"].between(pairs["ci_low"], pairs["ci_high"]).all()
    rejected = (tests["q_value"] <= 0.05).groupby(tests["action"]).sum()
    number = tests["q_value"].notna().groupby(tests["action"]).sum()
    for (action, _), family in pairs.groupby(["action", "attribute"]):
        q_value = false_discovery_control(family["p_value"])
        np.testing.assert_allclose(family["q_value"], q_value, rtol=1e-9)
        alpha = 0.05 * rejected[action] / number[action]
        np.testing.assert_allclose(family["ci_level"], 1 - max((q_value <= alpha).sum(), 1) / len(family) * alpha)
        assert (q_value[family["verdict"] == "different"] <= alpha).all()


def test_attributes_of_many_levels() -> None:
    """The 50 levels of most users, in the order of levels, within two seconds; pairs without performers too."""
    rng = np.random.default_rng(4)
    users = rng.permutation(np.arange(20, 320))
    performers = np.where(np.arange(300) % 3 == 0, rng.binomial(users, 0.02), rng.binomial(users, 0.2))
    levels = {f"L{place:03}": counts for place, counts in enumerate(zip(users.tolist(), performers.tolist(), strict=True))}
    tests, _ = compared({("post", "town"): levels})
    assert tests.loc[0, "verdict"] == "different"
    started = time.perf_counter()
    _, pairs = compared({("post", "town"): levels})
    assert time.perf_counter() - started < 2
    assert len(pairs) == 1225
    assert pairs[["users", "other_users"]].min().min() == 270
    assert (pairs["level"] < pairs["other_level"]).all()
    assert pairs["p_value"].between(0, 1).all()


def test_pairs_in_which_nobody_performed() -> None:
    """No evidence, without a warning."""
    _, pairs = compared({("post", "town"): {"a": (100, 60), "b": (40, 0), "c": (70, 0)}})
    last = pairs.iloc[-1]
    assert (last["level"], last["other_level"], last["test"], last["p_value"], last["verdict"]) == (
        "b",
        "c",
        "fisher_exact",
        1,
        "no_evidence",
    )


def test_the_order_of_rows_does_not_matter() -> None:
    """To the bit."""
    tables = random_tables(5, 20)
    pd.testing.assert_frame_equal(compared(tables)[1], compared(tables, shuffled=True)[1], check_exact=True)


@pytest.mark.parametrize("tables", [{}, {("post", "town"): {}}, {("post", "town"): {"a": (90, 30), "b": (90, 31)}}])
def test_types_where_there_is_no_pair(tables: Tables) -> None:
    """Nothing counted, nothing tested, nothing different."""
    result = typed(compared(tables)[1], PAIR_COLUMNS)
    assert result.num_rows == 0
    assert dict(zip(result.schema.names, result.schema.types, strict=True)) == {name: TYPES[kind] for name, kind in PAIR_COLUMNS.items()}
