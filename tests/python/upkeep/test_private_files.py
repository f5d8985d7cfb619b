"""What a build writes can be read by nobody but the one who builds."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.python.warehouse import options, settings_text, surroundings, write


@pytest.fixture
def open_umask() -> Iterator[None]:
    """The umask of most machines, under which everybody may read what is written."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def open_to_others(folder: Path) -> list[str]:
    """Returns the files in a folder that others than their owner may read or write."""
    return [
        str(path.relative_to(folder)) for path in sorted(folder.rglob("*")) if path.is_file() and stat.S_IMODE(path.stat().st_mode) & 0o077
    ]


def test_a_build_is_private(folder: Path, tmp_path: Path, open_umask: None) -> None:
    """Also where an earlier build left files that everybody may read, and whatever the umask; raw tables are not touched."""
    raw = write(folder, users="object_id,creation_time\n1,2025-01-01 08:00:00\n")
    place = tmp_path / "place"
    place.mkdir()
    (place / "warehouse.duckdb.tmp").mkdir()
    (place / "logs").mkdir()
    (place / "logs" / "dbt.log.1").write_text("what dbt logged before")
    command = [
        str(Path(sys.executable).with_name("dbt")),
        "build",
        "--select",
        "base_product__users",
        "--exclude-resource-type",
        "unit_test",
        *options(place, settings_text(("product",))),
    ]
    environment = surroundings(raw, DBT_LOG_LEVEL_FILE="debug", DBT_WRITE_JSON="true")
    for _ in range(2):
        run = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout
        assert {"warehouse.duckdb", "logs/dbt.log", "logs/dbt.log.1", "target/manifest.json", "target/run_results.json"} <= {
            str(path.relative_to(place)) for path in place.rglob("*")
        }
        assert open_to_others(place) == []
        for path in place.rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o644)
        assert open_to_others(place) != []
    assert open_to_others(raw) == ["users.csv"]
