"""Warehouses that several test files read."""

from pathlib import Path

import pytest

from tests.python.warehouse import PROJECT, Warehouse


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The warehouse of the sample data, built once; not to be written to."""
    warehouse = Warehouse(tmp_path_factory.mktemp("sample"), PROJECT / "sample_data", ("product", "people"))
    warehouse.build()
    return warehouse


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder for raw tables."""
    return tmp_path / "raw"
