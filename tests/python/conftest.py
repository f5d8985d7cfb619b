"""Warehouses that several test files read."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from playwright.sync_api import Browser
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from tests.python.browser import chromium, launched
from tests.python.people import people_of
from tests.python.published import published, published_copy
from tests.python.warehouse import PROJECT, RELAX, Warehouse

# The groups that take longest, the longest first: a worker that began one of them last would be waited for.
LONGEST = [
    "test_increments",
    "sample",
    "test_cluster_verdicts",
    "test_personal_text",
    "test_action_input",
    "test_small_input",
    "test_play_input",
    "test_raw_formats",
    "test_streaming",
    "test_track_segments",
    "test_app_usage",
    "test_segment_history",
    "test_forget",
    "test_segment_input",
    "relax",
    "test_relax_segments",
    "test_action_levels",
]


@cache
def group_of(path: Path) -> str:
    """Returns what one worker does as a whole: all files that read one warehouse of these, so that it is built once, or one other file."""
    return next((name for name in ("sample", "relax") if f"{name}: Warehouse" in path.read_text()), path.stem)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the longest groups first."""
    items.sort(key=lambda item: LONGEST.index(group_of(item.path)) if group_of(item.path) in LONGEST else len(LONGEST))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Gives workers whole groups, whatever --dist says, but slow tests one by one, so that no worker is left waiting."""
    scheduler = LoadScopeScheduling(config, log)
    if config.option.markexpr == "slow":
        scheduler._split_scope = lambda nodeid: nodeid
    else:
        scheduler._split_scope = lambda nodeid: group_of(PROJECT / nodeid.split("::", maxsplit=1)[0])
    return scheduler


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The warehouse of the sample data, built once; not to be written to."""
    warehouse = Warehouse(tmp_path_factory.mktemp("sample"), PROJECT / "sample_data", ("product", "people", "telemetry", "streaming"))
    # in several threads, as users build; with the manifest, which tests of conventions read
    warehouse.build("--threads", "4", DBT_WRITE_JSON="true")
    return warehouse


@pytest.fixture(scope="session")
def published_sample(sample: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published file of the sample."""
    return published(sample, tmp_path_factory.mktemp("published") / "published.duckdb")


@pytest.fixture(scope="session")
def published_empty(sample: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published file whose tables are all there, and all empty."""
    return published_copy(sample.path, tmp_path_factory.mktemp("published_empty") / "published.duckdb", ())


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium of the system, without a window."""
    if chromium() is None:
        pytest.skip("no Chromium is installed (tests/system_packages.sh does it)")
    with launched() as opened:
        yield opened


@pytest.fixture(scope="session")
def relax(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The warehouse of a reference product with 12,000 accounts, built once; not to be written to."""
    warehouse = Warehouse(tmp_path_factory.mktemp("relax"), RELAX)
    warehouse.build(settings={"raw_sources": ["product"]})
    return warehouse


@pytest.fixture(scope="session")
def people(sample: Warehouse) -> pd.DataFrame:
    """One row per account of the sample, with its attributes and actions from the raw lines; not to be written to."""
    return people_of(sample)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder for raw tables."""
    return tmp_path / "raw"
