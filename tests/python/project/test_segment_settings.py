"""What may be said of segments."""

from types import SimpleNamespace
from typing import Any

import pytest

from tests.python import macros

ACTIVITY = "first_week_active_days, first_week_logins, activity_span_days, active_days, active_days_last_28"


def check(settings: dict[str, Any]) -> None:
    """Calls check_segments, with what it asks dbt and DuckDB for."""
    words = SimpleNamespace(columns=[SimpleNamespace(values=lambda: ["group", "order"])])
    arguments = SimpleNamespace(vars=settings)
    macros.call("check_segments", settings, invocation_args_dict=arguments, graph=macros.declared_graph(), run_query=lambda _: words)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"segment_features": "sessions_per_week"}, "segment_features is sessions_per_week; it must be a list of different names"),
        ({"segment_features": {"sessions_per_week": 1}}, "it must be a list of different names"),
        ({"segment_features": 3}, "segment_features is 3; it must be a list"),
        ({"segment_features": [3]}, "segment_features is [3]; it must be a list of different names"),
        ({"segment_features": ["balance", "balance"]}, "it must be a list of different names"),
        ({"segment_features": []}, "segment_features is empty; it must name at least one number"),
        (
            {"segment_features": ["country"]},
            "segment_features names 'country', which is text; there are the numbers: age, sessions_per_week",
        ),
        ({"segment_features": ["My Balance"]}, "A feature cannot be called 'My Balance'"),
        ({"segment_features": ["My Balance"]}, "inputs.app_usage.columns.my_my_balance: My Balance"),
        ({"segment_features": ["group"]}, "A feature cannot be called 'group'"),
        ({"segment_features": ["users"]}, "A feature cannot be called 'users'"),
        ({"segment_features": ["squared_distance"]}, "A feature cannot be called 'squared_distance'"),
        (
            {"raw_sources": ["product"], "segment_features": ["balance"]},
            f"without the source telemetry there are the columns of user_features: {ACTIVITY}",
        ),
        ({"capped_features": "all"}, "capped_features is all; it must be a list of different names"),
        ({"capped_features": ["balance"]}, "capped_features names 'balance', which is no feature; there are: age, sessions_per_week"),
        ({"segment_kpis": []}, "segment_kpis is empty; it must name at least one number"),
        ({"segment_kpis": ["country"]}, "segment_kpis names 'country'; there are: age, sessions_per_week"),
        ({"segment_kpis": ["balance"]}, "segment_kpis names 'balance'; there are:"),
        ({"segment_attributes": None}, "segment_attributes is None; it must be a list of different names"),
        ({"segment_attributes": ["sessions_per_week"]}, "segment_attributes names 'sessions_per_week'; there are: gender, country"),
        ({"segment_attributes": ["age"]}, "segment_attributes names 'age'; there are: gender, country"),
        ({"segment_count": "many"}, "segment_count is 'many'; it can be auto or a whole number above 0"),
        ({"segment_count": 0}, "segment_count is '0'"),
        ({"segment_count": 2.5}, "segment_count is '2.5'"),
        ({"segment_count": True}, "segment_count is 'True'"),
        ({"track_segment_count": "many"}, "track_segment_count is 'many'; it can be auto or a whole number above 0"),
        ({"track_segment_features": "skip_rate"}, "track_segment_features is skip_rate; it must be a list of different names"),
        ({"track_segment_features": []}, "track_segment_features is empty; it must name at least one number"),
        ({"track_segment_features": ["track_name"]}, "track_segment_features names 'track_name'; there are: play_count, listeners"),
        ({"track_capped_features": ["plays"]}, "track_capped_features names 'plays'; there are: play_count, listeners"),
        ({"segment_k_range": 8}, "segment_k_range is 8; it must be the fewest segments, at least 2, and the most: [2, 8]"),
        ({"segment_k_range": "2-8"}, "segment_k_range is 2-8"),
        ({"segment_k_range": [1, 8]}, "segment_k_range is [1, 8]"),
        ({"segment_k_range": [8, 2]}, "segment_k_range is [8, 2]"),
        ({"segment_k_range": [2, 4, 8]}, "segment_k_range is [2, 4, 8]"),
        ({"segment_k_range": [2, "8"]}, "it must be the fewest segments"),
        ({"segment_name_margin": "wide"}, "segment_name_margin is 'wide'; it must be a number, 0 or more"),
        ({"segment_name_margin": None}, "segment_name_margin is 'None'; it must be a number, 0 or more"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(settings: dict[str, Any], message: str) -> None:
    """With the name and what there is."""
    with pytest.raises(ValueError, match=r".") as refusal:
        check(settings)
    assert message in str(refusal.value)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"raw_sources": ["product"]},
        {"raw_sources": ["product"], "segment_features": ["active_days"], "segment_kpis": ["active_days"]},
        {"segment_features": ["balance", "active_days", "engagement_score"], "capped_features": ["balance"], "segment_kpis": ["balance"]},
        {"capped_features": [], "segment_attributes": [], "segment_count": 1, "segment_k_range": [2, 2]},
        {"track_segment_features": ["skip_rate", "listeners"], "track_capped_features": [], "track_segment_count": 2},
        {"segment_name_margin": 0.5, "segment_attributes": ["organisation_size", "adoption_status", "gender"]},
    ],
)
def test_settings_that_can_be_meant_pass(settings: dict[str, Any]) -> None:
    """The defaults with telemetry and without it, features of a company's own, and what lies on the edge."""
    check(settings)


def test_attributes_that_segments_were_built_from_are_known() -> None:
    """An age group is made of the age, adoption of the activity; what no source in use has is left out."""

    def built_from(**settings: Any) -> dict[str, bool]:
        return {attribute["name"]: attribute["is_built_from"] for attribute in macros.call("segment_attributes", settings)}

    attributes = ["country", "age_group", "adoption_status", "creation_source"]
    by_usage = built_from(segment_attributes=attributes, segment_features=["engagement_score"])
    assert by_usage == dict.fromkeys(attributes, False)
    by_all = built_from(segment_attributes=attributes, segment_features=["age", "active_days"])
    assert by_all == {"country": False, "age_group": True, "adoption_status": True, "creation_source": False}
    assert built_from(segment_attributes=attributes, raw_sources=["telemetry"]) == {"country": False, "age_group": False}
    assert built_from(segment_attributes=attributes, raw_sources=["product"]) == {"adoption_status": False, "creation_source": False}
