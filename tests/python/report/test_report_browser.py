"""The report in a browser: nothing sticks out of a telephone, and a checker of accessibility finds nothing serious."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, sync_playwright

from dashboard.published import Published
from report.figures import QUERIES, gather, marts_of
from report.page import render
from tests.python.published import published_copy
from tests.python.warehouse import Warehouse

CHROMIUM = shutil.which("chromium")
OPTIONS = (
    "no-sandbox",
    "disable-gpu",
    "disable-quic",
    "no-first-run",
    "disable-background-networking",
    "disable-component-update",
    "disable-sync",
)

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here")


@pytest.fixture(scope="module")
def report(sample: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report on the sample."""
    folder = tmp_path_factory.mktemp("report")
    read = {mart for sql in QUERIES.values() for mart in marts_of(sql)}
    path = folder / "report.html"
    path.write_text(render(gather(Published(published_copy(sample.path, folder / "published.duckdb", read)))), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def tab(report: Path) -> Iterator[Page]:
    """The report, opened from the disk without scripts of its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[f"--{option}" for option in OPTIONS])
        tab = browser.new_page()
        tab.goto(report.as_uri())
        yield tab
        browser.close()


@pytest.mark.parametrize("width", [1440, 400])
def test_it_is_readable_and_accessible(tab: Page, width: int) -> None:
    """At the width of a desk and of a telephone; what is too wide scrolls within itself."""
    tab.set_viewport_size({"width": width, "height": 900})
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert tab.locator("svg").first.bounding_box()["width"] > 250  # type: ignore[index]
    findings = Axe().run(tab).response["violations"]
    assert [(finding["id"], finding["impact"], finding["nodes"][0]["html"]) for finding in findings] == []


def test_it_prints_on_a_few_pages(tab: Page) -> None:
    """Of A4 and of Letter, with the numbers of the pages."""
    for size in ("A4", "Letter"):
        printed = tab.pdf(format=size)
        assert 2 <= printed.count(b"/Type /Page\n") <= 9
