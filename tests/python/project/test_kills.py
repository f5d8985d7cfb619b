"""A build that is killed at any moment, and the next build makes good what it left."""

import random
import shutil
import time
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.python import histories
from tests.python.histories import SETTINGS, SOURCES, Company, new_company
from tests.python.warehouse import Run, Warehouse, different

# the increments, the fits that remember earlier ones, the snapshot, and what is made of them
SELECTED = ("+segment_migrations", "+user_overview", "+weekly_activity", "+rejected_rows")
KILLS = 20


def build(warehouse: Warehouse, kill_after: float | None = None) -> Run:
    """Builds without tests of the data."""
    command = ("build", "--exclude-resource-type", "test", "unit_test", "--select", *SELECTED)
    run = warehouse.call(command, SETTINGS, {}, kill_after)
    assert run.succeeded or run.was_killed, run.output
    return run


@dataclass(frozen=True)
class Uninterrupted:
    """A warehouse before new raw tables, and what a build of them gives that nobody kills.

    Attributes
    ----------
    folder
        Of the warehouse before.
    raw
        The new tables.
    marts
        What comes of them.
    seconds
        How long the build takes.
    """

    folder: Path
    raw: Path
    marts: dict[str, list[tuple[Any, ...]]]
    seconds: float


def changed(company: Company) -> Company:
    """Returns a company after a day, late and corrected rows, a deletion and an erasure, so that users move between segments."""
    draw, company = random.Random(11), deepcopy(company)
    for change in (histories.append, histories.come_late, histories.correct, histories.delete, histories.erase, histories.describe_anew):
        for table in ("logins", "plays"):
            change(draw, company, table)
    return company


def copied(folder: Path, target: Path, raw: Path) -> Warehouse:
    """Returns a copy of a warehouse, with what dbt has read of the project."""
    shutil.copytree(folder, target, dirs_exist_ok=True)
    return Warehouse(target, raw, SOURCES)


@pytest.fixture(scope="session")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> Uninterrupted:
    """Both builds, once."""
    folder = tmp_path_factory.mktemp("kills")
    company = new_company(random.Random(10))
    build(Warehouse(folder / "before", company.save(folder / "raw_before"), SOURCES))
    clean = copied(folder / "before", folder / "clean", changed(company).save(folder / "raw"))
    before, start = clean.marts(), time.monotonic()
    build(clean)
    seconds = time.monotonic() - start
    marts = clean.marts()
    assert {"segment_history", "user_activity_days", "user_adoption", "segment_migrations"} <= {*different(before, marts)}
    return Uninterrupted(folder / "before", clean.raw, marts, seconds)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(KILLS))
def test_a_killed_build_is_made_good_by_the_next(seed: int, uninterrupted: Uninterrupted, tmp_path: Path) -> None:
    moment = random.Random(seed).uniform(0.02, 0.98) * uninterrupted.seconds
    while not build(killed := copied(uninterrupted.folder, tmp_path / "killed", uninterrupted.raw), moment).was_killed:
        # this build was faster than the one that was measured
        moment *= 0.8
    build(killed)
    assert different(killed.marts(), uninterrupted.marts) == []
