"""Segments, retention, plays and the look-up of one user show what SQL gives."""

import csv
import importlib
import io
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import duckdb
import pytest
from playwright.sync_api import Page
from streamlit.testing.v1 import AppTest

from dashboard.views import PAGES
from tests.python.dashboard.browsing import choose, download, rerun, text_of
from tests.python.dashboard.test_pages import ERRORS, findings
from tests.python.published import published_copy
from tests.python.warehouse import Warehouse

VIEWS_OF = {name: getattr(importlib.import_module(f"dashboard.views.{name}"), "TABS", []) for name, _, _ in PAGES}
WITH_VIEWS = [name for name, views in VIEWS_OF.items() if views]


def page_at(name: str, **query: str) -> AppTest:
    """Returns a page as its link shows it, without a browser."""
    page = AppTest.from_string(f"from dashboard.views import {name}\n{name}.page()")
    page.query_params.update(query)
    return page.run(timeout=60)


def open_view(page: Page, name: str) -> None:
    """Opens a view of a page, and waits until it is shown."""
    with rerun(page):
        page.get_by_role("tab", name=name, exact=True).click()


def look_up(page: Page, user: str) -> str:
    """Types an id and returns what the page says then."""
    box = page.get_by_role("textbox", name="User id")
    box.fill(user)
    with rerun(page):
        box.press("Enter")
    return text_of(page)


@pytest.mark.parametrize("name", WITH_VIEWS)
def test_every_view_opens_on_the_sample_and_on_empty_marts(
    sample: Warehouse, published_sample: Path, published_empty: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    views = VIEWS_OF[name]
    for file, views_opened in ((published_sample, views), (published_empty, views if name == "retention" else views[:1])):
        monkeypatch.setenv("PUBLISHED_PATH", str(file))
        for view in views_opened:
            page = page_at(name, view=view)
            assert [error.value for error in page.exception] == [], view
            assert len(page.header) + len(page.info) > 0, view
            assert file != published_empty or len(page.info) > 0, view


def test_segments_show_sizes_and_the_verdict(sample: Warehouse, visit: Callable[[str], Page]) -> None:
    text = text_of(visit("segments"))
    assert "The users fall into groups" in text
    for name, users, share in sample.rows("select segment_name, users, share from marts.segments"):
        assert f"{name}: {users:,} users, {100 * share:.0f} %" in text


def test_attributes_of_segments_have_a_filter_and_a_file(sample: Warehouse, visit_alone: Callable[[str], Page]) -> None:
    page = visit_alone("segments")
    open_view(page, "Attributes")
    assert "Users by segment and country" in text_of(page)
    choose(page, "Attribute", "subscription type")
    page.get_by_text("Users by segment and subscription type").first.wait_for()
    users, effect = sample.rows("select users, effect_size from marts.segment_attribute_tests where attribute = 'subscription_type'")[0]
    text = text_of(page)
    assert "The groups differ by more than chance explains." in text
    assert f"Cramer's V {effect:.2f}, where 0 is no association and 1 a full one, among {users:,} users" in text
    given = download(page, "Segments by subscription type")
    expected = sample.rows(
        "select segment_id, level, share_of_segment, ci_low from marts.segment_attributes "
        "where attribute = 'subscription_type' order by level_order, segment_id"
    )
    columns = [given[0].index(name) for name in ("segment_id", "level", "share_of_segment", "ci_low")]
    assert [[row[column] for column in columns] for row in given[1:]] == [[str(value) for value in row] for row in expected]


def test_members_of_a_segment_can_be_filtered(sample: Warehouse, visit_alone: Callable[[str], Page]) -> None:
    page = visit_alone("segments")
    open_view(page, "Members")
    everybody = sample.rows("select count(*) from marts.user_overview where segment_id is not null")[0][0]
    assert f"{everybody:,} users match." in text_of(page)
    choose(page, "Segment", "Power")
    choose(page, "Adoption", "not adopted")
    found = sample.rows("select count(*) from marts.user_overview where segment_name = 'Power' and adoption_status = 'not_adopted'")[0][0]
    assert f"{found:,} users match." in text_of(page)
    assert 0 < found < everybody
    with page.expect_download() as awaited:
        page.get_by_role("button", name="Download CSV").click()
    given = list(csv.DictReader(io.StringIO(Path(awaited.value.path()).read_text())))
    expected = sample.rows(
        "select user_id::varchar from marts.user_overview where segment_name = 'Power' and adoption_status = 'not_adopted' "
        "order by user_id limit 1000"
    )
    assert [(row["user_id"],) for row in given] == expected
    assert {"name", "email"}.isdisjoint(given[0])


def test_retention_shows_cohorts_and_who_is_at_risk(sample: Warehouse, visit_alone: Callable[[str], Page]) -> None:
    page = visit_alone("retention")
    cohort = (
        "select retention_rate, ci_low, ci_high, users_at_risk from marts.retention_cohorts where cohort_grain = '{}' and measure = 'on' "
        "and attribute = '(all)' and periods_since = 1 and is_complete order by cohort_started_on desc limit 1"
    )
    rate, low, high, users = sample.rows(cohort.format("month"))[0]
    assert f"a month later: {100 * rate:.0f} % ({100 * low:.0f} to {100 * high:.0f}), {users:,} users" in text_of(page)
    choose(page, "Cohorts by", "week")
    rate, low, high, users = sample.rows(cohort.format("week"))[0]
    assert f"a week later: {100 * rate:.0f} % ({100 * low:.0f} to {100 * high:.0f}), {users:,} users" in text_of(page)
    open_view(page, "Risk of churn")
    text = text_of(page)
    unscored = sample.rows("select count(*) from marts.user_churn_scores where no_score_reason = 'not_at_risk'")[0][0]
    assert f"Without a score: {unscored:,} users" in text
    bands = sample.rows("select churn_risk_band, count(*) from marts.user_churn_scores where churn_risk_band is not null group by all")
    judges = {"future": "users of a later time", "out_of_fold": "groups of users held back in turn"}
    gains = sample.rows("select evaluation, value, users from marts.churn_model_scores where model = 'churn' and metric = 'auc_gain'")
    assert {evaluation for evaluation, _, _ in gains} == set(judges)
    for evaluation, gain, observations in gains:
        assert f"Judged by {judges[evaluation]}. Its area under the curve is {gain:.3f} larger" in text
        assert f"{observations:,} observations" in text
    assert f"Highest is low: likely to stay with {dict(bands)['low']:,}" in text


def test_plays_show_skip_rates_and_models(sample: Warehouse, visit_alone: Callable[[str], Page]) -> None:
    page = visit_alone("plays")
    plays, skips, rate, low, high = sample.rows(
        "select plays, skips, skip_rate, ci_low, ci_high from marts.skip_rates where attribute = '(all)'"
    )[0]
    text = text_of(page)
    assert f"{skips:,} of {plays:,} plays" in text
    assert f"{100 * rate:.0f} % ({100 * low:.0f} to {100 * high:.0f})" in text
    choose(page, "Attribute", "platform")
    level, highest = sample.rows(
        "select level, skip_rate from marts.skip_rates where attribute = 'platform' order by skip_rate desc limit 1"
    )[0]
    assert f"Highest is {level} with {100 * highest:.0f} %" in text_of(page)
    open_view(page, "Models")
    best = sample.rows("select distinct model from marts.skip_model_scores where is_best")[0][0].replace("_", " ")
    text = text_of(page)
    assert f"The best of them by the plays before the future begins is {best}." in text
    assert "ROC: skips found" in text


def test_a_user_is_found_with_reasons_and_benchmarks(sample: Warehouse, visit_alone: Callable[[str], Page]) -> None:
    page = visit_alone("lookup")
    user, segment, status, band = sample.rows(
        "select user_id, segment_name, adoption_status, churn_risk_band from marts.user_overview "
        "where has_plays and segment_id is not null and churn_risk_band is not null and adoption_probability is not null "
        "order by user_id limit 1"
    )[0]
    text = look_up(page, str(user))
    assert page.locator(ERRORS).all_inner_texts() == []
    assert f"User {user}" in text
    assert status.replace("_", " ") in text
    for mart in ("user_segments", "user_adoption_scores", "user_churn_scores"):
        assert sample.rows(f"select top_reason_1 from marts.{mart} where user_id = {user}")[0][0] in text
    assert f"{segment}, one of" in text
    assert f"The risk is {band}" in text
    given = page_at_file(page, 0)
    mean = sample.rows(f"select round(avg(active_days), 6) from marts.user_overview where segment_name = '{segment}'")[0][0]
    active_days = sample.rows(f"select active_days from marts.user_overview where user_id = {user}")[0][0]
    benchmark = next(row for row in given if row["score"] == "active_days")
    assert float(benchmark["this_user"]) == active_days
    assert float(benchmark["segment_mean"]) == mean
    assert findings(page) == []


def page_at_file(page: Page, place: int) -> list[dict[str, str]]:
    """Returns the rows of the file of a table that stands open."""
    with page.expect_download() as awaited:
        page.get_by_role("button", name="Download CSV").nth(place).click()
    return list(csv.DictReader(io.StringIO(Path(awaited.value.path()).read_text())))


def test_the_look_up_says_when_there_is_no_such_user(sample: Warehouse, visit_alone: Callable[[str], Page]) -> None:
    page = visit_alone("lookup")
    assert "There is no user with the id 99999999." in look_up(page, "99999999")
    for user, answer in (
        ("99999999999999999999", "There is no user with the id 99999999999999999999."),
        ("abc' or 1=1", "Ids of users are whole numbers here, and “abc' or 1=1” is none."),
    ):
        page.goto(f"{page.url.split('?')[0]}?user={quote(user)}")
        page.get_by_text(answer).wait_for()


@pytest.mark.parametrize(
    ("user", "answer"),
    [
        ("9" * 4301, f"There is no user with the id {'9' * 40}…."),
        ("-" + "9" * 4301, rf"There is no user with the id \-{'9' * 39}…."),
        ("-1", r"There is no user with the id \-1."),
        (str(2**63 - 1), f"There is no user with the id {2**63 - 1}."),
        (str(2**63), f"There is no user with the id {2**63}."),
        (str(-(2**63)), rf"There is no user with the id \{-(2**63)}."),
        (str(-(2**63) - 1), rf"There is no user with the id \{-(2**63) - 1}."),
        ("\u0663\uff11", "Ids of users are whole numbers here, and “\u0663\uff11” is none."),
        ("1\x002", "Ids of users are whole numbers here, and “1\x002” is none."),
        ("1_000", r"Ids of users are whole numbers here, and “1\_000” is none."),
        ("1e3", "Ids of users are whole numbers here, and “1e3” is none."),
        ("--1", r"Ids of users are whole numbers here, and “\--1” is none."),
        ("x" * 100_000, f"Ids of users are whole numbers here, and “{'x' * 40}…” is none."),
    ],
)
def test_any_id_in_an_address_is_answered_with_a_sentence(
    sample: Warehouse, published_sample: Path, user: str, answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBLISHED_PATH", str(published_sample))
    page = page_at("lookup", user=user)
    assert [error.value for error in page.exception] == []
    assert [told.value for told in page.warning] == [answer]


def test_an_id_has_leading_zeros_in_any_number(sample: Warehouse, published_sample: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLISHED_PATH", str(published_sample))
    user = sample.rows("select min(user_id) from marts.users")[0][0]
    assert page_at("lookup", user=f"{'0' * 5000}{user}").header[0].value == f"User {user}"


@pytest.mark.parametrize("view", ["x", "\x00", "9" * 5000, "<a>", "-1"])
@pytest.mark.parametrize("name", WITH_VIEWS)
def test_an_address_with_an_unknown_view_opens_the_first(
    sample: Warehouse, published_sample: Path, name: str, view: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBLISHED_PATH", str(published_sample))
    shown, first = page_at(name, view=view), page_at(name)
    assert [error.value for error in shown.exception] == []
    assert [heading.value for heading in shown.header] == [heading.value for heading in first.header] != []


def test_any_text_may_be_looked_for(sample: Warehouse, published_sample: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLISHED_PATH", str(published_sample))
    page = page_at("plays", view="Tracks")
    for text in ("\x00", "%", "'; drop table", "x" * 100_000):
        page.text_input(key="track").set_value(text).run(timeout=60)
        assert [error.value for error in page.exception] == []
        assert [told.value for told in page.info] == ["No track or artist has this in its name."]


def test_a_user_without_a_segment_is_told_why(sample: Warehouse, published_sample: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLISHED_PATH", str(published_sample))
    user = sample.rows("select min(user_id) from marts.user_overview where segment_id is null and adoption_status = 'not_adopted'")[0][0]
    page = page_at("lookup", user=str(user))
    assert [error.value for error in page.exception] == []
    assert any("This user is in no segment" in told.value for told in page.info)


def test_ids_may_be_text(sample: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "published.duckdb"
    published_copy(sample.path, file, ())
    with duckdb.connect(str(file)) as connection:
        holders = connection.execute(
            "select table_name from duckdb_columns() where schema_name = 'marts' and column_name = 'user_id'"
        ).fetchall()
        for (table,) in holders:
            connection.execute(f"alter table marts.{table} alter user_id type varchar")
        connection.execute("insert into marts.users (user_id) values ('b2c4-e6')")
        connection.execute("insert into marts.user_overview (user_id) values ('b2c4-e6')")
    monkeypatch.setenv("PUBLISHED_PATH", str(file))
    found = page_at("lookup", user="b2c4-e6")
    assert [error.value for error in found.exception] == []
    assert next(heading.value for heading in found.header) == "User b2c4-e6"
    assert [told.value for told in page_at("lookup", user="12").warning] == ["There is no user with the id 12."]
    for user in ("1\x002", "9" * 4301, "\u0663", "' or 1=1"):
        page = page_at("lookup", user=user)
        assert [error.value for error in page.exception] == []
        assert "There is no user with the id" in page.warning[0].value
