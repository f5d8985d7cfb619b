"""What the other tests call is dbt as users call it."""

import re
from pathlib import Path

import pytest

from tests.python.warehouse import PROJECT, Warehouse


@pytest.mark.parametrize("arguments", [("list", "--resource-type", "source"), ("run", "--select", "base_product__users"), ("nonsense",)])
def test_a_fork_does_what_the_command_does(arguments: tuple[str, ...], tmp_path: Path) -> None:
    """With the same success and the same words but for the times, and leaves nothing of a warehouse unwritten."""
    environments: dict[str, dict[str, str]] = {"fork": {}, "command": {"PYTHONHASHSEED": "1"}}
    found = []
    for name, environment in environments.items():
        warehouse = Warehouse(tmp_path / name, PROJECT / "sample_data")
        run = warehouse.dbt(*arguments, settings=None, **environment)
        files = sorted(path.name for path in warehouse.folder.glob("warehouse*"))
        found.append((run.succeeded, re.sub(r"\d\d:\d\d:\d\d|\d+\.\d\d", "", run.output), files))
    assert found[0] == found[1]
    assert found[0][0] == (arguments != ("nonsense",))
