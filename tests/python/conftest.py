"""Warehouses that several test files read."""

from pathlib import Path

import pandas as pd
import pytest

from tests.python.people import people_of
from tests.python.warehouse import PROJECT, Warehouse

# Files whose tests take longest, the longest first: a worker that began one of them last would be waited for.
LONGEST = ["test_increments", "sample", "test_action_input", "test_small_input", "test_raw_formats", "test_relax", "test_action_levels"]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Groups tests for `--dist loadgroup`, so that nothing is built twice: those that read the sample, and the others by their file."""
    groups = {}
    for item in items:
        reads_sample = "sample" in getattr(item, "fixturenames", ())
        groups[item] = "sample" if reads_sample else item.path.stem
        item.add_marker(pytest.mark.xdist_group(groups[item]))
    items.sort(key=lambda item: LONGEST.index(groups[item]) if groups[item] in LONGEST else len(LONGEST))


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The warehouse of the sample data, built once; not to be written to."""
    warehouse = Warehouse(tmp_path_factory.mktemp("sample"), PROJECT / "sample_data", ("product", "people"))
    warehouse.build()
    return warehouse


@pytest.fixture(scope="session")
def people(sample: Warehouse) -> pd.DataFrame:
    """One row per account of the sample, with its attributes and actions from the raw lines; not to be written to."""
    return people_of(sample)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder for raw tables."""
    return tmp_path / "raw"
