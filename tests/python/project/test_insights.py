"""Headlines and recommendations say what the marts say, rest on a row that can be found, and are not picked from noise."""

import csv
from typing import Any

import duckdb
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from tests.python.warehouse import PROJECT, Warehouse

# What is compared in both marts: the share of a level with that of all others.
COMPARED = {
    "adoption_level": ("adoption_rates", "matured_adopted_users", "matured_users", "matured_effective_users"),
    "skip_level": ("skip_rates", "skips", "plays", "effective_plays"),
}


def traced(warehouse: Warehouse, mart: str, value: str) -> list[tuple[Any, ...]]:
    """Returns the values of a mart's rows, each with what its evidence gives: one value, else all of them."""
    with duckdb.connect(str(warehouse.path), read_only=True) as connection:
        rows = connection.execute(
            f"select evidence_table, evidence_column, evidence_key, {value} from marts.{mart} where {value} is not null order by place"
        ).fetchall()
        found = []
        for table, column, key, figure in rows:
            values = [row[0] for row in connection.execute(f"select {column} from marts.{table} where {key}").fetchall()]
            found.append((figure, float(values[0]) if len(values) == 1 and values[0] is not None else values))
    return found


def score_tests(warehouse: Warehouse, kind: str) -> pd.DataFrame:
    """Returns level, p, q and lower end of the difference of every level that can be compared, from the mart with scipy and statsmodels."""
    mart, successes, trials, effective = COMPARED[kind]
    rates = warehouse.query(
        f"select attribute, level, {successes} as s, {trials} as n, {effective} as e from marts.{mart} where {trials} > 0"
    )
    everything = rates[rates["attribute"] == "(all)"].iloc[0]
    rates = rates[(rates["attribute"] != "(all)") & (rates["level"] != "(missing)")].copy()
    share = everything.s / everything.n
    others = (everything.n - rates["n"]) * everything.e / everything.n
    difference = rates["s"] / rates["n"] - (everything.s - rates["s"]) / (everything.n - rates["n"])
    error = (share * (1 - share) * (1 / rates["e"] + 1 / others)) ** 0.5
    rates["p"] = 2 * stats.norm.sf((difference / error).abs())
    rates["low"] = difference - stats.norm.isf(0.025) * error
    is_compared = (rates["e"] * min(share, 1 - share) >= 5) & (others * min(share, 1 - share) >= 5)
    rates = rates[is_compared]
    rates["q"] = multipletests(rates["p"], method="fdr_bh")[1]
    return rates.set_index(["attribute", "level"]).sort_index()


@pytest.mark.parametrize(("mart", "value"), [("key_insights", "value"), ("recommendations", "evidence_value")])
def test_evidence_is_found_and_says_the_same(sample: Warehouse, mart: str, value: str) -> None:
    """The key of the evidence finds one row, or one aggregate, which is the value."""
    rows = traced(sample, mart, value)
    assert len(rows) > 15
    for figure, evidence in rows:
        assert evidence == pytest.approx(figure, rel=1e-12), (figure, evidence)


def test_every_headline_is_there(sample: Warehouse) -> None:
    """On a product with all four sources none is missing; shares and areas under a curve have an interval where they are estimated."""
    with (PROJECT / "seeds" / "key_metrics.csv").open() as lines:
        metrics = [row["metric"] for row in csv.DictReader(lines)]
    assert sample.rows("select metric from marts.key_insights where value is not null order by place") == [(metric,) for metric in metrics]
    counted = {"largest_segment_share", "rejected_share"}
    without = sample.rows("select metric from marts.key_insights where unit in ('share', 'auc') and ci_low is null")
    assert {metric for (metric,) in without} == counted


def test_early_weeks_are_those_of_the_cohorts(sample: Warehouse) -> None:
    """Users and returns are those of the cells; the interval is no narrower than if all users were independent."""
    for week in (1, 4):
        [(users, returned)] = sample.rows(
            "select sum(users_at_risk), sum(active_users) from marts.retention_cohorts "
            f"where cohort_grain = 'week' and measure = 'on' and attribute = '(all)' and is_complete and periods_since = {week}"
        )
        [(value, low, high, counted)] = sample.rows(
            f"select value, ci_low, ci_high, users from marts.key_insights where metric = 'week_{week}_retention'"
        )
        assert (value, counted) == (pytest.approx(float(returned) / float(users)), users)
        narrow = stats.binomtest(int(returned), int(users)).proportion_ci(method="wilson")
        assert low <= narrow.low
        assert high >= narrow.high


@pytest.mark.parametrize("kind", COMPARED)
def test_levels_are_tested_against_all_others(sample: Warehouse, kind: str) -> None:
    """P-values of the score test, and q-values of Benjamini and Hochberg over all levels of all attributes, not those of one rule."""
    expected = score_tests(sample, kind)
    assert len(expected) > 20
    columns = "subject as attribute, level, p_value as p, q_value as q, effect_low as low"
    found = sample.query(f"select {columns} from intermediate.int_evidence_judged where kind = '{kind}'")
    found = found.set_index(["attribute", "level"]).sort_index()
    assert list(found.index) == list(expected.index)
    for column in ("p", "q", "low"):
        # the approximation of the normal distribution is good to 2e-7
        assert found[column].to_numpy() == pytest.approx(expected[column].to_numpy(), abs=1e-6)


def test_planted_effects_are_recommended_on(sample: Warehouse) -> None:
    """What is planted in sources of sign-up, actions, platforms and segments is found, what is planted as nothing is not."""
    found = set(sample.rows("select rule_id, evidence_key from marts.recommendations"))
    for rule, key in (
        ("adoption_level_low", "attribute = 'creation_source' and level = 'PERSONAL_PROJECTS'"),
        ("adoption_level_high", "attribute = 'creation_source' and level = 'GUEST_INVITE'"),
        ("action_association", "action = 'export' and attribute = 'hometown'"),
        ("skip_platform", "attribute = 'platform' and level = 'web'"),
    ):
        assert (rule, key) in found
    assert not [key for _, key in found if "action = 'invite'" in key or "weekend" in key]
    assert sample.rows("select * from marts.recommendations where finding like '%(unknown)%' or recommendation like '%(unknown)%'") == []
    # differs from all others for sure, but not for sure by five points
    google = "attribute = 'creation_source' and level = 'SIGNUP_GOOGLE_AUTH'"
    assert sample.rows(f"select matured_rate > 0.3 from marts.adoption_rates where {google}") == [(True,)]
    assert google not in {key for _, key in found}


def test_segments_are_spoken_of_by_kinds_that_ask_for_structure() -> None:
    """Rules of the area rest on evidence that is there only where the data have segments."""
    with (PROJECT / "seeds" / "recommendation_rules.csv").open() as lines:
        rules = list(csv.DictReader(lines))
    assert len(rules) >= 12
    kinds = {rule["kind"] for rule in rules if rule["area"] == "segments"}
    assert kinds == {"segment_kpi", "segment_level"}
    assert not {rule["rule_id"] for rule in rules if "drive" in (rule["finding"] + rule["recommendation"]).lower()}


def test_every_fitted_model_has_a_run(sample: Warehouse) -> None:
    """Whatever has coefficients, scores or segments says on what it was fitted, and nothing else has a run.

    The baseline of churn is fitted only to be compared with.
    """
    models = [
        ("adoption", "model", "'adopted'", ("adoption_coefficients", "adoption_model_scores")),
        ("actions", "model", "action", ("action_coefficients", "action_model_scores")),
        ("churn", "model", "'churned'", ("churn_coefficients", "churn_model_scores")),
        ("plays", "model", "'skipped'", ("skip_coefficients", "skip_model_scores", "skip_feature_importance")),
        ("segments", "'kmeans'", "'segment'", ("segments",)),
        ("plays", "'kmeans'", "'track_segment'", ("track_segment_summaries",)),
    ]
    fitted = {
        row
        for area, model, target, marts in models
        for mart in marts
        for row in sample.rows(f"select distinct '{area}', {target}, {model} from marts.{mart}")
    } - {("churn", "churned", "recency_only")}
    assert fitted == set(sample.rows("select area, target, model from marts.model_runs"))
