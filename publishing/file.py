"""Publishes a DuckDB file: written beside the published one, looked through, and put in its place by one rename."""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from publishing import sql
from publishing.contents import Contents, Table
from publishing.errors import PublishError, explained, reason_of

SETTING = "PUBLISHED_PATH"
PRIVATE = 0o600


@contextmanager
def only_publish(published: Path) -> Iterator[None]:
    """Holds the lock of a published file. The lock is the process's: where that is killed, no lock stays.

    Raises
    ------
    PublishError
        Where another publish holds it, or it cannot be had.
    """
    with explained(published.parent, SETTING):
        published.parent.mkdir(parents=True, exist_ok=True)
    path = published.with_name(f"{published.name}.lock")
    with explained(path, SETTING):
        lock = os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE)
    try:
        with explained(path, SETTING):
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise PublishError(f"Another publish to {published} is at work. Wait until it has ended.") from None
        # a lock file of an earlier version is readable by all; its owner may be another user
        with suppress(PermissionError):
            os.fchmod(lock, PRIVATE)
        yield
    finally:
        os.close(lock)


def publish_file(contents: Contents, published: Path, mode: int | None = None) -> list[str]:
    """Puts a new version in the place of the published file.

    Readers that hold the old one open keep it; whoever opens the path finds the old one or the new one, at any moment.

    Parameters
    ----------
    contents
        What to publish.
    published
        The file that readers open; its folder exists, and nobody else publishes to it (`only_publish`).
    mode
        Who may read it; None: whoever may read its folder.

    Returns
    -------
    notes
        How large it is.

    Raises
    ------
    PublishError
        Where nothing was published, with the reason.
    """
    with explained(published, SETTING):
        replace_file(contents, published, mode)
        notes = [f"{published.stat().st_size / 1_000_000:,.1f} MB, to be opened read-only"]
    try:
        synchronise(published.parent)
    except OSError as error:
        notes.append(f"the disk does not confirm that it is kept if the machine stops now ({reason_of(error)})")
    return notes


def replace_file(contents: Contents, published: Path, mode: int | None) -> None:
    """Writes the new file, and puts it in the place of the old one; the parameters are those of `publish_file`."""
    new = published.with_name(f"{published.name}.new")
    leftovers = [new, new.with_name(f"{new.name}.wal")]
    for leftover in leftovers:
        leftover.unlink(missing_ok=True)
    try:
        with private_files():
            write_file(contents, new)
        look_through(contents, new)
        synchronise(new)
        # only somebody who wrote to the published file leaves such a log, and it must not be taken for one of the new file
        published.with_name(f"{published.name}.wal").unlink(missing_ok=True)
        # private until the last moment, so that what a killed publish leaves is nobody's to read
        new.chmod(readers_of(published.parent) if mode is None else mode)
        new.replace(published)
    finally:
        for leftover in leftovers:
            leftover.unlink(missing_ok=True)


def readers_of(folder: Path) -> int:
    """Returns the mode of a file that whoever may read its folder can read, and nobody can write."""
    return stat.S_IMODE(folder.stat().st_mode) & 0o444 | stat.S_IRUSR


@contextmanager
def private_files() -> Iterator[None]:
    """Creates files, DuckDB's log included, that their owner alone can read."""
    former = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(former)


def write_file(contents: Contents, new: Path) -> None:
    """Writes all tables into a new file."""
    connection = contents.connection
    # the drivers of BI tools are often older than the DuckDB that publishes
    connection.execute(f"attach {sql.literal(str(new))} as new_version (storage_version 'v1.0.0')")
    try:
        # one transaction, because each would wait for the disk
        with sql.transaction(connection):
            for schema in dict.fromkeys(table.schema for table in contents.tables):
                connection.execute(f"create schema {sql.name('new_version', schema)}")
            for table in contents.tables:
                write_table(connection, table)
        connection.execute("checkpoint new_version")
    finally:
        connection.execute("detach new_version")


def write_table(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Writes one table, its rows in the order in which they are stored, and its comments."""
    target = sql.name("new_version", table.schema, table.name)
    columns = [f"{sql.name(column.name)} {column.kind}{'' if column.is_nullable else ' not null'}" for column in table.columns]
    connection.execute(f"create table {target} ({', '.join(columns)})")
    connection.execute(f"insert into {target} select * from {table.source}")
    if table.comment:
        connection.execute(f"comment on table {target} is {sql.literal(table.comment)}")
    for column in table.columns:
        if column.comment:
            connection.execute(f"comment on column {target}.{sql.name(column.name)} is {sql.literal(column.comment)}")


def look_through(contents: Contents, new: Path) -> None:
    """Opens the new file as readers will, and counts its rows.

    Raises
    ------
    PublishError
        Where a table has another number of rows than the one it was copied from.
    """
    connection = contents.connection
    connection.execute(f"attach {sql.literal(str(new))} as new_version (read_only)")
    try:
        for table in contents.tables:
            [(rows,)] = connection.execute(f"select count(*) from {sql.name('new_version', table.schema, table.name)}").fetchall()
            if rows != table.rows:
                raise PublishError(f"{table.schema}.{table.name} has {rows:,} rows in the new file and {table.rows:,} in the build.")
    finally:
        connection.execute("detach new_version")


def synchronise(path: Path) -> None:
    """Waits until the disk has what was written to a file or a folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
