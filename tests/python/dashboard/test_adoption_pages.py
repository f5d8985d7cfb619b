"""Overview, adoption, actions and data quality show what SQL gives."""

import csv
import io
import re
from collections.abc import Callable

from playwright.sync_api import Page

from tests.python.dashboard.browsing import choose, download, text_of
from tests.python.warehouse import Warehouse


def test_adoption_shows_rates_with_intervals(sample: Warehouse, visit: Callable[[str], Page]) -> None:
    text = text_of(visit("adoption"))
    users, rate, low, high, observed = sample.rows(
        "select users, matured_rate, matured_ci_low, matured_ci_high, matured_users from marts.adoption_rates where attribute = '(all)'"
    )[0]
    assert f"{users:,}" in text
    assert f"{100 * rate:.0f} %" in text
    assert f"95 % interval {100 * low:.0f} to {100 * high:.0f} %" in text
    assert f"{observed:,} users observed for so long" in text
    best, share = sample.rows(
        "select level, matured_rate from marts.adoption_rates where attribute = 'creation_source' order by matured_rate desc limit 1"
    )[0]
    assert f"Highest is {best.replace('_', ' ')} with {100 * share:.0f} %" in text


def test_adoption_has_a_filter_and_a_file(sample: Warehouse, visit_alone: Callable[[str], Page]) -> None:
    page = visit_alone("adoption")
    choose(page, "Attribute", "mailing list")
    best, share = sample.rows(
        "select level, matured_rate from marts.adoption_rates where attribute = 'mailing_list' order by matured_rate desc limit 1"
    )[0]
    page.get_by_text("Users by mailing list").first.wait_for()
    assert f"Highest is {best} with {100 * share:.0f} %" in text_of(page)
    given = download(page, "Adoption rates by mailing list")
    expected = sample.query("select * from marts.adoption_rates where attribute = 'mailing_list' order by level_order, level")
    assert given == list(csv.reader(io.StringIO(expected.to_csv(index=False))))


def test_actions_say_which_differences_are_real(sample: Warehouse, visit_alone: Callable[[str], Page]) -> None:
    page = visit_alone("actions")
    tests, found = sample.rows("select count(p_value), count(*) filter (where verdict = 'different') from marts.action_tests")[0]
    assert f"{found} of {tests} tests found a difference" in text_of(page)
    choose(page, "Action", "export")
    choose(page, "Attribute", "gender")
    users, performers, q_value = sample.rows(
        "select users, performers, q_value from marts.action_tests where action = 'export' and attribute = 'gender'"
    )[0]
    text = text_of(page)
    assert "There is no evidence of a difference." in text
    assert f"q-value {q_value:.2f}; {users:,} users, {performers:,} of them performed it" in text


def test_quality_accounts_for_all_rows(sample: Warehouse, visit: Callable[[str], Page]) -> None:
    text = text_of(visit("quality"))
    raw, rejected = sample.rows("select sum(raw_rows), sum(rejected_rows) from marts.source_row_counts")[0]
    assert f"{raw:,}" in text
    assert f"\n{rejected}\n" in text
    leaking, features = sample.rows("select count(*) filter (where contains_outcome), count(*) from lookups.feature_register")[0]
    assert f"{leaking} of {features} features contain the outcome." in text


def test_overview_shows_activity(sample: Warehouse, visit: Callable[[str], Page]) -> None:
    mau = sample.rows("select mau from marts.daily_activity order by date_day desc limit 1")[0][0]
    assert f"in 28 days ends at {mau:,}" in text_of(visit("overview")).lower()


def test_overview_shows_every_key_figure_with_its_interval(sample: Warehouse, visit: Callable[[str], Page]) -> None:
    tiles = [text.splitlines() for text in visit("overview").locator(".tile").all_inner_texts()]
    shown_of = {label: rest for label, *rest in tiles}
    figures = sample.rows("select label, value, ci_low, ci_high, unit from marts.key_insights where value is not null")
    assert len(figures) == len(tiles) > 10
    for label, value, low, high, unit in figures:
        shown_value, *rest = shown_of[label]
        if unit == "share":
            # small shares have decimals
            digits = re.fullmatch(r"\d+(?:\.(\d+))? %", shown_value)
            assert digits, label
            places = len(digits[1] or "")
            assert shown_value == f"{100 * value:.{places}f} %"
            assert places > 0 or value >= 0.1, label
            expected = None if low is None else f"{100 * low:.{places}f} to {100 * high:.{places}f} %"
        elif unit in {"users", "count"}:
            assert shown_value.split()[0] == f"{value:,.0f}"
            expected = None
        else:
            # areas under curves, days, hours
            number, *counted = shown_value.split()
            assert counted == ([] if unit == "auc" else [unit])
            places = len(number.partition(".")[2])
            assert number == f"{value:,.{places}f}"
            assert places > 0 or value >= 100 or value == int(value), label
            expected = None if low is None else f"{low:,.{places}f} to {high:,.{places}f}"
        if expected is not None:
            assert rest[0] == f"95 % interval {expected}"


def test_a_recommendation_leads_to_the_row_it_rests_on(sample: Warehouse, visit_alone: Callable[[str], Page]) -> None:
    page = visit_alone("overview")
    finding, mart, key, column = sample.rows(
        "select finding, evidence_table, evidence_key, evidence_column from marts.recommendations order by place limit 1"
    )[0]
    page.get_by_text(finding, exact=True).wait_for()
    page.get_by_text("Show the evidence").first.click()
    page.get_by_text(f"The row of marts.{mart} where {key}; the recommendation rests on {column}.").wait_for()


def test_the_overview_says_how_many_recommendations_it_shows(sample: Warehouse, visit_alone: Callable[[str], Page]) -> None:
    page = visit_alone("overview")
    ((total,),) = sample.rows("select count(*) from marts.recommendations")
    ((last,),) = sample.rows("select finding from marts.recommendations order by place desc limit 1")
    page.get_by_text(f"6 of {total} recommendations").wait_for()
    assert page.get_by_text(last, exact=True).count() == 0
    page.get_by_role("button", name=f"Show all {total}").click()
    page.get_by_text(last, exact=True).wait_for()
    page.get_by_text(f"{total} of {total} recommendations").wait_for()


def test_the_overview_says_what_may_be_made_of_a_score(sample: Warehouse, visit: Callable[[str], Page]) -> None:
    (tile,) = [text for text in visit("overview").locator(".tile").all_inner_texts() if text.startswith("How well adoption is foretold")]
    ((verdict,),) = sample.rows("select verdict from marts.key_insights where metric = 'adoption_auc'")
    assert verdict == "no_evidence"
    assert "AUC, 0.5 is a guess" in tile
    assert "no evidence that its probabilities are better than giving everybody the mean" in tile
