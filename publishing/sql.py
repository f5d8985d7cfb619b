"""Texts, names and transactions in SQL."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import duckdb


def literal(text: str) -> str:
    """Returns a text as standard SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def name(*parts: str) -> str:
    """Returns a name as standard SQL quotes it, which keeps words of the language usable."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Makes what is done in it happen at once, or not at all."""
    connection.execute("begin")
    try:
        yield
        connection.execute("commit")
    except BaseException:
        # where the server is gone there is nothing left to take back, and what went wrong is to be said
        with suppress(duckdb.Error):
            connection.execute("rollback")
        raise
