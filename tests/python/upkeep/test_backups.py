"""Copies of what no build can make again: written, put back, refused."""

import hashlib
import os
import re
import shlex
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.python.warehouse import PROJECT
from upkeep.__main__ import main
from upkeep.backups import back_up, backups_of, reset, restore
from upkeep.errors import UpkeepError

HISTORY = [(17, 1), (18, 2)]
SETTINGS = [("id_type", "bigint"), ("raw_data", "/data")]


def made(path: Path, id_type: str = "bigint", history: list[tuple[Any, ...]] = HISTORY) -> Path:
    """Makes a warehouse with a history, one fit, its settings and a mart, and returns it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema intermediate; create schema marts")
        connection.execute(f"create table intermediate.segment_memberships (user_id {id_type}, segment_id integer)")
        connection.executemany("insert into intermediate.segment_memberships values (?, ?)", history)
        connection.execute("create table intermediate.int_segments_fitted as select 1 as segment_id, 0.1 + 0.2 as centre")
        connection.execute("create table intermediate.warehouse_settings (name varchar, value varchar)")
        connection.executemany("insert into intermediate.warehouse_settings values (?, ?)", SETTINGS)
        connection.execute(f"create table marts.users as select cast(17 as {id_type}) as user_id")
    return path


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    """Returns the rows of a query on a file."""
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(query).fetchall()


def history(path: Path) -> list[tuple[Any, ...]]:
    """Returns the history of segments in a file."""
    return rows(path, "from intermediate.segment_memberships order by all")


def mode(path: Path) -> int:
    """Returns who may do what with a file."""
    return stat.S_IMODE(path.stat().st_mode)


def backups(warehouse: Path) -> list[Path]:
    """Returns the backups of a warehouse, the oldest first, without the copy of the latest."""
    return sorted(path for path in (warehouse.parent / "backups" / warehouse.stem).glob("*.duckdb") if path.name != "latest.duckdb")


def call(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Calls the command as `make` does."""
    command = [sys.executable, "-m", "upkeep", *arguments]
    return subprocess.run(command, cwd=PROJECT, env=os.environ | environment, capture_output=True, text=True, check=False)


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    """A warehouse with a history, in a folder whose name SQL must quote."""
    return made(tmp_path / "it's here" / "warehouse.duckdb")


def test_a_backup_is_put_back_into_an_empty_warehouse(warehouse: Path, tmp_path: Path) -> None:
    """History, fits and settings come back bit by bit; a warehouse that is not there is made; nobody else may read any of it."""
    back_up(warehouse)
    [backup] = backups(warehouse)
    latest = backup.with_name("latest.duckdb")
    assert not latest.is_symlink()
    assert latest.read_bytes() == backup.read_bytes()
    assert {mode(backup), mode(latest)} == {0o600}
    assert {mode(backup.parent), mode(backup.parent.parent)} == {0o700}
    assert {path.name for path in backup.parent.iterdir()} == {backup.name, latest.name}
    new = tmp_path / "new" / "warehouse.duckdb"
    notes = restore(new, latest)
    assert "segment_memberships, int_segments_fitted, warehouse_settings" in " ".join(notes)
    assert mode(new) == 0o600
    assert backups(new) == []
    for table in ("segment_memberships", "int_segments_fitted", "warehouse_settings"):
        assert repr(rows(new, f"from intermediate.{table}")) == repr(rows(warehouse, f"from intermediate.{table}"))


def test_a_restore_keeps_what_it_replaces(warehouse: Path) -> None:
    """The history that was there is a backup of its own, from the latest one, too; other tables stay."""
    back_up(warehouse)
    [first] = backups(warehouse)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("delete from intermediate.segment_memberships where user_id = 17")
    notes = restore(warehouse, first.with_name("latest.duckdb"))
    assert history(warehouse) == HISTORY
    assert rows(warehouse, "from marts.users") == [(17,)]
    [_, second] = backups(warehouse)
    assert history(second) == history(second.with_name("latest.duckdb")) == HISTORY[1:]
    assert str(second) in notes[0]


def test_a_restore_is_all_or_nothing(warehouse: Path) -> None:
    """Where one table cannot be put back, all stay as they were."""
    back_up(warehouse)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("delete from intermediate.segment_memberships")
        connection.execute("drop table intermediate.warehouse_settings")
        connection.execute("create view intermediate.warehouse_settings as select 1 as name")
    with pytest.raises(UpkeepError, match=r"nothing was restored"):
        restore(warehouse, warehouse.parent / "backups" / "warehouse" / "latest.duckdb")
    assert history(warehouse) == []


def test_warehouses_in_one_folder_have_backups_of_their_own(warehouse: Path) -> None:
    """Neither takes the other's for its own, also where both names begin alike; what is put back is the own history."""
    others = [made(warehouse.with_name(name), history=[(99, 1)]) for name in ("other.duckdb", "warehouse.v2.duckdb", "warehouse.db")]
    back_up(warehouse)
    [backup] = backups(warehouse)
    latest = backup.with_name("latest.duckdb")
    for other in others:
        back_up(other)
        assert backups_of(other) != []
        assert not set(backups_of(other)) & set(backups_of(warehouse))
        with pytest.raises(UpkeepError, match=rf"is a backup of the warehouse warehouse.duckdb, not of {other.name}: nothing was restored"):
            restore(other, backup)
        assert history(other) == [(99, 1)]
    # warehouse.db was backed up last, into the same folder
    with pytest.raises(UpkeepError, match=r"is a backup of the warehouse warehouse.db, not of warehouse.duckdb"):
        restore(warehouse, latest)
    assert history(warehouse) == HISTORY


def test_a_renamed_warehouse_gets_its_history_back(warehouse: Path) -> None:
    """By the way that the message names, from any folder and with a name that a shell must quote."""
    back_up(warehouse)
    [backup] = backups(warehouse)
    new = warehouse.rename(warehouse.with_name("new.duckdb"))
    new.unlink()
    with pytest.raises(UpkeepError) as error:
        restore(new, backup)
    assert not new.exists()
    [way] = re.findall(r"\((WAREHOUSE_PATH=.*) make restore FROM=(.*)\), then rename the file", str(error.value))
    [setting, source] = shlex.split(" ".join(way))
    run = call("restore", source, WAREHOUSE_PATH=setting.removeprefix("WAREHOUSE_PATH="))
    assert run.returncode == 0, run.stderr
    warehouse.rename(new)
    assert history(new) == HISTORY


def test_ids_of_another_type_are_not_restored(warehouse: Path, tmp_path: Path) -> None:
    """The message names both types, and nothing changes, a backup included."""
    other = made(tmp_path / "other" / "warehouse.duckdb", "varchar", [("a", 1)])
    back_up(warehouse)
    [backup] = backups(warehouse)
    before = hashlib.sha256(other.read_bytes()).hexdigest()
    with pytest.raises(UpkeepError, match=r"has ids of the type bigint and the warehouse .* ids of the type text \(setting id_type\)"):
        restore(other, backup)
    assert hashlib.sha256(other.read_bytes()).hexdigest() == before
    assert backups(other) == []


def test_what_is_no_backup_is_refused(warehouse: Path, tmp_path: Path) -> None:
    """A text, another DuckDB file, a file that is not there: each with its name, and no warehouse is made of it."""
    text = tmp_path / "text.duckdb"
    text.write_text("no database")
    new = tmp_path / "new" / "warehouse.duckdb"
    # tables that are called like the one of a backup, of another form, with no row, with two
    alike = [tmp_path / f"alike_{number}.duckdb" for number in range(4)]
    for path, table in zip(
        alike,
        (
            "select 1 as id_type",
            "select '' as warehouse, '' as id_type where false",
            "from (values ('a', 'b'), ('c', 'd')) as two (warehouse, id_type)",
            "select null as warehouse, null as id_type",
        ),
        strict=True,
    ):
        with duckdb.connect(str(path)) as connection:
            connection.execute(f"create schema about; create table about.backup as {table}")
    for source, says in (
        *((path, "'make backup' did not write it") for path in alike),
        (text, "is not a DuckDB file, so it is no backup"),
        (warehouse, "'make backup' did not write it"),
        (tmp_path / "missing.duckdb", "There is no backup"),
        (tmp_path, "There is no backup"),
    ):
        with pytest.raises(UpkeepError, match=says) as error:
            restore(new, source)
        assert str(source) in str(error.value)
    assert not new.exists()


def test_a_reset_removes_the_warehouse_and_keeps_its_history(warehouse: Path) -> None:
    """The file, its log and its folder of spilled data are gone; what no build makes again can be put back."""
    Path(f"{warehouse}.tmp").mkdir()
    (Path(f"{warehouse}.tmp") / "spilled").write_text("rows")
    notes = reset(warehouse)
    [backup] = backups(warehouse)
    assert [path.name for path in warehouse.parent.iterdir()] == ["backups"]
    assert f"make restore FROM={backup}" in " ".join(notes)
    restore(warehouse, backup)
    assert history(warehouse) == HISTORY


def test_a_warehouse_without_history_needs_no_backup(tmp_path: Path) -> None:
    """It says so, and writes none."""
    warehouse = tmp_path / "warehouse.duckdb"
    duckdb.connect(str(warehouse)).close()
    assert "nothing to back up" in " ".join(back_up(warehouse))
    reset(warehouse)
    assert list(tmp_path.iterdir()) == []


def test_commands_say_in_one_sentence_why_they_stop(
    warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No warehouse, one that another process writes to, one that is none: exit code 1, one line, no traceback, nothing written."""
    monkeypatch.setattr(os, "umask", lambda _: 0)
    (tmp_path / "text.duckdb").write_text("no database")
    latest = str(warehouse.parent / "backups" / "warehouse" / "latest.duckdb")
    assert call("backup", WAREHOUSE_PATH=str(warehouse)).returncode == 0
    before = sorted(path for path in tmp_path.rglob("*"))
    with duckdb.connect(str(warehouse)):
        for arguments in (["backup"], ["reset"], ["restore", latest]):
            run = call(*arguments, WAREHOUSE_PATH=str(warehouse))
            assert (run.returncode, run.stdout) == (1, "")
            assert run.stderr == f"The warehouse {warehouse} is in use by another process, probably a build: try again when it has ended.\n"
    for path, says in ((tmp_path / "missing.duckdb", "There is no warehouse"), (tmp_path / "text.duckdb", "is not a DuckDB file")):
        monkeypatch.setenv("WAREHOUSE_PATH", str(path))
        for command in ("backup", "reset", "forget"):
            assert main([command]) == 1, command
            printed = capsys.readouterr()
            assert printed.out == ""
            assert says in printed.err
            assert printed.err.count("\n") == 1
    assert sorted(path for path in tmp_path.rglob("*")) == before


@pytest.mark.parametrize("command", ["backup", "reset", "forget"])
def test_a_fault_of_the_engine_is_one_sentence(
    command: str, warehouse: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever DuckDB stops at: exit code 1, one line, no traceback."""

    def stop(*_: Any) -> None:
        raise duckdb.BinderException('Binder Error: Catalog "x" does not exist!\n\nLINE 1: select\n')

    for place in ("upkeep.backups.kept_tables", "upkeep.forgetting.People.note"):
        monkeypatch.setattr(place, stop)
    monkeypatch.setattr(os, "umask", lambda _: 0)
    monkeypatch.setenv("WAREHOUSE_PATH", str(warehouse))
    assert main([command]) == 1
    assert capsys.readouterr() == ("", f"DuckDB stopped 'make {command}': Catalog \"x\" does not exist!\n")


def test_an_unwritable_folder_is_one_sentence(warehouse: Path) -> None:
    """A file stands where the folder of the backups belongs; the warehouse stays."""
    (warehouse.parent / "backups").write_text("in the way")
    run = call("reset", WAREHOUSE_PATH=str(warehouse))
    assert run.returncode == 1
    assert run.stderr.count("\n") == 1
    assert history(warehouse) == HISTORY
