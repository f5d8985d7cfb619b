"""Reads the published file: never writes to it, never keeps anybody from replacing it."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any

import duckdb
import pandas as pd

DEFAULT_PATH = "warehouse/published.duckdb"

HAS_MART = """
select count(*) as marts
from duckdb_tables()
where database_name = 'published' and schema_name = 'marts' and table_name = $name
"""

Version = tuple[int, int]


class PublishedError(Exception):
    """The published file, or something in it, is not there; the message says what to do."""


def published_path() -> Path:
    """Returns where the published file is: `PUBLISHED_PATH`, or its default."""
    return Path(os.environ.get("PUBLISHED_PATH") or DEFAULT_PATH)


class Published:
    """The published file, in its newest version.

    DuckDB goes on reading the file that it opened, also when another one took its place. A new version is therefore read through a new
    connection; whoever is still reading the old version reads it to its end.

    Parameters
    ----------
    path
        The published file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = Lock()
        self._opened: Version | None = None
        self._connection: duckdb.DuckDBPyConnection | None = None

    @property
    def version(self) -> Version:
        """Identifies what the file is now: another file or another time of change is another version.

        Raises
        ------
        PublishedError
            If there is no file.
        """
        try:
            status = self.path.stat()
        except FileNotFoundError:
            raise PublishedError(f"There is no published file {self.path}. Write it with `make publish`.") from None
        return status.st_ino, status.st_mtime_ns

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        version = self.version
        with self._lock:
            if self._connection is None or version != self._opened:
                connection = duckdb.connect(":memory:")
                try:
                    quoted = str(self.path).replace("'", "''")
                    connection.execute(f"attach '{quoted}' as published (read_only)")
                    # queries reach this file and no other
                    connection.execute("set enable_external_access = false")
                except duckdb.Error as error:
                    raise PublishedError(
                        f"The published file {self.path} cannot be read: {error}. Write it anew with `make publish`."
                    ) from None
                self._connection, self._opened = connection, version
            cursor = self._connection.cursor()
        return cursor.execute("use published")

    def rows(self, sql: str, parameters: Mapping[str, Any] | None = None) -> pd.DataFrame:
        """Returns what a query gives.

        Parameters
        ----------
        sql
            One select; marts are `marts.<name>`, parameters `$name`.
        parameters
            Values of the parameters, by name.

        Raises
        ------
        PublishedError
            If the file, a mart or a column is missing.
        """
        cursor = self._cursor()
        try:
            return cursor.execute(sql, dict(parameters or {})).df()
        except (duckdb.CatalogException, duckdb.BinderException) as error:
            mart = re.search(r"Table with name (\w+) does not exist", str(error))
            missing = f"has no mart {mart[1]}" if mart else f"lacks what this page reads ({str(error).splitlines()[0]})"
            raise PublishedError(f"The published file {self.path} {missing}. Build and publish again with `make publish`.") from None
        finally:
            cursor.close()

    def has_mart(self, name: str) -> bool:
        """Returns whether the file has a mart of this name."""
        return bool(self.rows(HAS_MART, {"name": name})["marts"].iloc[0])
