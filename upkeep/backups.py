"""Copies of the state of a warehouse, and how they are put back."""

import shlex
import shutil
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from publishing import sql
from publishing.file import synchronise
from upkeep.errors import InUseError, UpkeepError
from upkeep.files import PRIVATE_FILE, PRIVATE_FOLDER, attach, attached, first_sentence, remove_leftovers, tables_of
from upkeep.state import KEPT, SCHEMA, STATE

LATEST = "latest.duckdb"
# one row, by which a backup is known: the file name of its warehouse, and the type of its ids
ABOUT = "about.backup"
ID_TYPES = {"BIGINT": "bigint", "VARCHAR": "text"}


def backups_folder(warehouse: Path) -> Path:
    """Returns the folder in which the backups of a warehouse lie. Warehouses that lie in one folder have one each."""
    return warehouse.parent / "backups" / warehouse.stem


def backups_of(warehouse: Path) -> list[Path]:
    """Returns the backups of a warehouse. Other files that lie among them are none.

    Raises
    ------
    InUseError
        Where another process writes to a file, so that nobody can tell what it is.
    """
    return [path for path in sorted(backups_folder(warehouse).glob("*.duckdb")) if path.is_file() and is_backup_of(warehouse, path)]


def is_backup_of(warehouse: Path, path: Path) -> bool:
    """Returns whether a file is a backup of a warehouse."""
    try:
        with attached(path, "backup", read_only=True) as connection:
            return about_backup(connection, path)[0] == warehouse.name
    except InUseError:
        raise
    except UpkeepError:
        return False


def back_up(warehouse: Path) -> list[str]:
    """Writes a copy of the state beside the warehouse, and makes it the latest.

    Returns
    -------
    notes
        What it did.
    """
    if not warehouse.exists():
        raise UpkeepError(f"There is no warehouse {warehouse}, so there is nothing to back up.")
    with attached(warehouse, "warehouse") as connection:
        written = write_backup(connection, warehouse)
    if written is None:
        return [f"{warehouse} holds no segment history and no fit yet, so there is nothing to back up."]
    return [f"The backup is {written}, and {LATEST} beside it is a copy.", f"To put it back: make restore FROM={written}"]


def restore(warehouse: Path, source: Path) -> list[str]:
    """Puts a backup back into a warehouse, which is made where there is none, after a backup of what the warehouse holds.

    Returns
    -------
    notes
        What it did.

    Raises
    ------
    UpkeepError
        Where the source is no backup, one of another warehouse, or its ids are of another type than those of the warehouse.
    """
    if not source.is_file():
        raise UpkeepError(f"There is no backup {source}. Name one: make restore FROM={backups_folder(warehouse) / LATEST}")
    with attached(source, "backup", read_only=True) as connection:
        backed_up, about = about_backup(connection, source)
        if backed_up != warehouse.name:
            raise UpkeepError(
                f"{source} is a backup of the warehouse {backed_up}, not of {warehouse.name}: nothing was restored. "
                f"If {warehouse.name} is the new name of {backed_up}, restore it under the old name "
                f"(WAREHOUSE_PATH={shlex.quote(str(warehouse.parent / backed_up))} make restore FROM={shlex.quote(str(source))}), "
                "then rename the file."
            )
        warehouse.parent.mkdir(parents=True, exist_ok=True)
        is_new = not warehouse.exists()
        attach(connection, warehouse, "warehouse", "warehouse")
        warehouse.chmod(PRIVATE_FILE)
        built = id_type_of(connection, "warehouse")
        if None not in (built, about) and built != about:
            raise UpkeepError(
                f"The backup {source} has ids of the type {about} and the warehouse {warehouse} ids of the type {built} (setting id_type): "
                "nothing was restored. Restore it into another warehouse (WAREHOUSE_PATH), or call 'make reset' first."
            )
        written = None if is_new else write_backup(connection, warehouse, "warehouse")
        try:
            restored = put_back(connection)
        except duckdb.Error as error:
            raise UpkeepError(f"{source} cannot be put back into {warehouse}, and nothing was restored: {first_sentence(error)}") from None
        connection.execute("detach warehouse")
    notes = [f"What {warehouse} held is kept as {written}."] if written else []
    notes.append(f"{warehouse} has {len(restored)} tables of {source} again: {', '.join(restored)}.")
    return [*notes, "'make build' goes on from there."]


def reset(warehouse: Path) -> list[str]:
    """Removes a warehouse, after a backup of its state.

    Returns
    -------
    notes
        What it did.
    """
    if not warehouse.exists():
        raise UpkeepError(f"There is no warehouse {warehouse}, so there is nothing to reset.")
    with attached(warehouse, "warehouse") as connection:
        written = write_backup(connection, warehouse)
        # while it is locked, so that no build opens it in between
        warehouse.unlink()
    remove_leftovers(warehouse)
    notes = [f"{warehouse} is removed: the next build starts anew."]
    if written is None:
        return [*notes, "It held no segment history and no fit, so there is no backup of it."]
    return [*notes, f"Its segment history and its fits are kept as {written}.", f"To put them back: make restore FROM={written}"]


def write_backup(connection: duckdb.DuckDBPyConnection, warehouse: Path, database: str = "file") -> Path | None:
    """Writes the state of an attached warehouse into a file of its own, and returns that file, or None where there is no state."""
    kept = kept_tables(connection, database)
    if not set(kept) & set(STATE):
        return None
    folder = backups_folder(warehouse)
    for level in (folder.parent, folder):
        level.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
        level.chmod(PRIVATE_FOLDER)
    written = folder / f"{datetime.now(UTC):%Y-%m-%dT%H%M%S.%fZ}.duckdb"
    new = written.with_name(f"{written.name}.new")
    try:
        write_file(connection, database, kept, new, warehouse.name)
        new.replace(written)
        shutil.copyfile(written, new)
        new.chmod(PRIVATE_FILE)
        synchronise(new)
        new.replace(folder / LATEST)
        synchronise(folder)
    except duckdb.Error as error:
        raise UpkeepError(f"The backup {written} could not be written, and nothing was changed: {first_sentence(error)}") from None
    finally:
        for leftover in (new, new.with_name(f"{new.name}.wal")):
            leftover.unlink(missing_ok=True)
    return written


def write_file(connection: duckdb.DuckDBPyConnection, database: str, kept: list[str], new: Path, warehouse: str) -> None:
    """Writes tables of an attached warehouse into a new file, with one row that says what the file is."""
    connection.execute(f"attach {sql.literal(str(new))} as backup")
    new.chmod(PRIVATE_FILE)
    try:
        with sql.transaction(connection):
            connection.execute("create schema backup.about")
            connection.execute(
                f"create table backup.{ABOUT} as"
                " select cast(? as timestamp) as made_at, cast(? as varchar) as warehouse, cast(? as varchar) as id_type",
                [datetime.now(UTC).replace(tzinfo=None), warehouse, id_type_of(connection, database)],
            )
            connection.execute(f"create schema backup.{SCHEMA}")
            for table in kept:
                connection.execute(f"create table {sql.name('backup', SCHEMA, table)} as from {sql.name(database, SCHEMA, table)}")
    finally:
        connection.execute("detach backup")
    synchronise(new)


def put_back(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Replaces tables of the attached warehouse by those of the attached backup, all or none, and returns their names."""
    kept = kept_tables(connection, "file")
    with sql.transaction(connection):
        connection.execute(f"create schema if not exists warehouse.{SCHEMA}")
        for table in kept:
            connection.execute(f"create or replace table {sql.name('warehouse', SCHEMA, table)} as from {sql.name('file', SCHEMA, table)}")
    return kept


def kept_tables(connection: duckdb.DuckDBPyConnection, database: str) -> list[str]:
    """Returns the tables of an attached file that belong into a backup."""
    there = tables_of(connection, database)
    return [table for table in KEPT if (SCHEMA, table) in there]


def about_backup(connection: duckdb.DuckDBPyConnection, source: Path) -> tuple[str, str | None]:
    """Returns the file name of the warehouse of an attached backup, and the type of its ids.

    Raises
    ------
    UpkeepError
        Where the file is no backup.
    """
    abouts = []
    if tuple(ABOUT.split(".")) in tables_of(connection, "file"):
        with suppress(duckdb.BinderException):
            abouts = connection.execute(f"select cast(warehouse as varchar), cast(id_type as varchar) from file.{ABOUT}").fetchall()
    match abouts:
        case [(str(warehouse), id_type)]:
            return warehouse, id_type
    raise UpkeepError(f"{source} is a DuckDB file, but 'make backup' did not write it: nothing was restored.")


def id_type_of(connection: duckdb.DuckDBPyConnection, database: str) -> str | None:
    """Returns the id_type that an attached file was built with, by its history or any other table with users; None where there is none."""
    types = connection.execute(
        "select data_type from duckdb_columns() join duckdb_tables() using (database_name, schema_name, table_name)"
        " where database_name = ? and column_name = 'user_id' and data_type in ('BIGINT', 'VARCHAR')"
        " order by table_name = 'segment_memberships' desc, schema_name, table_name limit 1",
        [database],
    ).fetchall()
    return ID_TYPES[types[0][0]] if types else None
