"""Runs the build whose results are audited."""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryFile

import duckdb

from publishing.errors import explained
from publishing.settings import PROJECT, Settings

ARTIFACTS = ("manifest.json", "run_results.json")
# bytes; about twice what dbt writes into its target folder, whatever the data are
ROOM = 32_000_000


def build(settings: Settings, variables: str | None) -> int:
    """Runs `dbt build` with its output in sight, and returns its exit code.

    Parameters
    ----------
    settings
        Where the warehouse and what dbt says of it are written.
    variables
        The vars as YAML, or None.

    Raises
    ------
    PublishError
        Where dbt could not write the warehouse or its artifacts.
    """
    check_warehouse(settings.warehouse)
    with explained(settings.target, "DBT_TARGET_PATH"):
        check_room(settings.target)
        # what an earlier build said is not to be taken for what this one does, should dbt stop early
        for name in ARTIFACTS:
            (settings.target / name).unlink(missing_ok=True)
    # dbt has no business with the passwords of servers, and artifacts are what the audit reads
    environment = {name: value for name, value in os.environ.items() if name not in ("PUBLISH_TO", "DBT_WRITE_JSON")}
    dbt = str(Path(sys.executable).with_name("dbt"))
    places = {"project-dir": PROJECT, "profiles-dir": PROJECT, "target-path": settings.target}
    options = [text for name, path in places.items() for text in (f"--{name}", str(path))]
    command = [dbt, "build", *options, *(["--vars", variables] if variables else [])]
    sys.stdout.flush()
    return subprocess.run(command, env=environment | {"WAREHOUSE_PATH": str(settings.warehouse)}, check=False).returncode  # noqa: S603


def check_warehouse(warehouse: Path) -> None:
    """Opens the warehouse for writing and closes it again, because what dbt says where that fails is long, and no remedy.

    Raises
    ------
    PublishError
        Where the file is open elsewhere, is no database, or may not be written to.
    """
    with explained(warehouse.parent, "WAREHOUSE_PATH"):
        check_room(warehouse.parent)
    with explained(warehouse, "WAREHOUSE_PATH"):
        if warehouse.exists():
            duckdb.connect(str(warehouse)).close()


def check_room(folder: Path) -> None:
    """Makes a folder where there is none, and writes a file there that is gone at once.

    Raises
    ------
    OSError
        Where the folder cannot be made or written to, or has no room: dbt would end with a stack trace.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryFile(dir=folder) as file:
        file.write(bytes(ROOM))
