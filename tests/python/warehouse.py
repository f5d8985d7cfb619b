"""Builds warehouses with dbt in processes of their own, as a user does, and compares them."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

PROJECT = Path(__file__).parents[2]
DBT = Path(sys.executable).with_name("dbt")
# What dbt has read of the project under some settings, in this process: reading it anew takes longer than many a build. dbt notes what has
# changed by itself; that the path of the warehouse is the same text everywhere is a condition.
PARSED: dict[str, Path] = {}
# Where there are no profiles and no actions, tests of their tables hold of nothing.
IDLE_TESTS = [
    f"path:{folder},resource_type:test"
    for folder in ("models/staging/people", "models/intermediate/actions", "python_models/actions", "models/marts/actions")
]


@dataclass(frozen=True)
class Run:
    """What one call of dbt did.

    Attributes
    ----------
    succeeded
        Whether dbt ended without an error.
    output
        What it printed, without colours.
    """

    succeeded: bool
    output: str


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

        Parameters
        ----------
        *arguments
            Command and options.
        settings
            Vars.
        **environment
            Further environment variables.
        """
        command = [
            str(DBT),
            "--no-use-colors",
            *arguments,
            "--project-dir",
            str(PROJECT),
            "--profiles-dir",
            str(PROJECT),
        ]
        settings_text = json.dumps({"raw_sources": self.sources} | (settings or {}), default=str)
        command += ["--target-path", str(self.folder / "target"), "--log-path", str(self.folder / "logs"), "--vars", settings_text]
        parsed = self.folder / "target" / "partial_parse.msgpack"
        parsed.parent.mkdir(parents=True, exist_ok=True)
        if settings_text in PARSED and not parsed.exists():
            shutil.copy(PARSED[settings_text], parsed)
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("DBT_", "RAW_"))}
        process = subprocess.run(
            command,
            cwd=self.folder,
            env=inherited | {"RAW_DATA_DIR": str(self.raw), "WAREHOUSE_PATH": self.path.name} | environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if parsed.exists():
            PARSED.setdefault(settings_text, parsed)
        return Run(process.returncode == 0, process.stdout + process.stderr)

    def build(self, *arguments: str, settings: dict[str, Any] | None = None, **environment: str) -> Run:
        """Builds everything but the unit tests, which depend on no data, and fails the test where dbt fails."""
        idle = [] if "people" in self.sources or "raw_sources" in (settings or {}) else ["--exclude", *IDLE_TESTS]
        run = self.dbt("build", "--exclude-resource-type", "unit_test", *arguments, *idle, settings=settings, **environment)
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


def different(marts: dict[str, list[tuple[Any, ...]]], others: dict[str, list[tuple[Any, ...]]]) -> list[str]:
    """Returns the names of the marts that are not the same bit by bit: a text of a float tells it from every other float."""
    return [name for name in sorted({*marts, *others}) if repr(marts.get(name)) != repr(others.get(name))]


def write(folder: Path, **tables: str) -> Path:
    """Writes raw CSV tables into a folder, one per keyword, and returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text)
    return folder
