"""Connects to servers through DuckDB, without a password in any statement that others see."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import duckdb

from publishing import sql
from publishing.errors import PublishError
from publishing.extensions import extension_file
from publishing.servers import Server

# seconds; a host that does not answer would otherwise be waited for for minutes
CONNECT_TIMEOUT = 10
# seconds that a swap waits for readers; who comes later waits behind it
LOCK_TIMEOUT = 60


@dataclass(frozen=True)
class Session:
    """A server attached to the connection that reads the build, as the database `server`."""

    connection: duckdb.DuckDBPyConnection
    kind: str

    def run(self, statement: str) -> None:
        """Has the server run a statement of its own."""
        self.connection.execute(f"call {self.kind}_execute('server', ?)", [statement])

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Returns the rows of a query in the server's own SQL."""
        return self.connection.execute(f"from {self.kind}_query('server', {sql.literal(query)})").fetchall()


def await_greeting(server: Server) -> None:
    """Waits for the first words of a MySQL server, which speaks first: DuckDB would wait for a silent one without end.

    Raises
    ------
    PublishError
        Where nobody answers in time.
    """
    try:
        with socket.create_connection((server.host, server.port), CONNECT_TIMEOUT) as line:
            if not line.recv(1):
                raise ConnectionError("the connection was closed at once")
    except OSError as error:
        raise PublishError(f"no MySQL server answers there: {error}") from None


@contextmanager
def connected(connection: duckdb.DuckDBPyConnection, server: Server) -> Iterator[Session]:
    """Attaches a server for the time of one publish.

    Raises
    ------
    PublishError
        For whatever goes wrong between here and the server, with the password taken out of the server's words.
    """
    try:
        if server.kind == "mysql":
            await_greeting(server)
        connection.execute(f"load {sql.literal(str(extension_file(server.kind)))}")
        values = {"host": server.host, "database": server.database, "user": server.user, "password": server.password}
        settings = ", ".join(f"{name} {sql.literal(value)}" for name, value in values.items())
        connection.execute(f"create or replace temporary secret server (type {server.kind}, {settings}, port {server.port})")
        timeout = {"connect_timeout": CONNECT_TIMEOUT} if server.kind == "postgres" else {}
        options = " ".join(f"{name}={value}" for name, value in (timeout | dict(server.options)).items())
        connection.execute(f"attach {sql.literal(options)} as server (type {server.kind}, secret server)")
        try:
            yield Session(connection, server.kind)
        except BaseException:
            # the next server needs the name, and what went wrong is to be said
            for statement in ("rollback", "detach server"):
                with suppress(duckdb.Error):
                    connection.execute(statement)
            raise
        connection.execute("detach server")
    except (duckdb.Error, PublishError) as error:
        raise PublishError(server.masked(str(error))) from None
