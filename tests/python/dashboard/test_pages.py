"""Every page, on the sample and on files that have nothing to show."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from streamlit.testing.v1 import AppTest

from dashboard.views import PAGES
from tests.python.dashboard.browsing import wait_until_shown
from tests.python.published import published_copy
from tests.python.warehouse import PROJECT, Warehouse

NAMES = [name for name, _, _ in PAGES]
ERRORS = "[data-testid=stException], [data-testid=stAlertContentError]"
# how far what is shown reaches beyond the window, in the page and in its scrolled part
OVERFLOW = """
() => Math.max(
    ...[document.documentElement, document.querySelector('[data-testid=stMain]')].map(part => part.scrollWidth - part.clientWidth)
)
"""


def findings(page: Page) -> list[str]:
    """Returns what an accessibility checker finds to be serious or critical, with the elements."""
    return [
        f"{rule['id']}: {node['target']} {node['html'][:200]}"
        for rule in Axe().run(page).response["violations"]
        if rule["impact"] in {"serious", "critical"}
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("name", NAMES)
def test_every_page_opens_is_accessible_and_fits_a_telephone(sample: Warehouse, visit: Callable[[str], Page], name: str) -> None:
    page = visit(name)
    assert page.locator(ERRORS).all_inner_texts() == []
    assert page.locator("h1").count() == 1
    assert findings(page) == []
    page.set_viewport_size({"width": 400, "height": 800})
    page.wait_for_timeout(500)
    overflow = page.evaluate(OVERFLOW)
    page.set_viewport_size({"width": 1440, "height": 1000})
    assert overflow <= 0


def test_no_page_asks_anybody_else_for_anything(
    sample: Warehouse, asked: list[str], visit: Callable[[str], Page], dashboard_server: str
) -> None:
    for name in NAMES:
        visit(name)
    assert sum(url.startswith(f"{dashboard_server}/") for url in asked) >= len(NAMES)
    assert [url for url in asked if not url.startswith((f"{dashboard_server}/", "data:", "blob:"))] == []


def test_no_page_breaks_the_policy_that_it_was_sent_with(sample: Warehouse, complaints: list[str], visit: Callable[[str], Page]) -> None:
    for name in NAMES:
        assert "default-src 'none'" in str(visit(name).request.get(visit(name).url).headers["content-security-policy"])
    assert complaints == []


def test_tables_have_no_files_beside_those_that_are_defused(sample: Warehouse, visit: Callable[[str], Page]) -> None:
    """Of the tools of a table, that which hands it out as it is."""
    page = visit("quality")
    table = page.get_by_test_id("stDataFrame").first
    table.hover()
    table.get_by_role("button", name="Search").wait_for()
    assert table.get_by_role("button", name="Download as CSV").count() == 0


@pytest.mark.parametrize("name", NAMES)
def test_every_page_explains_itself_where_all_marts_are_empty(
    sample: Warehouse, published_empty: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBLISHED_PATH", str(published_empty))
    page = AppTest.from_string(f"from dashboard.views import {name}\n{name}.page()").run(timeout=60)
    assert [error.value for error in page.exception] == []
    assert len(page.title) == 1
    assert len(page.info) + len(page.warning) > 0


def test_without_a_published_file_the_dashboard_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLISHED_PATH", str(tmp_path / "none.duckdb"))
    page = AppTest.from_file(str(PROJECT / "dashboard" / "app.py")).run(timeout=60)
    assert [error.value for error in page.exception] == []
    assert "make publish" in page.error[0].value
    assert "none.duckdb" in page.error[0].value


def test_a_new_version_is_shown_after_one_refresh(sample: Warehouse, published_sample: Path, visit_alone: Callable[[str], Page]) -> None:
    page = visit_alone("quality")
    rows = sample.rows("select sum(raw_rows) from marts.source_row_counts")[0][0]
    assert f"{rows:,}" in page.inner_text("body")
    kept, next_one = (published_sample.with_suffix(suffix) for suffix in (".kept", ".next"))
    shutil.copy(published_sample, kept)
    published_copy(sample.path, next_one, ())
    next_one.replace(published_sample)
    try:
        page.reload()
        wait_until_shown(page)
        page.get_by_text("No table has rows").wait_for()
    finally:
        kept.replace(published_sample)
    page.reload()
    wait_until_shown(page)
    page.get_by_text(f"{rows:,}", exact=True).first.wait_for()
