"""Writes DuckDB files anew.

A file keeps the bytes of deleted rows in its free blocks until it needs the room. A new file has none of them.
"""

from pathlib import Path

import duckdb

from publishing import sql
from publishing.file import synchronise
from upkeep.errors import UpkeepError
from upkeep.files import PRIVATE_FILE, attach, attached, first_sentence
from upkeep.people import tables_of


def rewrite(path: Path) -> None:
    """Puts a copy of a warehouse in its place, with all tables, views, constraints and comments.

    Views name their own database, which DuckDB calls after the file: the new file has the name of the old one when it is opened.

    Raises
    ------
    UpkeepError
        Where the file cannot be copied. It is then what it was.
    """
    with attached(path, "warehouse") as connection:
        replace(connection, path, ["copy from database file to new"])


def rewrite_without_erased(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Puts a copy of a backup in its place, without the rows of the erased.

    Parameters
    ----------
    connection
        Has the table `erased`.
    path
        The backup.
    """
    attach(connection, path, "backup", "file", read_only=True)
    try:
        tables = tables_of(connection, "file")
        statements = [f"create schema new.{sql.name(schema)}" for schema in dict.fromkeys(table.schema for table in tables)]
        for table in tables:
            kept = " and ".join(
                f"({column} is null or cast({column} as varchar) not in (select id from memory.erased))" for column in table.ids
            )
            statements.append(f"create table {sql.name('new', table.schema, table.table)} as from {table.name} where {kept or 'true'}")
        replace(connection, path, statements)
    finally:
        connection.execute("detach file")


def replace(connection: duckdb.DuckDBPyConnection, path: Path, statements: list[str]) -> None:
    """Replaces a file in one step by what some statements write into the database `new`."""
    new = path.with_name(f"{path.name}.new")
    leftovers = (new, new.with_name(f"{new.name}.wal"))
    for leftover in leftovers:
        leftover.unlink(missing_ok=True)
    try:
        connection.execute(f"attach {sql.literal(str(new))} as new")
        new.chmod(PRIVATE_FILE)
        try:
            for statement in statements:
                connection.execute(statement)
        finally:
            connection.execute("detach new")
        synchronise(new)
        new.replace(path)
        synchronise(path.parent)
    except duckdb.Error as error:
        raise UpkeepError(f"{path} could not be written anew, and stays as it was: {first_sentence(error)}") from None
    finally:
        for leftover in leftovers:
            leftover.unlink(missing_ok=True)
