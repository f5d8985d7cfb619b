"""Times how long each page of the dashboard takes to be fully shown where there are a million users.

    python -m tests.benchmarks.dashboard [--users 1000000] [--repeats 3] [--warehouse built.duckdb]

Builds the sample, unless a warehouse is named, and publishes it with its users many times over: every mart with one row per user, or
user and something else, has the sample's rows once per copy, under other ids, in no order. The marts of rates, curves and models do not
grow with users and are those of the sample. Then serves the dashboard and opens each page in Chromium until its script has ended and all
its charts are drawn. Prints seconds: of a click on the page in a dashboard that is open, the first one, when every query is made, and the
median and the largest of later ones; and of opening the page's address with an empty cache, where the browser reads all of Streamlit and
Plotly first.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import duckdb
from playwright.sync_api import Browser

from dashboard.views import PAGES
from tests.python.browser import launched
from tests.python.dashboard.browsing import IS_SHOWN, MILLISECONDS_TO_SHOW, WATCH, served, wait_until_shown
from tests.python.warehouse import PROJECT, Warehouse

LIMIT_SECONDS = 2.0


def multiply(warehouse: Path, published: Path, users: int) -> int:
    """Writes the published file with many copies of the users, and returns how many there are."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{warehouse}' as built (read_only)")
        connection.execute(f"attach '{published}' as published")
        few, step = connection.execute("select count(*), max(user_id) + 1 from built.marts.users").fetchall()[0]
        copies = -(-users // few)
        tables = connection.execute(
            """
            select schema_name, table_name, bool_or(column_name = 'user_id')
            from duckdb_columns()
            where database_name = 'built' and schema_name in ('marts', 'lookups')
            group by all
            """
        ).fetchall()
        for schema, table, is_of_users in tables:
            connection.execute(f"create schema if not exists published.{schema}")
            rows = f"select * from built.{schema}.{table}"
            if is_of_users:
                rows = (
                    f"select rows.* replace (rows.user_id + copy * {step} as user_id) "
                    f"from built.{schema}.{table} as rows, range({copies}) as copies (copy) order by hash(rows.user_id, copy)"
                )
            connection.execute(f"create table published.{schema}.{table} as {rows}")
        return int(connection.execute("select count(*) from published.marts.users").fetchall()[0][0])


def seconds(browser: Browser, address: str) -> float:
    """Returns how long a page takes to be fully shown, in a session of its own."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    page = context.new_page()
    begin = time.perf_counter()
    page.goto(address)
    page.wait_for_function(IS_SHOWN, timeout=MILLISECONDS_TO_SHOW, polling=50)
    taken = time.perf_counter() - begin
    context.close()
    return taken


def clicked(browser: Browser, address: str, repeats: int) -> dict[str, list[float]]:
    """Returns how long each page takes to be fully shown after a click in the menu of an open dashboard, for each round of clicks."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    tab = context.new_page()
    tab.goto(address)
    wait_until_shown(tab)
    taken: dict[str, list[float]] = {title: [] for _, title, _ in PAGES}
    for _ in range(repeats):
        # the page that is open comes last, so that every click leads to another one
        for _, title, _ in [*PAGES[1:], PAGES[0]]:
            tab.evaluate(WATCH)
            begin = time.perf_counter()
            tab.get_by_role("link", name=title, exact=True).click()
            is_there = f"window.hasRun && document.querySelector('h1')?.innerText === '{title}' && {IS_SHOWN}"
            tab.wait_for_function(is_there, timeout=MILLISECONDS_TO_SHOW, polling=50)
            taken[title].append(time.perf_counter() - begin)
    context.close()
    return taken


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--warehouse", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        built = arguments.warehouse
        if built is None:
            sample = Warehouse(folder, PROJECT / "sample_data", ("product", "people", "telemetry", "streaming"))
            sample.build()
            built = sample.path
        published = folder / "published.duckdb"
        users = multiply(built, published, arguments.users)
        print(f"{users:,} users, a published file of {published.stat().st_size / 1e6:,.0f} MB")
        with served(published, folder / "server.log") as address, launched() as browser:
            inside = clicked(browser, address, arguments.repeats + 1)
            print(f"{'page':<16} {'click: first':>12} {'median':>7} {'largest':>8} {'empty cache: median':>20} {'largest':>8}")
            for page, title, _ in PAGES:
                first, *later = inside[title]
                opened = [seconds(browser, f"{address}/{'' if page == 'overview' else page}") for _ in range(arguments.repeats)]
                slow = "" if max(first, *later) < LIMIT_SECONDS else f"  a click takes more than {LIMIT_SECONDS:g} s"
                by_click = f"{first:12.2f} {statistics.median(later):7.2f} {max(later):8.2f}"
                print(f"{title:<16} {by_click} {statistics.median(opened):20.2f} {max(opened):8.2f}{slow}", flush=True)


if __name__ == "__main__":
    main()
