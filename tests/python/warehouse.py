"""Builds warehouses with dbt in processes of their own, as a user does, and compares them."""

import atexit
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import duckdb
import pandas as pd

PROJECT = Path(__file__).parents[2]
# one of the folders of reference data, which are no part of the project
RELAX = Path(os.environ.get("REFERENCE_DATA_DIR", PROJECT.parent / "shared" / "reference")) / "relax"
DBT = Path(sys.executable).with_name("dbt")
# What dbt has read of the project under some settings, in this process: reading it anew takes longer than many a build. dbt notes what has
# changed by itself; that the path of the warehouse is the same text everywhere is a condition.
PARSED: dict[str, Path] = {}
# Where a source is not in use, tests of the tables that hold nothing without it hold of nothing.
IDLE_TESTS = {
    "people": [
        f"path:{folder},resource_type:test"
        for folder in ("models/staging/people", "models/intermediate/actions", "python_models/actions", "models/marts/actions")
    ],
    "telemetry": [
        f"path:{folder},resource_type:test"
        for folder in ("models/staging/telemetry", "models/intermediate/segments", "python_models/segments", "models/marts/segments")
    ],
    "streaming": [
        f"path:{folder},resource_type:test"
        for folder in (
            "models/staging/streaming",
            "models/intermediate/plays",
            "models/intermediate/tracks",
            "python_models/tracks",
            "python_models/plays",
            "models/marts/plays",
        )
    ],
}

# Marts that come of accounts and logins. The others are built for tests of their own, with the sample, and with the smallest inputs.
LOGIN_AREAS = ("activity", "adoption", "core", "quality")


@dataclass(frozen=True)
class Run:
    """What one call of dbt did.

    Attributes
    ----------
    succeeded
        Whether dbt ended without an error.
    output
        What it printed, without colours.
    was_killed
        Whether it was killed before its end.
    """

    succeeded: bool
    output: str
    was_killed: bool = False


def surroundings(raw: Path, **environment: str) -> dict[str, str]:
    """Returns the environment of a call: that of the tests without settings of dbt and of the project, and those given.

    Hardly anybody reads dbt's log file and its manifest here; to leave them out spares some 3 s a build.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("DBT_", "RAW_"))}
    project = {"RAW_DATA_DIR": str(raw), "WAREHOUSE_PATH": "warehouse.duckdb"}
    return inherited | project | {"DBT_LOG_LEVEL_FILE": "none", "DBT_WRITE_JSON": "false"} | environment


def options(folder: Path, settings: str) -> list[str]:
    """Returns where a call finds the project, where it writes, and its vars."""
    places = {"project-dir": PROJECT, "profiles-dir": PROJECT, "target-path": folder / "target", "log-path": folder / "logs"}
    return [*(text for name, path in places.items() for text in (f"--{name}", str(path))), "--vars", settings]


def ask(
    server: subprocess.Popen[str], arguments: list[str], environment: dict[str, str], folder: Path, kill_after: float | None = None
) -> Run:
    """Has a server do a call in a folder, and waits for it; the call is killed after so many seconds, if it has not ended."""
    assert server.stdin is not None
    assert server.stdout is not None
    output = folder / "output.txt"
    call = {"arguments": arguments, "environment": environment, "folder": str(folder), "output": str(output), "kill_after": kill_after}
    print(json.dumps(call), file=server.stdin, flush=True)
    code = int(server.stdout.readline())
    return Run(code == 0, output.read_text(), code == -signal.SIGKILL)


def start(arguments: list[str], environment: dict[str, str], folder: Path) -> Run:
    """Has the command `dbt` do a call in a folder."""
    process = subprocess.run([str(DBT), *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return Run(process.returncode == 0, process.stdout + process.stderr)


@cache
def server() -> subprocess.Popen[str]:
    """Starts the process of which calls of dbt are forks, once; it has read the project."""
    process = subprocess.Popen(
        # -P: what a call imports is found as the command `dbt` finds it, not because it lies beside the tests
        [sys.executable, "-P", str(Path(__file__).with_name("dbt_server.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    # closes its stdin, at whose end it ends, and waits for that
    atexit.register(process.communicate)
    folder, settings = Path(mkdtemp(prefix="dbt_server_")), settings_text(("product",))
    atexit.register(shutil.rmtree, folder)
    # the static parser starts threads, which no fork would have
    run = ask(process, ["--no-static-parser", "parse", *options(folder, settings)], surroundings(folder), folder)
    assert run.succeeded, run.output
    PARSED[settings] = folder / "target" / "partial_parse.msgpack"
    return process


def settings_text(sources: tuple[str, ...], settings: dict[str, Any] | None = None) -> str:
    """Returns vars as the command takes them."""
    return json.dumps({"raw_sources": sources} | (settings or {}), default=str)


@dataclass(frozen=True)
class Warehouse:
    """A warehouse file and what it is built from.

    Attributes
    ----------
    folder
        Holds the file, dbt's target folder and its logs.
    raw
        RAW_DATA_DIR.
    sources
        The sources in use, unless the settings of a call say otherwise.
    """

    folder: Path
    raw: Path
    sources: tuple[str, ...] = ("product",)

    @property
    def path(self) -> Path:
        """The DuckDB file."""
        return self.folder / "warehouse.duckdb"

    def dbt(self, *arguments: str, settings: dict[str, Any] | None = None, **environment: str) -> Run:
        """Calls dbt on the project, from a folder that is not the project's.

        A call is a fork of a process that has dbt loaded, unless the environment says something to Python: that is read when Python
        starts, and the command `dbt` is called.

        Parameters
        ----------
        *arguments
            Command and options.
        settings
            Vars.
        **environment
            Further environment variables.
        """
        return self.call(arguments, settings, environment)

    def call(
        self, arguments: tuple[str, ...], settings: dict[str, Any] | None, environment: dict[str, str], kill_after: float | None = None
    ) -> Run:
        """Does what `dbt` does; a fork is killed with SIGKILL after so many seconds, if it has not ended."""
        forked = None if any(name.startswith("PYTHON") for name in environment) else server()
        text = settings_text(self.sources, settings)
        parsed = self.folder / "target" / "partial_parse.msgpack"
        parsed.parent.mkdir(parents=True, exist_ok=True)
        if text in PARSED and not parsed.exists():
            shutil.copy(PARSED[text], parsed)
        # several models at once take turns at one interpreter, and the workers of pytest have all cores anyway
        threads = ["--threads", "1"] if arguments[0] in {"build", "run"} and "--threads" not in arguments else []
        command = ["--no-use-colors", *arguments, *threads, *options(self.folder, text)]
        variables = surroundings(self.raw, **environment)
        run = ask(forked, command, variables, self.folder, kill_after) if forked else start(command, variables, self.folder)
        if parsed.exists():
            PARSED.setdefault(text, parsed)
        return run

    def build(self, *arguments: str, areas: Iterable[str] = (), settings: dict[str, Any] | None = None, **environment: str) -> Run:
        """Builds everything but the unit tests, which depend on no data, and fails the test where dbt fails.

        Parameters
        ----------
        *arguments
            Further options.
        areas
            Folders of the marts to build, or files in them, with all that they are made of; all if none is named.
        settings
            Vars.
        **environment
            Further environment variables.
        """
        used = (settings or {}).get("raw_sources", self.sources)
        idle = [test for source, tests in IDLE_TESTS.items() if source not in used for test in tests]
        exclude = ["--exclude", *idle] if idle else []
        options = [*arguments, *selected(areas), *exclude]
        run = self.dbt("build", "--exclude-resource-type", "unit_test", *options, settings=settings, **environment)
        assert run.succeeded, run.output
        return run

    def query(self, sql: str) -> pd.DataFrame:
        """Returns the result of a query."""
        with duckdb.connect(str(self.path), read_only=True) as connection:
            return connection.execute(sql).df()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Returns the rows of a query."""
        with duckdb.connect(str(self.path), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def marts(self, *leave_out: str) -> dict[str, list[tuple[Any, ...]]]:
        """Returns the rows of every mart in one order, so that equal marts compare equal.

        Parameters
        ----------
        *leave_out
            Columns not to compare.
        """
        names = self.rows("select table_name from information_schema.tables where table_schema = 'marts' order by 1")
        columns = f"columns(c -> c not in ({', '.join(map(repr, leave_out))}))" if leave_out else "*"
        return {name: self.rows(f"select {columns} from marts.{name} order by all") for (name,) in names}


def selected(areas: Iterable[str]) -> list[str]:
    """Returns the options that build the marts of some areas, all that they are made of, and the tests of these; none for no area."""
    marts = [f"+path:models/marts/{area}" for area in areas]
    return ["--select", *marts, "--indirect-selection", "cautious"] if marts else []


def different(marts: dict[str, list[tuple[Any, ...]]], others: dict[str, list[tuple[Any, ...]]]) -> list[str]:
    """Returns the names of the marts that are not the same bit by bit: a text of a float tells it from every other float."""
    return [name for name in sorted({*marts, *others}) if repr(marts.get(name)) != repr(others.get(name))]


def write(folder: Path, **tables: str) -> Path:
    """Writes raw CSV tables into a folder, one per keyword, and returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text)
    return folder
