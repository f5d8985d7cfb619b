"""The dashboard over the sample, as a reader meets it: one server, one browser, each page loaded once."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.python.dashboard.browsing import publish, wait_until_shown
from tests.python.warehouse import PROJECT, Warehouse

SECONDS_TO_START = 60
BROWSER_OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


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
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("dashboard") / "server.log"
    with log.open("w") as written:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "dashboard/app.py", "--server.port", str(port)],
            cwd=PROJECT,
            env=os.environ | {"PUBLISHED_PATH": str(published_sample)},
            stdout=written,
            stderr=subprocess.STDOUT,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        end = time.monotonic() + SECONDS_TO_START
        while True:
            try:
                urllib.request.urlopen(f"{address}/_stcore/health", timeout=5).close()  # noqa: S310
                break
            except OSError:
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < end, log.read_text()
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium of the system, without a window."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium is installed (Debian and Ubuntu: apt install chromium)")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=list(BROWSER_OPTIONS))
        yield opened
        opened.close()


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
