"""Nothing that a build makes, and nobody reads but the staging schema, holds a person's name or address that stands in the raw tables."""

import csv
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import duckdb
import pytest

from dashboard.published import Published
from report.figures import gather
from report.page import render
from tests.python.macros import call
from tests.python.published import published
from tests.python.warehouse import PROJECT, Run, Warehouse

SOURCES = ("product", "people", "telemetry", "streaming")
# Whatever is planted holds this word; what is written about it does not.
PLANTED = re.compile("planted", re.IGNORECASE)
USERS = 600
# A column of as many different texts as rows is free text under this setting, and one of 40 levels is none.
MAX_LEVELS = 50
# Names of people in these columns make them free text.
FREE_TEXTS = {
    "users": ["name", "creation_source"],
    "user_actions": ["action"],
    "user_profiles": ["hometown"],
    "app_usage": ["country", "app_version"],
    "plays": ["platform", "reason_start"],
}
# Here some rows have an address. Names of tracks, artists and albums are full names of other people in the other rows: they are content, of
# which there are many, and are published.
ADDRESSES = {
    "users": ["email"],
    "user_profiles": ["gender"],
    "app_usage": ["gender", "device_type", "subscription_type", "marketing_source"],
    "plays": ["spotify_track_uri", "track_name", "artist_name", "album_name", "reason_end"],
}
# Columns in which a text rejects the row.
UNREADABLE = {
    "users": ["object_id", "creation_time", "last_session_creation_time", "opted_in_to_mailing_list", "org_id", "invited_by_user_id"],
    "user_engagement": ["user_id", "time_stamp", "visited"],
    "user_profiles": ["user_id", "age"],
    "user_actions": ["user_id", "occurred_at"],
    "app_usage": ["user_id", "age", "sessions_per_week", "rating_given"],
    "plays": ["user_id", "ts", "ms_played", "shuffle", "skipped"],
}


def sound_rows(table: str) -> Iterator[dict[str, str]]:
    """Yields the rows of the first users in a raw table of the sample, without the dirty lines."""
    header, *lines = (PROJECT / "sample_data" / f"{table}.csv").read_text().splitlines()
    columns = header.split(",")
    for line in lines:
        values = next(csv.reader([line]))
        row = dict(zip(columns, values, strict=False))
        user = row.get("object_id" if table == "users" else "user_id", "")
        if line.count('"') % 2 == 0 and len(values) == len(columns) and user.isdigit() and int(user) <= USERS:
            yield row


def planted_rows(table: str) -> Iterator[list[str]]:
    """Yields the rows of a raw table, its header first; people and their addresses stand in every column of text, and as column names."""
    row: dict[str, str] = {}
    for number, row in enumerate(sound_rows(table)):
        if number == 0:
            yield [*row, "remark", "Petra Planted", "petra@planted.example"]
        for column in FREE_TEXTS.get(table, []):
            row[column] = f"Petra{number} Planted"
        for column in ADDRESSES.get(table, []):
            if number % 9 == 0:
                row[column] = f"Petra <petra{number % 40}@planted.example>"
            elif column.endswith("_name"):
                row[column] = f"Content{number} Person"
        yield [*row.values(), f"Petra{number} Planted, petra{number}@planted.example", "", ""]
    for column in UNREADABLE[table]:
        yield [*(row | {column: "Petra Planted <petra@planted.example>"}).values(), "", "", ""]


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns a folder with the six raw tables and what is planted in them, lines that cannot be split included."""
    folder = tmp_path_factory.mktemp("raw")
    for table in UNREADABLE:
        with (folder / f"{table}.csv").open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(planted_rows(table))
            file.write('7,Petra Planted,petra@planted.example,"Petra"Planted"\n')
            file.write(f"Petra Planted{',petra@planted.example' * 40}\n")
    return folder


@pytest.fixture(scope="module")
def built(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Warehouse, Run]:
    """Returns a warehouse that was built whole of these tables, with dbt's debug log and its documentation, and what dbt said."""
    warehouse = Warehouse(tmp_path_factory.mktemp("built"), raw, SOURCES)
    settings = {"max_levels": MAX_LEVELS, "max_rejected_share": 1}
    # PYTHONUTF8: the command itself is called, because the server leaves out what belongs into a debug log
    surroundings = {"DBT_LOG_LEVEL_FILE": "debug", "DBT_WRITE_JSON": "true", "PYTHONUTF8": "1"}
    run = warehouse.build("--threads", "2", settings=settings, **surroundings)
    documented = warehouse.dbt("docs", "generate", "--static", settings=settings, **surroundings)
    assert documented.succeeded, documented.output
    return warehouse, Run(succeeded=True, output=run.output + documented.output)


def holders(path: Path, schemas: tuple[str, ...]) -> list[str]:
    """Returns the columns in some schemas of a DuckDB file that hold something planted, whatever their type."""
    with duckdb.connect(str(path), read_only=True) as connection:
        columns = connection.execute(
            f"select table_schema, table_name, column_name from information_schema.columns where table_schema in {schemas} order by all"
        ).fetchall()
        assert len(columns) > 500
        return [
            f"{schema}.{table}.{column}"
            for schema, table, column in columns
            if connection.execute(f'select bool_or(cast("{column}" as varchar) ilike \'%planted%\') from "{schema}"."{table}"').fetchall()[
                0
            ][0]
        ]


def test_no_mart_and_no_published_table_holds_what_was_planted(built: tuple[Warehouse, Run], tmp_path: Path) -> None:
    """All columns of all marts, and of all tables of the published file, are searched."""
    warehouse, _ = built
    assert holders(warehouse.path, ("marts", "lookups")) == []
    file = published(warehouse, tmp_path / "published.duckdb")
    assert holders(file, ("marts", "lookups", "publication")) == []
    assert not PLANTED.search(file.read_bytes().decode("latin-1"))


def test_no_log_no_target_file_and_no_report_holds_what_was_planted(built: tuple[Warehouse, Run], tmp_path: Path) -> None:
    """The debug log, all files of the target folder with the documentation, what dbt prints, and the report are searched."""
    warehouse, run = built
    files = [path for folder in ("target", "logs") for path in (warehouse.folder / folder).rglob("*") if path.is_file()]
    assert {"dbt.log", "manifest.json", "run_results.json", "catalog.json", "static_index.html"} <= {path.name for path in files}
    assert [path for path in files if PLANTED.search(path.read_bytes().decode("latin-1"))] == []
    assert not PLANTED.search(run.output)
    page = render(gather(Published(published(warehouse, tmp_path / "published.duckdb"))))
    assert not PLANTED.search(page)


def test_what_is_masked_stays_a_row_and_is_counted(built: tuple[Warehouse, Run]) -> None:
    """No row is lost, levels of free text are one, and dbt says for each column how many rows show something else, and what to write."""
    warehouse, run = built
    assert warehouse.rows("select distinct creation_source from marts.users where has_account") == [("(too many levels)",)]
    assert warehouse.rows("select distinct action from marts.user_actions") == [("(too many levels)",)]
    assert warehouse.rows("select distinct reason_start from marts.plays") == [("(too many levels)",)]
    masked, track_names, plays = warehouse.rows(
        """
        select count(*) filter (where reason_end = '(e-mail address)'), count(*) filter (where track_name = '(e-mail address)'), count(*)
        from marts.plays
        """
    )[0]
    assert plays == warehouse.rows("select accepted_rows from marts.source_row_counts where table_name = 'plays'")[0][0]
    assert masked == track_names > plays // 10
    said = " ".join(run.output.split())
    for column in ("users.creation_source", "user_actions.action", "user_profiles.gender", "app_usage.device_type", "plays.track_name"):
        assert re.search(rf"Personal text: \d+ rows of {column} ", said)
    assert f"{masked} rows of plays.reason_end hold an e-mail address" in said
    assert 'inputs: {plays: {columns: {reason_end: "null"}}}' in said
    assert warehouse.rows("select verdict from marts.action_tests where attribute = 'creation_source'") == [("too_many_levels",)]


@pytest.mark.parametrize(
    ("text", "is_masked"),
    [
        ("jane@example.com", True),
        ("Jane Doe <jane.doe+news@mail.example.co.uk>, London", True),
        ("jürgen@müller.de", True),
        ("invite?from=jane%40example.com", True),
        ("first line\njane@example.com", True),
        ("me @ home", False),
        ("@jane", False),
        ("react@18.2.0", False),
        ("40 % at 5%40", False),
        ("ORG_INVITE", False),
        (None, False),
    ],
)
def test_what_looks_like_an_address(text: str | None, is_masked: bool) -> None:
    """Addresses anywhere in a text, also in links, are masked; versions, names in a network and plain texts are not."""
    sql = call("public_text", {}, "raw.text", matches=partial(call, "default__matches", {}))
    with duckdb.connect() as connection:
        shown = connection.execute(f"select {sql} from (select cast(? as varchar) as text) as raw", [text]).fetchall()
    assert shown == [("(e-mail address)" if is_masked else text,)]


def test_names_in_errors_are_few_and_short_and_no_values() -> None:
    """A header is printed, shortened; the first row of a file without one is not."""
    assert call("shown_names", {}, ["user_id", "Plan Name", "signed up at"]) == "user_id, Plan Name, signed up at"
    assert call("shown_names", {}, ["a" * 61]) == "a" * 60 + "..."
    assert call("shown_names", {}, [f"c{number}" for number in range(5000)]).endswith(", c18, c19 ... and 4980 more")
    hidden = "(3 names that look like the values of a row: its first line is no header)"
    dates = ("2025-01-31 10:00:00", "31/01/2025")
    for value in ("jane@example.com", "Jane <jane%40example.com>", "17", "-3.5", *dates, "0b5e3f0a-1c2d-4e5f-8a9b-0c1d2e3f4a5b"):
        assert call("shown_names", {}, ["Jane Doe", value, "SIGNUP"]) == hidden
    assert call("shown_names", {}, ["Jane Doe;2025-01-31;SIGNUP"]).startswith("(1 names")
    for name in ("q1", "2nd_choice", "address2", "react@18.2.0", "week 40", "user_id;action"):
        assert call("shown_names", {}, [name]) == name
