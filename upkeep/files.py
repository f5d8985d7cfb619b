"""DuckDB files: opens them, and says in one sentence why one cannot be opened."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from publishing import sql
from upkeep.errors import InUseError, UpkeepError

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700


@contextmanager
def attached(path: Path, what: str, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """Attaches a file as the database `file` of a connection of its own.

    A file that is attached to be written to can be opened by no other process, so that no build is at work on it.

    Parameters
    ----------
    path
        The file. It is made where there is none, unless it is to be read only.
    what
        What the file is, for errors: "warehouse", "backup".
    read_only
        Whether it is only read.

    Raises
    ------
    UpkeepError
        Where the file is no database or another process holds it.
    """
    with duckdb.connect(":memory:") as connection:
        attach(connection, path, what, "file", read_only=read_only)
        yield connection
        connection.execute("detach file")


def attach(connection: duckdb.DuckDBPyConnection, path: Path, what: str, name: str, *, read_only: bool = False) -> None:
    """Attaches a file under a name; the errors are those of `attached`."""
    try:
        connection.execute(f"attach {sql.literal(str(path))} as {sql.name(name)}{' (read_only)' if read_only else ''}")
    except duckdb.Error as error:
        if "lock" in str(error).lower():
            raise InUseError(f"The {what} {path} is in use by another process, probably a build: try again when it has ended.") from None
        if "not a valid DuckDB database" in str(error):
            raise UpkeepError(f"{path} is not a DuckDB file, so it is no {what}.") from None
        raise UpkeepError(f"The {what} {path} cannot be opened: {first_sentence(error)}") from None


def first_sentence(error: Exception) -> str:
    """Returns the first line of an error without the kind of error with which DuckDB begins."""
    return re.sub(r"^[A-Z]\w+ Error: ", "", str(error).splitlines()[0])


def database_name(path: Path) -> str:
    """Returns what DuckDB calls a file that it opens without a name, and so what the views in the file call it: `a` for `a.v2.duckdb`."""
    return path.name.lstrip(".").split(".")[0]


def remove_leftovers(path: Path) -> None:
    """Removes what DuckDB has left beside a file: its log and its spilled data."""
    Path(f"{path}.wal").unlink(missing_ok=True)
    shutil.rmtree(f"{path}.tmp", ignore_errors=True)


def tables_of(connection: duckdb.DuckDBPyConnection, database: str) -> list[tuple[str, str]]:
    """Returns schema and name of each table of an attached file."""
    return connection.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = ? order by all", [database]
    ).fetchall()


def size(path: Path) -> str:
    """Returns the size of a file in words."""
    return f"{path.stat().st_size / 1_000_000:,.1f} MB"
