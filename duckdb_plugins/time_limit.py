"""A plugin of dbt-duckdb: a model that takes longer than `build_timeout_minutes` is interrupted, and the build ends with an error.

dbt opens a connection for each model or test and closes it at its end, so that a limit of a connection is one of a model.
"""

import threading
import weakref
from contextlib import suppress
from typing import Any

import duckdb
from dbt.adapters.contracts.connection import AdapterResponse
from dbt.adapters.duckdb.environments import local
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt_common.events.contextvars import get_node_info
from dbt_common.exceptions import DbtRuntimeError

SETTING = "build_timeout_minutes"
# seconds between two interruptions: one is lost where no statement runs
AGAIN = 0.1


class Plugin(BasePlugin):
    """Has dbt open connections that know their limit."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Reads the setting; without a limit nothing changes."""
        seconds = seconds_of(plugin_config[SETTING])
        if seconds is not None:
            LimitedConnection.seconds = seconds
            local.DuckDBConnectionWrapper = LimitedConnection  # type: ignore[misc]
            local.LocalEnvironment.submit_python_job = submit_python_job  # type: ignore[assignment,method-assign]


def seconds_of(minutes: object) -> float | None:
    """Returns the limit in seconds, or None where there is none.

    Parameters
    ----------
    minutes
        The setting as the profile renders it, which may make a text of it.

    Raises
    ------
    DbtRuntimeError
        Where the setting is no number above 0.
    """
    if str(minutes) in ("None", "null", ""):
        return None
    try:
        seconds = float(str(minutes)) * 60
    except ValueError:
        seconds = 0
    if not 0 < seconds <= threading.TIMEOUT_MAX:
        raise DbtRuntimeError(f"{SETTING} is '{minutes}'; it must be a number of minutes above 0, or null for no limit")
    return seconds


class LimitedConnection(local.DuckDBConnectionWrapper):
    """The connection of a model, whose statements are interrupted once its time is over."""

    seconds: float

    def __init__(self, cursor: duckdb.DuckDBPyConnection, env: local.LocalEnvironment) -> None:
        super().__init__(cursor, env)  # type: ignore[no-untyped-call]
        self._cursor = LimitedCursor(cursor, self)
        self.node = get_node_info()
        self.is_over = False
        self.is_closed = threading.Event()
        # hooks and what dbt asks between the models have no limit
        self.timer = threading.Timer(self.seconds, self.interrupt) if self.node else None
        if self.timer:
            self.timer.daemon = True
            self.timer.start()

    def interrupt(self) -> None:
        """Interrupts whatever the connection does until it is closed, because a model may have many statements."""
        self.is_over = True
        while not self.is_closed.is_set():
            # where it was closed a moment ago there is nothing to interrupt: the next model has a connection of its own
            with suppress(duckdb.Error):
                self._cursor.interrupt()
            self.is_closed.wait(AGAIN)

    def stop_if_over(self) -> None:
        """Ends the model with an error once its time is over."""
        if self.is_over:
            # so that dbt can take back what the model has done
            self.is_closed.set()
            raise DbtRuntimeError(
                f"The {self.node['resource_type']} {self.node['node_name']} took longer than {self.seconds / 60:g} minutes ({SETTING}), "
                f"so it was interrupted. If it needs more time, write for example {SETTING}: {self.seconds / 30:g}"
            ) from None

    def close(self) -> None:
        """Ends the limit with the connection."""
        self.is_closed.set()
        if self.timer:
            self.timer.cancel()
            self.timer = None
        super().close()  # type: ignore[no-untyped-call]


class LimitedCursor(local.DuckDBCursorWrapper):
    """A cursor whose errors say that the time was over."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, connection: LimitedConnection) -> None:
        super().__init__(cursor)  # type: ignore[no-untyped-call]
        # a cursor that held its connection would keep the warehouse open, and what was last written in its log
        self._connection = weakref.ref(connection)

    def execute(self, sql: str, bindings: Any = None) -> Any:
        """Runs a statement."""
        try:
            result = super().execute(sql, bindings)  # type: ignore[no-untyped-call]
        except duckdb.Error:
            self.stop_if_over()
            raise
        self.stop_if_over()
        return result

    def stop_if_over(self) -> None:
        """Ends the model with an error once the time of its connection is over."""
        connection = self._connection()
        if connection is not None:
            connection.stop_if_over()


PYTHON_JOB = local.LocalEnvironment.submit_python_job


def submit_python_job(
    environment: local.LocalEnvironment, handle: LimitedConnection, parsed_model: dict[str, Any], compiled_code: str
) -> AdapterResponse:
    """Runs a Python model. What it does without the database cannot be interrupted: it then fails at its end."""
    try:
        response = PYTHON_JOB(environment, handle, parsed_model, compiled_code)
    except DbtRuntimeError:
        handle.stop_if_over()
        raise
    handle.stop_if_over()
    return response
