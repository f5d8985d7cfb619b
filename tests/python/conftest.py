"""Warehouses that several test files read."""

from pathlib import Path

import pandas as pd
import pytest

from tests.python.people import people_of
from tests.python.warehouse import PROJECT, Warehouse


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The warehouse of the sample data, built once; not to be written to."""
    warehouse = Warehouse(tmp_path_factory.mktemp("sample"), PROJECT / "sample_data", ("product", "people", "telemetry"))
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
