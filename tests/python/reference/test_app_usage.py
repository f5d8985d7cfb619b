"""The usage of 50,000 users has no groups, although a published analysis cuts it in two; the data are not part of the project."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.python.warehouse import PROJECT, Warehouse

APP_USAGE = Path(os.environ.get("REFERENCE_DATA_DIR", PROJECT.parent / "shared" / "reference")) / "app_usage"
pytestmark = pytest.mark.skipif(
    not APP_USAGE.is_dir(), reason=f"the reference data are not at {APP_USAGE}; REFERENCE_DATA_DIR names their folder"
)

SETTINGS: dict[str, Any] = {"as_of": "2025-06-30", "segment_attributes": [], "segment_kpis": ["engagement_score"]}
WITHOUT_TESTS = ("build", "--exclude-resource-type", "test", "unit_test")
FINDING = "No groups: the gap statistic chooses 1 segment"


@pytest.fixture(scope="module")
def app_usage(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The warehouse of the reference data, with as many segments as they have."""
    warehouse = Warehouse(tmp_path_factory.mktemp("app_usage"), APP_USAGE, ("telemetry",))
    selection = ("+segments", "+user_segments", "+segment_features", "+int_segment_evidence_found")
    run = warehouse.dbt(*WITHOUT_TESTS, "--select", *selection, settings=SETTINGS)
    assert run.succeeded, run.output
    return warehouse


@pytest.fixture(scope="module")
def in_two(app_usage: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The same cut in two, on all users, as the published analysis does; the verdict is on the same first users."""
    warehouse = Warehouse(tmp_path_factory.mktemp("in_two"), APP_USAGE, app_usage.sources)
    shutil.copy(app_usage.path, warehouse.path)
    marts = ("segments", "user_segments", "int_segment_evidence_found")
    selection = [f"int_segment_users_sampled+,+{mart}" for mart in marts]
    settings = SETTINGS | {"segment_count": 2, "fit_sample_users": 50_000}
    judged = ("--exclude", "int_segment_counts_fitted", "int_segment_axes_fitted")
    run = warehouse.dbt(*WITHOUT_TESTS, "--select", *selection, *judged, settings=settings)
    assert run.succeeded, run.output
    return warehouse


def test_no_row_is_rejected(app_usage: Warehouse) -> None:
    """Ratings are the only figure that is missing."""
    assert app_usage.rows("select count(*) from staging.stg_telemetry__app_usage") == [(50_000,)]
    missing = app_usage.rows("select feature from marts.segment_features where missing_users > 0")
    assert missing == [("rating_given",)]


def test_there_are_no_groups(app_usage: Warehouse) -> None:
    """One segment of everybody, which says so, and nothing that would speak for it."""
    [(name, users, share, verdict, finding, is_stable)] = app_usage.rows(
        "select segment_name, users, share, verdict, finding, is_stable from marts.segments"
    )
    assert (name, users, share, verdict, is_stable) == ("All users", 50_000, 1.0, "no_structure", None)
    assert finding.startswith(FINDING)
    assert app_usage.rows("select count(*), count(segment_id), count(margin), count(top_reason_1) from marts.user_segments") == [
        (50_000, 50_000, 0, 0)
    ]


def test_two_segments_are_what_was_published(in_two: Warehouse) -> None:
    """8,910 and 41,090 users, within 2 %, from three hundred starts; asked for, and still no groups."""
    segments = in_two.rows("select users, is_forced, is_stable, verdict, left(finding, 46) from marts.segments order by users")
    forced = (True, False, "no_structure", FINDING)
    assert segments == [(pytest.approx(8_910, rel=0.02), *forced), (pytest.approx(41_090, rel=0.02), *forced)]
    assert in_two.rows("select distinct starts, fitted_users from intermediate.int_segments_fitted") == [(300, 50_000)]
    assert in_two.rows("select count(*) from marts.user_segments where margin >= 0") == [(50_000,)]


@pytest.mark.parametrize("name", ["app_usage", "in_two"])
def test_nothing_is_recommended_on_segments_that_are_none(name: str, request: pytest.FixtureRequest) -> None:
    """Users of any cut differ in figures; recommendations on segments rest on this evidence alone (test_insights.py)."""
    warehouse = request.getfixturevalue(name)
    assert warehouse.rows("select count(*) from marts.segment_kpis") == [(1 if name == "app_usage" else 2,)]
    assert warehouse.rows("select * from intermediate.int_segment_evidence_found") == []
