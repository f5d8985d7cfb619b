"""The report in a browser: nothing sticks out of a telephone, and a checker of accessibility finds nothing serious."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from dashboard.published import Published
from report.figures import gather
from report.page import render
from tests.python.warehouse import Warehouse


@pytest.fixture(scope="module")
def report(sample: Warehouse, published_sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report on the sample."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(render(gather(Published(published_sample))), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def tab(browser: Browser, report: Path) -> Page:
    """The report, opened from the disk without scripts of its own."""
    tab = browser.new_page()
    tab.goto(report.as_uri())
    return tab


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
