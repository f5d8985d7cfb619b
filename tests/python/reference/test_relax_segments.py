"""Accounts of a SaaS product, segmented by what they do, are one cloud; the data are not part of the project."""

import pytest

from tests.python.reference import test_relax
from tests.python.warehouse import RELAX, Warehouse

pytestmark = test_relax.pytestmark

FEATURES = ["active_days", "active_days_last_28", "days_since_last_active", "first_week_active_days", "days_since_signup"]
SELECTED = ("+segments", "+user_segments", "+segment_features", "+segment_attribute_tests")


@pytest.fixture(scope="module")
def by_activity(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The marts of segments without telemetry: features of user_features."""
    warehouse = Warehouse(tmp_path_factory.mktemp("relax_segments"), RELAX)
    settings = {"segment_features": FEATURES, "capped_features": [], "segment_kpis": ["active_days"]}
    run = warehouse.dbt("build", "--exclude-resource-type", "test", "unit_test", "--select", *SELECTED, settings=settings)
    assert run.succeeded, run.output
    return warehouse


def test_there_is_one_segment_of_all_accounts(by_activity: Warehouse) -> None:
    """Which says in words that it is no group; a first week that nobody can know yet counts as missing."""
    [(name, users, verdict, finding)] = by_activity.rows("select segment_name, users, verdict, finding from marts.segments")
    assert (name, users, verdict) == ("All users", 12_000, "no_structure")
    assert finding.startswith("No groups: ")
    assert by_activity.rows("select feature from marts.segment_features where is_used order by place") == [(name,) for name in FEATURES]
    assert by_activity.rows("select count(segment_id), count(no_segment_reason) from marts.user_segments") == [(12_000, 0)]


def test_adoption_took_part_in_the_features(by_activity: Warehouse) -> None:
    """So it is not tested; nor would anything be, with one segment."""
    assert by_activity.rows("select attribute, verdict, reason from marts.segment_attribute_tests") == [
        ("adoption_status", "not_tested", "segments_were_built_from_it")
    ]
