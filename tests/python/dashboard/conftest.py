"""The dashboard over the sample, as a reader meets it: one server, one browser."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.python.dashboard.browsing import served, wait_until_shown


@pytest.fixture(scope="session")
def dashboard_server(published_sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the dashboard over the sample."""
    with served(published_sample, tmp_path_factory.mktemp("dashboard") / "server.log") as address:
        yield address


@pytest.fixture(scope="session")
def asked() -> list[str]:
    """The addresses that pages of the window have asked for so far."""
    return []


@pytest.fixture(scope="session")
def complaints() -> list[str]:
    """What pages of the window have done so far against the policy that they were sent with, in the words of the browser."""
    return []


@pytest.fixture(scope="session")
def window(browser: Browser, asked: list[str], complaints: list[str]) -> Iterator[BrowserContext]:
    """A window 1440 pixels wide; its pages share what the browser keeps, and nothing else."""
    with browser.new_context(viewport={"width": 1440, "height": 1000}) as context:
        context.on("request", lambda request: asked.append(request.url))
        context.on("console", lambda told: complaints.append(told.text) if "Content Security Policy" in told.text else None)
        context.on("weberror", lambda failure: complaints.append(str(failure.error)))
        yield context


def opened(window: BrowserContext, server: str, name: str) -> Page:
    """Opens a page of the dashboard, and waits until it is shown."""
    page = window.new_page()
    page.goto(f"{server}/{'' if name == 'overview' else name}")
    wait_until_shown(page)
    return page


@pytest.fixture(scope="session")
def visit(window: BrowserContext, dashboard_server: str) -> Callable[[str], Page]:
    """Returns a page of the dashboard by its file's name, fully shown; loaded once, so only for tests that change nothing."""
    visited: dict[str, Page] = {}

    def page_of(name: str) -> Page:
        if name not in visited:
            visited[name] = opened(window, dashboard_server, name)
        return visited[name]

    return page_of


@pytest.fixture
def visit_alone(window: BrowserContext, dashboard_server: str) -> Iterator[Callable[[str], Page]]:
    """Returns a page of the dashboard that no other test sees, for tests that click and type."""
    visited: list[Page] = []

    def page_of(name: str) -> Page:
        visited.append(opened(window, dashboard_server, name))
        return visited[-1]

    yield page_of
    for page in visited:
        page.close()
