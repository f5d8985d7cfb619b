"""`build_timeout_minutes`: a model that takes longer is interrupted, and no other."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dbt_common.events.contextvars import log_contextvars
from dbt_common.exceptions import DbtRuntimeError

from duckdb_plugins.time_limit import LimitedConnection, seconds_of, submit_python_job
from tests.python.warehouse import Run, Warehouse, write

# hours of work
ENDLESS = "select sum(one.range * other.range) from range(1000000) as one, range(1000000) as other"
SAYS = (
    r"The model slow took longer than 0.005 minutes \(build_timeout_minutes\), so it was interrupted. If it needs more time, write .*0.01"
)


class Environment:
    """What a connection tells that it is closed, and a Python model that asks the database."""

    def notify_closed(self) -> None:
        """Hears it."""


@pytest.fixture
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory."""
    with duckdb.connect(":memory:") as connection:
        yield connection


@contextmanager
def limited(
    database: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch, name: str = "slow", seconds: float = 0.3
) -> Iterator[Any]:
    """A connection of a model with a limit."""
    monkeypatch.setattr(LimitedConnection, "seconds", seconds, raising=False)
    with log_contextvars(node_info={"unique_id": f"model.project.{name}", "resource_type": "model", "node_name": name}):
        connection = LimitedConnection(database.cursor(), Environment())  # type: ignore[arg-type]
    yield connection
    connection.close()


def test_a_slow_statement_is_interrupted(database: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch) -> None:
    """With an error that names the model, the setting and what to write. What it began is taken back, and the next model is not hit."""
    threads = threading.active_count()
    with limited(database, monkeypatch) as connection:
        cursor = connection.cursor()
        cursor.execute("begin")
        cursor.execute("create table half as select 1 as one")
        began = time.monotonic()
        with pytest.raises(DbtRuntimeError, match=SAYS):
            cursor.execute(ENDLESS)
        assert time.monotonic() - began < 30
        connection.rollback()
    with limited(database, monkeypatch, "next", 60) as connection:
        for _ in range(200):
            assert connection.cursor().execute("select count(*) from range(100000)").fetchall() == [(100000,)]
        assert connection.cursor().execute("select count(*) from duckdb_tables()").fetchall() == [(0,)]
    assert threading.active_count() == threads


def test_many_quick_statements_are_one_model(database: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is the model's, not the statement's."""

    def wait(cursor: Any) -> None:
        for _ in range(1000):
            cursor.execute("select 1")
            time.sleep(0.01)

    with limited(database, monkeypatch) as connection, pytest.raises(DbtRuntimeError, match=SAYS):
        wait(connection.cursor())


def test_a_python_model_is_interrupted(database: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch) -> None:
    """At a statement, or at its end where it has none; another error stays what it is."""

    def job(model: Any) -> Any:
        monkeypatch.setattr("duckdb_plugins.time_limit.PYTHON_JOB", lambda _, handle, __, ___: model(handle.cursor()))
        with limited(database, monkeypatch) as connection:
            return submit_python_job(Environment(), connection, {}, "")  # type: ignore[arg-type]

    def failing(statement: Any) -> Any:
        try:
            return statement()
        except duckdb.Error as error:
            raise DbtRuntimeError(f"Python model failed: {error}") from error

    for model in (lambda cursor: failing(lambda: cursor.sql(ENDLESS).fetchall()), lambda _: time.sleep(0.6)):
        with pytest.raises(DbtRuntimeError, match=SAYS):
            job(model)
    with pytest.raises(DbtRuntimeError, match=r"Python model failed: .*no_table"):
        job(lambda cursor: failing(lambda: cursor.sql("from no_table")))


def test_what_is_no_model_has_no_limit(database: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as hooks: no thread waits."""
    monkeypatch.setattr(LimitedConnection, "seconds", 0.01, raising=False)
    threads = threading.active_count()
    connection: Any = LimitedConnection(database.cursor(), Environment())  # type: ignore[arg-type]
    assert threading.active_count() == threads
    time.sleep(0.1)
    assert connection.cursor().execute("select 1").fetchall() == [(1,)]
    connection.close()


@pytest.mark.parametrize("minutes", [0, -1, True, "soon", [5], 1e300, "nan"])
def test_what_is_no_limit_is_refused(minutes: object) -> None:
    """In a sentence; null is no limit."""
    with pytest.raises(
        DbtRuntimeError, match=r"build_timeout_minutes is '.*'; it must be a number of minutes above 0, or null for no limit"
    ):
        seconds_of(minutes)
    assert seconds_of(None) is None
    assert seconds_of(0.5) == seconds_of("0.5") == 30


def test_the_setting_reaches_a_build(folder: Path, tmp_path: Path) -> None:
    """A limit that no model keeps, one that all keep, none, and one that cannot be."""
    raw = write(folder, users="object_id,creation_time\n1,2025-01-01 08:00:00\n")
    warehouse = Warehouse(tmp_path, raw)

    def run(minutes: object) -> Run:
        return warehouse.dbt("run", "--select", "base_product__users", settings={"build_timeout_minutes": minutes})

    late = run(0.00001)
    assert not late.succeeded
    assert "The model base_product__users took longer than 1e-05 minutes (build_timeout_minutes)" in " ".join(late.output.split())
    for minutes in (10, None):
        kept = run(minutes)
        assert kept.succeeded, kept.output
    wrong = run("soon")
    assert not wrong.succeeded
    assert "build_timeout_minutes is 'soon'; it must be a number of minutes above 0, or null for no limit" in " ".join(wrong.output.split())
