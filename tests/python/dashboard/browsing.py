"""What tests of the dashboard do with files and pages."""

import csv
import io
from pathlib import Path

import duckdb
from playwright.sync_api import Page

MILLISECONDS_TO_SHOW = 30_000
IS_SHOWN = (
    "document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning' && document.querySelector('h1') !== null"
)


def publish(warehouse: Path, published: Path, where: str = "true") -> None:
    """Writes marts and lookups into a file of their own; the marts with the rows that a condition leaves."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{warehouse}' as built (read_only)")
        connection.execute(f"attach '{published}' as published")
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'built' and schema_name in ('marts', 'lookups')"
        ).fetchall()
        for schema, table in tables:
            connection.execute(f"create schema if not exists published.{schema}")
            rows = where if schema == "marts" else "true"
            connection.execute(f"create table published.{schema}.{table} as select * from built.{schema}.{table} where {rows}")


def wait_until_shown(page: Page) -> None:
    """Waits until the script of the page has run to its end."""
    page.wait_for_function(IS_SHOWN, timeout=MILLISECONDS_TO_SHOW)
    # what is new fades in
    page.wait_for_timeout(300)


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
    page.get_by_role("option", name=option, exact=True).click()
    page.wait_for_timeout(200)
    wait_until_shown(page)


def download(page: Page, table: str) -> list[list[str]]:
    """Opens a folded table and returns the rows of its file."""
    page.get_by_text(f"Table: {table}").click()
    button = page.get_by_role("button", name="Download CSV")
    button.wait_for()
    with page.expect_download() as awaited:
        button.click()
    return list(csv.reader(io.StringIO(Path(awaited.value.path()).read_text())))
