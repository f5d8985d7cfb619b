"""Times how long each page of the dashboard takes to be fully shown where there are a million users.

    python -m tests.benchmarks.dashboard [--users 1000000] [--repeats 3] [--warehouse built.duckdb]

Builds the sample, unless a warehouse is named, and publishes it with its users many times over: every mart with one row per user, or
user and something else, has the sample's rows once per copy, under other ids, in no order. The marts of rates, curves and models do not
grow with users and are those of the sample. Then serves the dashboard and opens each page in Chromium, each time in a fresh session with
an empty cache, until its script has ended and all its charts are drawn. Prints seconds: of the first visit, when every query is made,
and the median and the largest of later ones.
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
from tests.python.dashboard.browsing import IS_SHOWN, MILLISECONDS_TO_SHOW, served
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
            print(f"first page of a server that has just started: {seconds(browser, f'{address}/quality'):.2f} s")
            print(f"{'page':<12} {'first':>6} {'median':>7} {'largest':>8}")
            for page, _, _ in PAGES:
                first, *later = [seconds(browser, f"{address}/{'' if page == 'overview' else page}") for _ in range(arguments.repeats + 1)]
                slow = "" if max(first, *later) < LIMIT_SECONDS else f"  above {LIMIT_SECONDS:g} s"
                print(f"{page:<12} {first:6.2f} {statistics.median(later):7.2f} {max(later):8.2f}{slow}", flush=True)


if __name__ == "__main__":
    main()
