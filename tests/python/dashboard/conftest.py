"""The dashboard over the sample, as a reader meets it: one server, one browser, each page loaded once."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.python.dashboard.browsing import served, wait_until_shown


@pytest.fixture(scope="session")
def dashboard_server(published_sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the dashboard over the sample."""
    with served(published_sample, tmp_path_factory.mktemp("dashboard") / "server.log") as address:
        yield address


@pytest.fixture(scope="session")
def visit(browser: Browser, dashboard_server: str) -> Callable[[str], Page]:
    """Returns a page of the dashboard by its file's name, 1440 pixels wide, fully shown; loaded once."""
    visited: dict[str, Page] = {}

    def page_of(name: str) -> Page:
        if name not in visited:
            page = browser.new_page(viewport={"width": 1440, "height": 1000})
            page.goto(f"{dashboard_server}/{'' if name == 'overview' else name}")
            wait_until_shown(page)
            visited[name] = page
        return visited[name]

    return page_of
