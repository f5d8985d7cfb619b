"""Publishes a DuckDB file: written beside the published one, looked through, and put in its place by one rename."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from publishing import sql
from publishing.contents import Contents, Table
from publishing.errors import PublishError

READ_ONLY = 0o444


@contextmanager
def only_publish(published: Path) -> Iterator[None]:
    """Holds the lock of a published file. The lock is the process's: where that is killed, no lock stays.

    Raises
    ------
    PublishError
        Where another publish holds it.
    """
    published.parent.mkdir(parents=True, exist_ok=True)
    with published.with_name(f"{published.name}.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PublishError(f"Another publish to {published} is at work. Wait until it has ended.") from None
        yield


def publish_file(contents: Contents, published: Path) -> list[str]:
    """Puts a new version in the place of the published file.

    Readers that hold the old one open keep it; whoever opens the path finds the old one or the new one, at any moment.

    Parameters
    ----------
    contents
        What to publish.
    published
        The file that readers open; its folder exists, and nobody else publishes to it (`only_publish`).

    Returns
    -------
    notes
        How large it is.
    """
    new = published.with_name(f"{published.name}.new")
    leftovers = [new, new.with_name(f"{new.name}.wal")]
    for leftover in leftovers:
        leftover.unlink(missing_ok=True)
    try:
        write_file(contents, new)
        look_through(contents, new)
        new.chmod(READ_ONLY)
        synchronise(new)
        # only somebody who wrote to the published file leaves such a log, and it must not be taken for one of the new file
        published.with_name(f"{published.name}.wal").unlink(missing_ok=True)
        new.replace(published)
        synchronise(published.parent)
    finally:
        for leftover in leftovers:
            leftover.unlink(missing_ok=True)
    return [f"{published.stat().st_size / 1_000_000:,.1f} MB, to be opened read-only"]


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
