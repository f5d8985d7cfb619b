"""A plugin of dbt-duckdb: what a build writes can be read by nobody but the one who builds.

The warehouse holds personal data, and dbt writes results of queries into its target folder and its log.
"""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import dbt.flags
from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.adapters.duckdb.plugins import BasePlugin

from upkeep.files import PRIVATE_FILE, PRIVATE_FOLDER
from upkeep.written import ARTIFACTS, LOGS


class Plugin(BasePlugin):
    """Is made before the warehouse is opened."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Makes all that is written from now on private, and what dbt had written before it opened the warehouse."""
        os.umask(0o077)
        flags = dbt.flags.get_flags()  # type: ignore[no-untyped-call]
        if not hasattr(flags, "LOG_PATH"):
            # not dbt, but a tool that reads the warehouse by dbt's adapter, such as MetricFlow: it has no target folder and no log
            return
        project, target, logs = (Path(str(place or ".")) for place in (flags.PROJECT_DIR, flags.TARGET_PATH or "target", flags.LOG_PATH))
        make_private(path for name in ARTIFACTS for path in [project / target / name, *(project / target / name).rglob("*")])
        make_private(logs.glob(LOGS))
        # a folder elsewhere may belong to others, too
        make_private(folder for folder in (project / target, logs) if folder.resolve().is_relative_to(project.resolve()))

    def update_connection_config(self, creds: DuckDBCredentials, config: dict[str, Any]) -> None:
        """Makes the warehouse of an earlier build private before it is opened."""
        make_private([Path(creds.path), Path(f"{creds.path}.wal"), Path(f"{creds.path}.tmp")])


def make_private(paths: Iterable[Path]) -> None:
    """Takes the files and folders that there are away from everybody but their owner; those of other owners are theirs."""
    for path in paths:
        with suppress(FileNotFoundError, PermissionError):
            path.chmod(PRIVATE_FOLDER if path.is_dir() else PRIVATE_FILE)
