"""Runs the build whose results are audited."""

import os
import subprocess
import sys
from pathlib import Path

from publishing.settings import PROJECT, Settings

ARTIFACTS = ("manifest.json", "run_results.json")


def build(settings: Settings, variables: str | None) -> int:
    """Runs `dbt build` with its output in sight, and returns its exit code.

    Parameters
    ----------
    settings
        Where the warehouse and what dbt says of it are written.
    variables
        The vars as YAML, or None.
    """
    settings.warehouse.parent.mkdir(parents=True, exist_ok=True)
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
