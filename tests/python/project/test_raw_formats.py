"""The same small tables in every form in which they may be delivered give the same marts."""

import csv
import gzip
import io
import random
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.python.warehouse import LOGIN_AREAS, Warehouse

Row = dict[str, Any]

FIRST_DAY = datetime(2025, 1, 1)
AS_OF = date(2025, 6, 30)
SETTINGS = {"as_of": str(AS_OF)}
SOURCES = ["SIGNUP", "RÉFÉRENCE", "Größe", 'partner, "north"', None]


def drawn_tables() -> tuple[list[Row], list[Row]]:
    """Draws 60 accounts and 600 logins, few of them from many users and many from few; some logins are of users without an account."""
    draw = random.Random(7)
    users = [
        {
            "object_id": user,
            "creation_time": FIRST_DAY + timedelta(seconds=draw.randrange(100 * 86_400)),
            "name": f"Zoé {user}",
            "email": f"zoe{user}@example.com",
            "creation_source": SOURCES[user % len(SOURCES)],
            "last_session_creation_time": None if user % 7 == 0 else 1_750_000_000 + user,
            "opted_in_to_mailing_list": user % 2,
            "enabled_for_marketing_drip": user % 3 % 2,
            "org_id": None if user % 4 == 0 else user % 5,
            "invited_by_user_id": user - 1 if user % 6 == 1 and user > 1 else None,
        }
        for user in range(1, 61)
    ]
    logins = [
        {
            "time_stamp": FIRST_DAY + timedelta(seconds=draw.randrange(180 * 86_400)),
            "user_id": min(int(draw.paretovariate(0.6)), 62),
            "visited": 1,
        }
        for _ in range(600)
    ]
    return users, logins


USERS, LOGINS = drawn_tables()


def csv_text(rows: list[Row], columns: Mapping[str, str] | None = None, end: str = "\n", quoting: int = csv.QUOTE_MINIMAL) -> str:
    """Returns rows as a CSV table; `columns` says which of them are written, and under which names."""
    columns = columns or {name: name for name in rows[0]}
    file = io.StringIO()
    writer = csv.writer(file, lineterminator=end, quoting=quoting)  # type: ignore[arg-type]
    writer.writerow(columns.values())
    writer.writerows([row[name] for name in columns] for row in rows)
    return file.getvalue()


def adopted_on(days: set[date]) -> date | None:
    """Returns the first day on which a user had been active on 3 of the last 7 days, that day included."""
    for day in sorted(days):
        if sum(day - timedelta(days=back) in days for back in range(7)) >= 3:
            return day
    return None


def days_of(user: int) -> set[date]:
    """Returns the days on which a user logged in."""
    return {login["time_stamp"].date() for login in LOGINS if login["user_id"] == user}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The warehouse of two plain CSV files in UTF-8; not to be written to."""
    folder = tmp_path_factory.mktemp("plain")
    (folder / "users.csv").write_bytes(csv_text(USERS).encode())
    (folder / "user_engagement.csv").write_bytes(csv_text(LOGINS).encode())
    warehouse = Warehouse(folder / "warehouse", folder)
    run = warehouse.build(areas=LOGIN_AREAS, settings=SETTINGS)
    assert "is not valid UTF-8" not in run.output
    return warehouse


def test_plain_files_give_what_the_definitions_say(plain: Warehouse) -> None:
    """Every user's adoption, found in a loop over the logins."""
    known = {user["object_id"] for user in USERS}
    everybody = known | {login["user_id"] for login in LOGINS}
    expected = [(user, user in known, adopted_on(days_of(user)), len(days_of(user))) for user in sorted(everybody)]
    assert any(day for _, _, day, _ in expected)
    assert not all(has_account for _, has_account, _, _ in expected)
    assert plain.rows("select user_id, has_account, adopted_on, active_days from marts.user_adoption order by user_id") == expected
    assert plain.rows("select user_id, creation_source from marts.users where has_account order by user_id") == [
        (user["object_id"], user["creation_source"]) for user in USERS
    ]


Delivery = Callable[[Path], tuple[dict[str, Any], dict[str, str]]]


def lines_end_in_crlf_and_a_mark_comes_first(folder: Path) -> tuple[dict[str, Any], dict[str, str]]:
    (folder / "users.csv").write_bytes(csv_text(USERS, end="\r\n").encode())
    (folder / "user_engagement.csv").write_bytes(csv_text(LOGINS).encode("utf-8-sig"))
    return {}, {}


def latin_1_and_utf_16(folder: Path) -> tuple[dict[str, Any], dict[str, str]]:
    (folder / "users.csv").write_bytes(csv_text(USERS).encode("latin-1"))
    (folder / "user_engagement.csv").write_bytes(csv_text(LOGINS).encode("utf-16"))
    return {}, {}


def utf_16_and_both_a_mark_and_crlf(folder: Path) -> tuple[dict[str, Any], dict[str, str]]:
    (folder / "users.csv").write_bytes(csv_text(USERS).encode("utf-16"))
    (folder / "user_engagement.csv").write_bytes(csv_text(LOGINS, end="\r\n").encode("utf-8-sig"))
    return {}, {}


def latin_1_behind_a_mark_of_utf_8_and_a_compressed_file(folder: Path) -> tuple[dict[str, Any], dict[str, str]]:
    (folder / "users.csv").write_bytes(b"\xef\xbb\xbf" + csv_text(USERS, quoting=csv.QUOTE_ALL).encode("latin-1"))
    (folder / "logins.csv.gz").write_bytes(gzip.compress(csv_text(LOGINS).encode()))
    return {"inputs": {"user_engagement": {"from": "logins.csv.gz"}}}, {}


def other_columns_in_another_order(folder: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """With columns of the company's own, some of them named as the reader names its own; every field is quoted."""
    own = ["source_file", "source_row", "raw_text", "reading_problem", "line", "filename", "fields", "line_number", "is_excluded"]
    users = [row | dict.fromkeys(own, "theirs") for row in USERS]
    logins = [row | dict.fromkeys(own, "theirs") for row in LOGINS]
    backwards = {name: name.title() for name in reversed(users[0])}
    (folder / "users.csv").write_text(csv_text(users, backwards, quoting=csv.QUOTE_ALL))
    (folder / "user_engagement.csv").write_text(csv_text(logins, {name: name.upper() for name in [*own, *LOGINS[0]]}))
    return {}, {}


def write_parquet(path: Path, rows: list[Row], **types: pa.DataType) -> None:
    """Writes rows as a Parquet file in which the named columns have the given types."""
    columns = {}
    for name in rows[0]:
        values = [row[name] for row in rows]
        columns[name] = pa.array(values).cast(types[name]) if name in types else pa.array(values)
    pq.write_table(pa.table(columns), path)


def parquet_with_integers_and_zoned_times(folder: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """Flags are integers of 32 bits; times carry the zone of New York."""
    zoned = [row | {"time_stamp": row["time_stamp"].replace(tzinfo=UTC)} for row in LOGINS]
    write_parquet(
        folder / "users.parquet", USERS, opted_in_to_mailing_list=pa.int32(), enabled_for_marketing_drip=pa.int32(), org_id=pa.int64()
    )
    write_parquet(folder / "user_engagement.parquet", zoned, time_stamp=pa.timestamp("us", "America/New_York"), visited=pa.bool_())
    return {}, {"RAW_FORMAT": "parquet"}


def parquet_with_floats_and_booleans(folder: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """Ids are floats and NaN where there is none, as dataframes have them; the last session is a time."""
    nan = float("nan")
    users = [
        row
        | {
            "object_id": float(row["object_id"]),
            "creation_time": row["creation_time"].replace(tzinfo=UTC),
            "last_session_creation_time": row["last_session_creation_time"]
            and datetime.fromtimestamp(row["last_session_creation_time"], UTC).replace(tzinfo=None),
            "org_id": nan if row["org_id"] is None else float(row["org_id"]),
            "invited_by_user_id": nan if row["invited_by_user_id"] is None else float(row["invited_by_user_id"]),
        }
        for row in USERS
    ]
    write_parquet(
        folder / "users.parquet",
        users,
        creation_time=pa.timestamp("ms", "Asia/Tokyo"),
        opted_in_to_mailing_list=pa.bool_(),
        enabled_for_marketing_drip=pa.bool_(),
    )
    write_parquet(folder / "user_engagement.parquet", LOGINS, time_stamp=pa.timestamp("ns"), user_id=pa.int32(), visited=pa.int8())
    return {}, {"RAW_FORMAT": "parquet"}


def tables_of_a_database(folder: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """The company's names, and a table of events of which logins are one kind."""
    events = pa.Table.from_pylist([row | {"event": "login"} for row in LOGINS] + [row | {"event": "logout"} for row in LOGINS])
    customers = pa.Table.from_pylist(USERS)
    with duckdb.connect(str(folder / "crm.duckdb")) as connection:
        connection.register("events", events)
        connection.register("customers", customers)
        connection.execute("create table main.customers as select object_id as id, * rename (creation_time as joined) from customers")
        connection.execute("create table main.events as select * from events")
    inputs = {
        "users": {"from": "crm.main.customers", "columns": {"object_id": "id", "creation_time": "joined"}},
        "user_engagement": {"from": "crm.main.events", "only": "event = 'login'"},
    }
    return {"attached_databases": {"crm": str(folder / "crm.duckdb")}, "inputs": inputs}, {}


@pytest.mark.parametrize(
    ("deliver", "is_warned"),
    [
        (lines_end_in_crlf_and_a_mark_comes_first, False),
        (latin_1_and_utf_16, True),
        (utf_16_and_both_a_mark_and_crlf, False),
        (latin_1_behind_a_mark_of_utf_8_and_a_compressed_file, True),
        (other_columns_in_another_order, False),
        (parquet_with_integers_and_zoned_times, False),
        (parquet_with_floats_and_booleans, False),
        (tables_of_a_database, False),
    ],
)
def test_another_form_gives_the_same_marts(plain: Warehouse, folder: Path, tmp_path: Path, deliver: Delivery, is_warned: bool) -> None:
    """A file that is read as Latin-1 for want of UTF-8 is named in a warning."""
    folder.mkdir()
    settings, environment = deliver(folder)
    warehouse = Warehouse(tmp_path / "warehouse", folder)
    # marts that equal those of the plain tables pass the data tests that those have passed
    run = warehouse.build("--exclude-resource-type", "test", areas=LOGIN_AREAS, settings=SETTINGS | settings, **environment)
    assert warehouse.marts("row_number", "source_file") == plain.marts("row_number", "source_file")
    assert (f"product.users: {folder}/users.csv is not valid UTF-8" in run.output) == is_warned


def test_files_of_a_glob_are_one_table(plain: Warehouse, folder: Path, tmp_path: Path) -> None:
    """Rejected rows name the file and the line in it; the first file ends without an end of line, the last in the middle of a row."""
    folder.mkdir()
    (folder / "users_a.csv").write_text(csv_text(USERS[:20], end="\r\n"))
    (folder / "users_b.csv").write_text(csv_text(USERS[20:]))
    (folder / "logins_1.csv").write_text(csv_text(LOGINS[:200]).rstrip("\n"))
    lines = csv_text(LOGINS[200:400]).splitlines()
    (folder / "logins_2.csv").write_text("\n".join([*lines[:4], "2025-02-01 10:00:00,nobody,1", *lines[4:], ""]))
    (folder / "logins_3.csv").write_text(csv_text(LOGINS[400:]) + "2025-06-01 1")
    (folder / "logins_4.csv").write_text("time_stamp,user_id,visited")
    inputs = {"users": {"from": "users_*.csv"}, "user_engagement": {"from": "logins_*.csv"}}
    warehouse = Warehouse(tmp_path / "warehouse", folder)
    warehouse.build(areas=LOGIN_AREAS, settings=SETTINGS | {"inputs": inputs})

    marts, expected = warehouse.marts(), plain.marts()
    assert marts.pop("rejected_rows") == [
        (
            "product",
            "user_engagement",
            "logins_2.csv",
            5,
            "user_id",
            "not a whole number (for ids of another form set id_type: text)",
        ),
        ("product", "user_engagement", "logins_3.csv", 202, None, "wrong number of fields: 3 expected"),
    ]
    assert expected.pop("rejected_rows") == []
    assert [row[1:6] for row in marts.pop("source_row_counts")] == [("user_engagement", 602, 600, 2, 0), ("users", 60, 60, 0, 0)]
    assert [row[1:6] for row in expected.pop("source_row_counts")] == [("user_engagement", 600, 600, 0, 0), ("users", 60, 60, 0, 0)]
    assert marts == expected


def test_a_file_of_a_glob_with_another_header_stops_the_build(folder: Path, tmp_path: Path) -> None:
    """Both files and both headers are named."""
    folder.mkdir()
    (folder / "logins_1.csv").write_text(csv_text(LOGINS[:5]))
    (folder / "logins_2.csv").write_text(csv_text(LOGINS[5:], {"user_id": "user_id", "time_stamp": "time_stamp"}))
    settings = {"inputs": {"user_engagement": {"from": "logins_*.csv"}}}
    run = Warehouse(tmp_path / "warehouse", folder).dbt("run", "--select", "base_product__user_engagement", settings=settings)
    assert not run.succeeded
    assert (
        f"product.user_engagement: the header of {folder}/logins_2.csv (user_id, time_stamp) is not that of "
        f"{folder}/logins_1.csv (time_stamp, user_id, visited)"
    ) in run.output


def test_a_log_of_events_is_enough(plain: Warehouse, folder: Path, tmp_path: Path) -> None:
    """Without a table of accounts a query makes one: a user signs up with the first event."""
    folder.mkdir()
    events = [{"happened_at": row["time_stamp"], "who": row["user_id"], "event": "login"} for row in LOGINS]
    events += [{"happened_at": row["creation_time"], "who": row["object_id"], "event": "signup"} for row in USERS]
    (folder / "events.csv").write_text(csv_text(events))
    inputs = {
        "users": {
            "from": f"(select who as object_id, min(happened_at) as creation_time from read_csv('{folder}/events.csv') group by who)"
        },
        "user_engagement": {"from": "events.csv", "columns": {"time_stamp": "happened_at", "user_id": "who"}, "only": "event = 'login'"},
    }
    warehouse = Warehouse(tmp_path / "warehouse", folder)
    warehouse.build(areas=LOGIN_AREAS, settings=SETTINGS | {"inputs": inputs})

    first_events = {user: min(row["happened_at"] for row in events if row["who"] == user) for user in {row["who"] for row in events}}
    assert warehouse.rows("select user_id, has_account, created_at, adopted_on from marts.user_adoption order by user_id") == [
        (user, True, first_events[user], adopted_on(days_of(user))) for user in sorted(first_events)
    ]
    assert warehouse.marts()["user_activity_days"] == plain.marts()["user_activity_days"]
    assert warehouse.rows("select distinct creation_source, org_id, invited_by_user_id, last_session_at from marts.users") == [
        (None, None, None, None)
    ]
