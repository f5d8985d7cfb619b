"""`make forget`: planted people are in the files before it, and in none after it; everybody else stays what they were."""

import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dbt.adapters.duckdb.credentials import DuckDBCredentials

from publishing.settings import Settings
from tests.python.project.test_segment_history import FIRST, FIT, WITHOUT_TESTS, delivered, drawn
from tests.python.published import published_copy
from tests.python.warehouse import PARSED, Warehouse, different
from upkeep import forgetting
from upkeep.backups import back_up, backups_folder
from upkeep.errors import InUseError, UpkeepError
from upkeep.files import database_name
from upkeep.people import People
from upkeep.traces import stands_in_bytes, traces_in_tables

SELECTED = ("--select", "+users", "+segment_migrations")
ERASED = (7, 17)
INVITER = 27
# stands in a column that marts keep; an e-mail address would be masked there
TEXT = "Jane Roe of Planted Street"


def deliver(raw: Path, users: Iterable[int]) -> None:
    """Writes the raw tables of some users. One of the erased has a text in a column that marts keep, one invited somebody who stays."""
    delivered(raw, drawn().loc[list(users)], FIRST)
    accounts = raw / "users.csv"
    head, *lines = accounts.read_text().splitlines()
    rows = [f"{line},{TEXT if line.startswith('7,') else 'SIGNUP'},{INVITER if line.startswith('30,') else ''}" for line in lines]
    accounts.write_text("\n".join([f"{head},creation_source,invited_by_user_id", *rows, ""]))
    logins = raw / "user_engagement.csv"
    logins.write_text(logins.read_text() + "".join(f"{FIRST} 10:00:00,{user},1\n" for user in users))


def everybody() -> list[int]:
    """Returns the users of the first build."""
    return [int(user) for user in drawn().index]


def build(warehouse: Warehouse) -> None:
    """Builds without tests."""
    run = warehouse.dbt(*WITHOUT_TESTS, *SELECTED, settings=FIT)
    assert run.succeeded, run.output


def users_in(path: Path) -> dict[str, int]:
    """Returns how many rows of erased people stand in each table of a file that has any."""
    with duckdb.connect(str(path), read_only=True) as connection:
        tables = connection.execute(
            "select schema_name, table_name from duckdb_columns() semi join duckdb_tables() using (schema_name, table_name)"
            " where column_name = 'user_id'"
        ).fetchall()
        counts = {
            f"{schema}.{table}": connection.execute(f"select count(*) from {schema}.{table} where user_id in {ERASED}").fetchall()[0][0]
            for schema, table in tables
        }
    return {table: count for table, count in counts.items() if count}


class Place:
    """A warehouse, its published file, a backup, a log and a target folder, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.warehouse = Warehouse(folder / "now", folder / "raw", ("product", "telemetry"))
        self.warehouse.folder.mkdir()
        self.published = self.warehouse.folder / "published.duckdb"
        self.settings = Settings(self.warehouse.path, self.published, self.warehouse.folder / "target" / "publish", ())
        self.logs = self.warehouse.folder / "logs"

    def publish(self) -> None:
        """Puts a new version into the place of the published file."""
        self.published.unlink(missing_ok=True)
        with duckdb.connect(str(self.warehouse.path), read_only=True) as connection:
            tables = {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()}
        published_copy(self.warehouse.path, self.published, tables)

    def built(self, *_: Any) -> bool:
        """Builds and publishes."""
        build(self.warehouse)
        self.publish()
        return True

    def files(self) -> list[Path]:
        """Returns all files that the project has made."""
        return [path for path in self.warehouse.folder.rglob("*") if path.is_file()]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Built, published and backed up with everybody; then rows were deleted, and the warehouse was built again."""
    made = Place(tmp_path_factory.mktemp("forget"))
    deliver(made.warehouse.raw, everybody())
    made.built()
    back_up(made.warehouse.path)
    made.logs.mkdir(exist_ok=True)
    (made.logs / "dbt.log").write_text(f"a failure: {TEXT}")
    deliver(made.warehouse.raw, [user for user in everybody() if user not in (*ERASED, INVITER)])
    build(made.warehouse)
    return made


def test_erased_people_are_gone_from_all_files(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A build alone leaves them in its own bytes, in the published file, backups and logs; forgetting leaves them nowhere."""
    backup = backups_folder(place.warehouse.path) / "latest.duckdb"
    assert "intermediate.segment_memberships" in users_in(backup)
    assert users_in(place.warehouse.path) == {}
    assert users_in(place.published)
    assert {place.warehouse.path, place.published, place.logs / "dbt.log"} <= {
        path for path in place.files() if stands_in_bytes(path, [TEXT])
    }

    monkeypatch.setattr(forgetting, "built", place.built)
    monkeypatch.setenv("DBT_LOG_PATH", str(place.logs))
    monkeypatch.chdir(tmp_path)
    kept = place.warehouse.marts()
    assert forgetting.forget(place.settings, None, [str(user) for user in ERASED], [TEXT.lower()]) == 0
    receipt = capsys.readouterr().out
    # the inviter is still in the raw row of somebody who stays
    assert "2 users and 1 texts were to be gone" in receipt
    assert "found: nothing" in receipt
    assert TEXT.lower() not in receipt.lower()
    for path in (place.warehouse.path, place.published, backup):
        assert f"{path} (" in receipt
        assert users_in(path) == {}
    assert [path for path in place.files() if stands_in_bytes(path, [TEXT])] == []

    # forgetting has removed what dbt had read of the project
    PARSED.clear()
    clean = Warehouse(tmp_path / "clean", place.warehouse.raw, place.warehouse.sources)
    clean.folder.mkdir()
    build(clean)
    assert different(kept, place.warehouse.marts()) == []
    # segments keep the numbers that they had when they were of other sizes
    numbers = ("segment_id", "runner_up_segment_id")
    assert different(clean.marts(*numbers), place.warehouse.marts(*numbers)) == []


def test_a_file_that_was_written_anew_is_built_upon(place: Place) -> None:
    """Its views, constraints and comments are those of the old one, and a part of it can be built."""
    run = place.warehouse.dbt("run", "--select", "stg_product__users", "users", settings=FIT)
    assert run.succeeded, run.output
    assert place.warehouse.rows("select count(*) from staging.stg_product__users") == [(len(everybody()) - 3,)]
    assert place.warehouse.rows("select count(*) > 10 from duckdb_columns() where comment is not null") == [(True,)]
    assert place.warehouse.rows("select count(*) > 10 from duckdb_constraints() where constraint_type = 'NOT NULL'") == [(True,)]


def filled(path: Path, table: str, *rows: tuple[Any, ...], columns: str = "user_id bigint") -> Path:
    """Makes a file with one table, and returns it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(path)) as connection:
        schema, _, _ = table.partition(".")
        connection.execute(f"create schema if not exists {schema}; create table {table} ({columns})")
        for row in rows:
            connection.execute(f"insert into {table} values ({', '.join('?' * len(row))})", row)
    return path


def test_who_is_still_in_a_raw_table_stops_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the table, whoever is only an inviter included; nothing is written anew."""
    columns = "user_id bigint, invited_by_user_id bigint, source_file varchar"
    warehouse = filled(tmp_path / "warehouse.duckdb", "staging.stg_product__user_rows", (1, 17, "users.csv"), columns=columns)
    before = warehouse.read_bytes()
    monkeypatch.setattr(forgetting, "built", lambda *_: True)
    settings = Settings(warehouse, tmp_path / "published.duckdb", tmp_path / "target" / "publish", ())
    with pytest.raises(UpkeepError, match=r"USERS names 17, who is still in users.csv. Delete the rows there first"):
        forgetting.forget(settings, None, ["17"], [])
    assert warehouse.read_bytes() == before


def test_what_is_still_there_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """An id in a table that no model makes any more, a text in the target folder: exit code 1, and where, without naming either."""
    warehouse = filled(tmp_path / "warehouse.duckdb", "marts.forgotten", (4711,), (1,))
    filled(warehouse, "staging.stg_product__user_rows", (1, "users.csv"), columns="user_id bigint, source_file varchar")
    other = tmp_path / "target" / "of_another_tool.txt"
    other.parent.mkdir()
    other.write_bytes("Jané Doe".encode("utf-16-le"))
    monkeypatch.setattr(forgetting, "built", lambda *_: True)
    monkeypatch.setenv("DBT_LOG_PATH", str(tmp_path / "logs"))
    monkeypatch.chdir(tmp_path)
    settings = Settings(warehouse, tmp_path / "published.duckdb", tmp_path / "target" / "publish", ())
    assert forgetting.forget(settings, None, [], ["Jané Doe"]) == 1
    receipt = capsys.readouterr().out
    assert f"found: an id in marts.forgotten of {warehouse}" in receipt
    assert f"found: a text in the bytes of {other}" in receipt
    assert "4711" not in receipt.replace(str(tmp_path), "")
    assert "Jan" not in receipt.replace(str(tmp_path), "")


def test_raw_tables_of_other_databases_are_asked(tmp_path: Path) -> None:
    """Rows that are only looked at through a view, of a database of the company's: whoever stands there is not erased."""
    crm = filled(tmp_path / "crm.duckdb", "main.accounts", (17,))
    warehouse = filled(tmp_path / "warehouse.duckdb", "marts.users", (17,), (18,))
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(f"attach '{crm}' as crm; create schema staging; create view staging.base as from crm.main.accounts")
        connection.execute(
            "create view staging.stg_product__user_rows as select user_id, 'accounts' as source_file from warehouse.staging.base"
        )
    people = People()
    people.note(warehouse)
    people.compare(warehouse, [], {"crm": str(crm)})
    assert people.connection.execute("from erased").fetchall() == [("18",)]


def small(path: Path, *users: int) -> Path:
    """Makes a warehouse with some users in its history and one, who stays, in its raw table, and a backup of it."""
    filled(path, "intermediate.segment_memberships", *((user,) for user in users))
    filled(path, "staging.stg_product__user_rows", (1, "users.csv"), columns="user_id bigint, source_file varchar")
    back_up(path)
    return path


def left(path: Path) -> list[int]:
    """Returns the users in the history of a file."""
    with duckdb.connect(str(path), read_only=True) as connection:
        return [user for (user,) in connection.execute("select user_id from intermediate.segment_memberships order by 1").fetchall()]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Those of a warehouse with the users 1 and 17, of whom the build deletes 17."""
    warehouse = small(tmp_path / "warehouse.duckdb", 1, 17)

    def built(*_: Any) -> bool:
        with duckdb.connect(str(warehouse)) as connection:
            connection.execute("delete from intermediate.segment_memberships where user_id = 17")
        return True

    monkeypatch.setattr(forgetting, "built", built)
    monkeypatch.setenv("DBT_LOG_PATH", str(tmp_path / "logs"))
    monkeypatch.chdir(tmp_path)
    return Settings(warehouse, tmp_path / "published.duckdb", tmp_path / "target" / "publish", ())


def test_other_files_among_the_backups_stay(settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Backups of another warehouse, also where they lie in this one's folder, and DuckDB files of anybody: not one byte changes."""
    own = backups_folder(settings.warehouse)
    other = small(tmp_path / "other.duckdb", 17, 99)
    stray = filled(own / "stray.duckdb", "main.mine", (17,))
    text = own / "text.duckdb"
    text.write_text("no database")
    taken = own / "taken.duckdb"
    taken.write_bytes((backups_folder(other) / "latest.duckdb").read_bytes())
    flat = filled(tmp_path / "backups" / "flat.duckdb", "main.mine", (17,))
    others = [other, stray, text, taken, flat, *backups_folder(other).iterdir()]
    before = [path.read_bytes() for path in others]
    assert forgetting.forget(settings, None, ["17"], []) == 0
    receipt = capsys.readouterr().out
    assert [path.read_bytes() for path in others] == before
    for path in (stray, text, taken):
        assert f"left as it is: {path}, because it is no backup of this warehouse" in receipt
    assert receipt.count("left as it is") == 3
    for path in set(own.iterdir()) - {stray, text, taken}:
        assert left(path) == [1]


def test_warehouses_that_look_back_are_removed(settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With their logs, also where only those are left; their backups are written anew; files with other names stay."""
    past = small(tmp_path / "as_of_2025-06-30.duckdb", 1, 17)
    only_log = tmp_path / "as_of_2025-05-31.duckdb.wal"
    only_log.write_text("rows")
    spilled = tmp_path / "as_of_2025-06-30.duckdb.tmp"
    spilled.mkdir()
    (spilled / "rows").write_text("rows")
    named = small(tmp_path / "as_of_old.duckdb", 17)
    assert forgetting.forget(settings, None, ["17"], []) == 0
    receipt = capsys.readouterr().out
    assert [path.name for path in sorted(tmp_path.glob("as_of_*"))] == [named.name]
    assert f"removed: {past} ('make build AS_OF=2025-06-30' makes it again)" in receipt
    assert left(named) == left(backups_folder(named) / "latest.duckdb") == [17]
    for path in (*backups_folder(settings.warehouse).iterdir(), *backups_folder(past).iterdir()):
        assert f"written anew: {path} (" in receipt
        assert left(path) == [1]


def test_a_warehouse_that_looks_back_may_be_the_one(settings: Settings, tmp_path: Path) -> None:
    """It is not removed where WAREHOUSE_PATH names it."""
    past = small(tmp_path / "as_of_2025-06-30.duckdb", 1)
    small(tmp_path / "as_of_2025-05-31.duckdb", 17)
    assert forgetting.forget(replace(settings, warehouse=past), None, [], []) == 0
    assert left(past) == [1]
    assert [path.name for path in sorted(tmp_path.glob("as_of_*"))] == [past.name]


def test_a_warehouse_that_looks_back_is_not_removed_under_a_build(settings: Settings, tmp_path: Path) -> None:
    """The sentence names it, and nothing is written anew or removed."""
    past = small(tmp_path / "as_of_2025-06-30.duckdb", 17)
    holding = f"import duckdb; held = duckdb.connect({str(past)!r}); print(flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", holding], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout
        other.stdout.readline()
        with pytest.raises(InUseError, match=rf"{past} is in use by another process"):
            forgetting.forget(settings, None, [], [])
        other.communicate("")
    assert left(past) == [17]
    assert left(backups_folder(settings.warehouse) / "latest.duckdb") == [1, 17]


@pytest.mark.parametrize("name", ["dot.v2.duckdb", ".hidden.duckdb", "it's-here.1.2.db", "plain"])
def test_dots_in_the_name_of_a_warehouse(name: str, settings: Settings, tmp_path: Path) -> None:
    """Its views call it what DuckDB and dbt do; they work before and after."""
    warehouse = small(tmp_path / "place" / name, 17)
    with duckdb.connect(str(warehouse)) as connection:
        [[database]] = connection.execute("select current_database()").fetchall()
        connection.execute(
            f'create view staging.stg_plays__user_rows as select user_id, source_file from "{database}".staging.stg_product__user_rows'
        )
        connection.execute("delete from intermediate.segment_memberships")
    assert database == database_name(warehouse) == DuckDBCredentials.path_derived_database_name(str(warehouse))
    assert forgetting.forget(replace(settings, warehouse=warehouse), None, ["17"], []) == 0
    assert left(backups_folder(warehouse) / "latest.duckdb") == []
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        assert connection.execute("from staging.stg_plays__user_rows").fetchall() == [(1, "users.csv")]


def test_a_failed_build_erases_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files stay, and the message says so; so it is with a text that is anywhere by chance."""
    warehouse = filled(tmp_path / "warehouse.duckdb", "marts.users", (1,))
    before = warehouse.read_bytes()
    settings = Settings(warehouse, tmp_path / "published.duckdb", tmp_path / "target" / "publish", ())
    monkeypatch.setattr(forgetting, "built", lambda *_: False)
    with pytest.raises(UpkeepError, match="The build failed, so nobody was erased"):
        forgetting.forget(settings, None, [], [])
    with pytest.raises(UpkeepError, match="TEXTS names 'Jo': a text of fewer than 4 characters"):
        forgetting.forget(settings, None, [], ["Jo"])
    assert warehouse.read_bytes() == before


@pytest.mark.parametrize("code", [0, 1])
def test_only_what_was_published_is_published(code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the first publish it only builds; either must succeed."""
    called: list[str] = []
    artifact = {"results": [], "nodes": {}, "metadata": {"invocation_id": "one"}}

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        called.append(command[2])
        return subprocess.CompletedProcess(command, code)

    def build_only(*_: Any) -> int:
        called.append("build")
        return code

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(forgetting, "build", build_only)
    monkeypatch.setattr(forgetting, "read_artifact", lambda *_: artifact)
    settings = Settings(tmp_path / "warehouse.duckdb", tmp_path / "published.duckdb", tmp_path / "target" / "publish", ())
    assert forgetting.built(settings, None) == (code == 0)
    settings.published.touch()
    assert forgetting.built(settings, None) == (code == 0)
    assert called == ["build", "publishing"]
    with pytest.raises(UpkeepError, match="CONFIG: there is no file"):
        forgetting.built(settings, tmp_path / "missing.yml")


def test_texts_of_the_erased_are_those_of_their_rejected_rows(tmp_path: Path) -> None:
    """The line and the addresses in it; those of others are not looked for. Ids that are texts are found in any text."""
    columns = "user_id varchar, raw_text varchar, source_file varchar"
    rows = (("a-1", "a-1,not a time,<jane@planted.example>", "users.csv"), ("b-2", "b-2,x,joe@planted.example", "users.csv"))
    before = filled(tmp_path / "before.duckdb", "staging.stg_product__user_rows", *rows, columns=columns)
    after = filled(tmp_path / "after.duckdb", "staging.stg_product__user_rows", rows[1], columns=columns)
    filled(after, "marts.words", ("a-1",), columns="word varchar")
    people = People()
    people.note(before)
    people.compare(after, [], {})
    assert people.erased == 1
    assert people.texts(["Jane"]) == sorted(["Jane", rows[0][1], "jane@planted.example"])
    assert traces_in_tables(people.connection, after, []) == [f"an id in marts.words of {after}"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_texts_are_found_across_blocks(encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In any encoding and case, wherever they lie, and as JSON writes them."""
    monkeypatch.setattr("upkeep.traces.BLOCK", 64)
    path = tmp_path / "file"
    for place in range(50, 70):
        path.write_bytes(b"." * place + "JANE Doe".encode(encoding) + b"." * 100)
        assert stands_in_bytes(path, ["nobody", "Jane Doe"])
        assert not stands_in_bytes(path, ["Jane Does"])
    path.write_text('"Jan\\u00e9 Doe"')
    assert stands_in_bytes(path, ["Jané Doe"])
    assert not stands_in_bytes(path, [])
