"""The dashboard over the sample, as a reader meets it: one server, one browser, each page loaded once."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.python.dashboard.browsing import chromium, launched, publish, served, wait_until_shown
from tests.python.warehouse import Warehouse


@pytest.fixture(scope="session")
def published_sample(sample: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published file of the sample."""
    path = tmp_path_factory.mktemp("published") / "published.duckdb"
    publish(sample.path, path)
    return path


@pytest.fixture(scope="session")
def published_empty(sample: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published file whose marts are all there, and all empty."""
    path = tmp_path_factory.mktemp("published_empty") / "published.duckdb"
    publish(sample.path, path, where="false")
    return path


@pytest.fixture(scope="session")
def dashboard_server(published_sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the dashboard over the sample."""
    with served(published_sample, tmp_path_factory.mktemp("dashboard") / "server.log") as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium of the system, without a window."""
    if chromium() is None:
        pytest.skip("no Chromium is installed (Debian and Ubuntu: apt install chromium)")
    with launched() as opened:
        yield opened


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
