"""What tests of the dashboard do with files and pages."""

import csv
import io
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page

from tests.python.warehouse import PROJECT

SECONDS_TO_START = 60
MILLISECONDS_TO_SHOW = 30_000
# the script has run to its end, nothing is still a placeholder, and every chart is drawn
IS_SHOWN = """
document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'
&& document.querySelector('h1') !== null
&& document.querySelector('[data-testid=stSkeleton]') === null
&& [...document.querySelectorAll('[data-testid=stPlotlyChart]')].every(chart => chart.querySelector('.main-svg') !== null)
"""

# notes that the script runs, however short
WATCH = """
() => {
    window.hasRun = false
    window.watch?.disconnect()
    window.watch = new MutationObserver(() => { window.hasRun = true })
    window.watch.observe(document, {subtree: true, attributeFilter: ["data-test-script-state"]})
}
"""


@contextmanager
def served(published: Path, log: Path, script: str = "dashboard/app.py", **environment: str) -> Iterator[str]:
    """Serves the dashboard, or another script of Streamlit, over a published file, and gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with log.open("w") as written:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", script, "--server.port", str(port)],
            cwd=PROJECT,
            env=os.environ | {"PUBLISHED_PATH": str(published), "PYTHONPATH": str(PROJECT)} | environment,
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


def wait_until_shown(page: Page) -> None:
    """Waits until the script of the page has run to its end."""
    page.wait_for_function(IS_SHOWN, timeout=MILLISECONDS_TO_SHOW)
    # what is new fades in
    page.wait_for_timeout(300)


@contextmanager
def rerun(page: Page) -> Iterator[None]:
    """Does what makes the script of the page run again, and waits until it has run to its end."""
    page.evaluate(WATCH)
    yield
    page.wait_for_function("window.hasRun", timeout=MILLISECONDS_TO_SHOW)
    wait_until_shown(page)


def text_of(page: Page) -> str:
    """Returns what the page says, with what its charts say."""
    told = page.locator("[aria-label]").evaluate_all("parts => parts.map(part => part.ariaLabel)")
    return "\n".join([page.inner_text("body"), *told])


def choose(page: Page, label: str, option: str) -> None:
    """Chooses an option of a list, and waits for what it changes."""
    box = page.get_by_role("combobox", name=label).first
    # a list closes when the page scrolls
    box.scroll_into_view_if_needed()
    page.wait_for_timeout(200)
    box.click()
    with rerun(page):
        page.get_by_role("option", name=option, exact=True).click()


def download(page: Page, table: str) -> list[list[str]]:
    """Opens a folded table and returns the rows of its file."""
    page.get_by_text(f"Table: {table}").click()
    button = page.get_by_role("button", name="Download CSV")
    button.wait_for()
    with page.expect_download() as awaited:
        button.click()
    return list(csv.reader(io.StringIO(Path(awaited.value.path()).read_text())))
