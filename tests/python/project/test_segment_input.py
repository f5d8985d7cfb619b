"""Usage of any company: next to nothing in it, columns that are missing, constant or its own."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.python.warehouse import Warehouse, write

WITHOUT_TESTS = ("build", "--exclude-resource-type", "test", "unit_test")
EVERYTHING = ("+segment_migrations", "+segments", "+segment_profiles", "+segment_features", "+segment_k_scores", "+segment_kpis")
ATTRIBUTES = ("+segment_attributes", "+segment_attribute_tests", "+int_segment_fits_summed", "+rejected_rows")
AS_OF = "2025-06-30"
FEW: dict[str, Any] = {
    "as_of": AS_OF,
    "segment_features": ["sessions_per_week", "engagement_score", "churn_risk_score", "rating_given", "social_shares"],
    "capped_features": ["sessions_per_week"],
    "segment_attributes": ["country", "device_type"],
    "segment_kpis": ["engagement_score", "content_downloads"],
}
# a constant feature, one that nobody has; neither social_shares nor device_type nor content_downloads is in the file
HEADER = "user_id,country,sessions_per_week,engagement_score,churn_risk_score,rating_given"
FIVE = ["1,UK,1,10,0.5,", "2,UK,2,20,0.5,", "3,US,3,30,0.5,", "4,US,400,40,,", "5,,5,50,0.5,"]
STRANGE = ["6,UK,,,,", "7,UK,inf,1,0.5,", "8,UK,-inf,1,0.5,", "9,UK,nan,1,0.5,", "10,UK,1,1e400,0.5,"]
SEGMENT_MARTS = (
    "segments",
    "user_segments",
    "segment_profiles",
    "segment_kpis",
    "segment_k_scores",
    "segment_attributes",
    "segment_attribute_tests",
    "segment_history",
    "segment_migrations",
)


def built(folder: Path, lines: list[str], settings: dict[str, Any]) -> Warehouse:
    """Builds the marts of segments from a file of usage alone."""
    raw = write(folder / "raw", app_usage="\n".join([*lines, ""]))
    warehouse = Warehouse(folder, raw, ("telemetry",))
    run = warehouse.dbt(*WITHOUT_TESTS, "--select", *EVERYTHING, *ATTRIBUTES, settings={"max_rejected_share": 1} | settings)
    assert run.succeeded, run.output
    assert "Warning" not in run.output
    return warehouse


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """Five users, and rows that are hardly any."""
    return built(tmp_path_factory.mktemp("few"), [HEADER, *FIVE, *STRANGE], FEW)


def test_five_users_are_one_segment(few: Warehouse) -> None:
    """With the verdict in words, profiles of what is known, and no reason, as there is no other segment."""
    assert few.rows("select segment_name, users, share, verdict, finding, is_stable, as_of from marts.segments") == [
        (
            "All users",
            5,
            1.0,
            "too_few_users",
            "Too few users: 5 users are not enough to tell whether there are groups (500 are needed).",
            None,
            date(2025, 6, 30),
        )
    ]
    users = few.rows("select user_id, segment_id, margin, top_reason_1, no_segment_reason from marts.user_segments order by 1")
    assert users == [*((user, 1, None, None, None) for user in range(1, 6)), (6, None, None, None, "no_features")]
    assert few.rows("select k, is_selected, silhouette from marts.segment_k_scores") == [(1, True, None)]
    assert (
        few.rows("select verdict, reason from marts.segment_attribute_tests order by 1, attribute") == [("not_tested", "one segment")] * 2
    )


def test_features_that_say_nothing_are_named(few: Warehouse) -> None:
    """A constant, one that nobody has, and one whose column is not in the file; an outlier counts as its cap."""
    features = few.rows("select feature, is_used, unused_reason, missing_users, upper_cap from marts.segment_features order by place")
    assert features == [
        ("sessions_per_week", True, None, 0, 9.5),
        ("engagement_score", True, None, 0, None),
        ("churn_risk_score", False, "the same for all users", 1, None),
        ("rating_given", False, "no values", 5, None),
        ("social_shares", False, "no values", 5, None),
    ]
    assert few.rows(
        "select users, users_without_features, features, unused_features, verdict from intermediate.int_segment_fits_summed"
    ) == [(5, 1, 2, "churn_risk_score (the same for all users), rating_given (no values), social_shares (no values)", "too_few_users")]
    kpis = few.rows("select kpi, users, values_known, mean from marts.segment_kpis order by 1")
    assert kpis == [("content_downloads", 5, 0, None), ("engagement_score", 5, 5, 30.0)]
    profiles = few.rows("select feature, values_known, mean, p10, z_score from marts.segment_profiles where place > 2 order by place")
    assert profiles[1:] == [("rating_given", 0, None, None, None), ("social_shares", 0, None, None, None)]
    assert profiles[0] == ("churn_risk_score", 4, 0.5, 0.5, None)
    levels = few.rows("select attribute, level, users from marts.segment_attributes order by 1, level_order")
    assert levels == [("country", "(other)", 4), ("country", "(missing)", 1), ("device_type", "(missing)", 5)]


def test_infinities_are_rejected(few: Warehouse) -> None:
    """With the column and the reason; a row with nothing but an id is a user without features."""
    assert few.rows("select row_number, column_name, left(reason, 12) from marts.rejected_rows order by 1") == [
        (8, "sessions_per_week", "not a number"),
        (9, "sessions_per_week", "not a number"),
        (10, "sessions_per_week", "not a number"),
        (11, "engagement_score", "impossible v"),
    ]
    for mart in SEGMENT_MARTS:
        doubles = f"select column_name from information_schema.columns where table_name = '{mart}' and data_type = 'DOUBLE'"
        for (column,) in few.rows(doubles):
            assert few.rows(f"select {column} from marts.{mart} where not isfinite({column})") == [], (mart, column)


def test_a_header_alone_is_no_user(tmp_path: Path) -> None:
    """The marts are there and empty; the run says that there are too few users."""
    warehouse = built(tmp_path, [HEADER], FEW)
    assert {mart: warehouse.rows(f"select * from marts.{mart}") for mart in SEGMENT_MARTS} == {mart: [] for mart in SEGMENT_MARTS} | {
        "segment_attribute_tests": warehouse.rows("select * from marts.segment_attribute_tests")
    }
    tests = warehouse.rows("select attribute, verdict, users, p_value from marts.segment_attribute_tests order by 1")
    assert tests == [("country", "too_few_users", 0, None), ("device_type", "too_few_users", 0, None)]
    assert warehouse.rows("select distinct is_used, unused_reason, users from marts.segment_features") == [(False, "no users", 0)]
    assert warehouse.rows("select users, features, fitted_users, verdict from intermediate.int_segment_fits_summed") == [
        (0, 0, 0, "too_few_users")
    ]


COMPANY: dict[str, Any] = {
    "as_of": AS_OF,
    "id_type": "text",
    "inputs": {
        "app_usage": {
            "from": "exports/usage.csv",
            "columns": {
                "user_id": "customer",
                "sessions_per_week": "visits",
                "balance": "coalesce(account_balance, '0')",
                "country": "Land",
            },
        }
    },
    "segment_features": ["sessions_per_week", "balance"],
    "capped_features": [],
    "segment_count": 3,
    "forced_segment_starts": 3,
    "segment_attributes": ["country"],
    "segment_kpis": ["balance"],
}


def company(folder: Path, columns: str) -> Path:
    """A company's customers: half of them visit once and owe five hundred, half visit nine times and have some money."""
    kinds = ("1,-500,AT", "9,250.5,CH")
    rows = [f"c-{customer},{kinds[customer % 2]}" for customer in range(40)]
    (folder / "exports").mkdir(parents=True)
    (folder / "exports" / "usage.csv").write_text("\n".join([columns, *rows, ""]))
    return folder


def test_a_companys_own_columns(tmp_path: Path) -> None:
    """Ids that are text, names that are mapped, a feature that may be negative, and more segments asked for than users differ."""
    warehouse = Warehouse(tmp_path, company(tmp_path / "raw", "customer,visits,account_balance,Land"), ("telemetry",))
    run = warehouse.dbt(*WITHOUT_TESTS, "--select", *EVERYTHING, *ATTRIBUTES, settings=COMPANY)
    assert run.succeeded, run.output
    assert warehouse.rows("select users, is_forced, verdict, jaccard from marts.segments order by segment_id") == [
        (20, True, "too_few_users", 1.0),
        (20, True, "too_few_users", 1.0),
    ]
    assert warehouse.rows("select segments_wanted, segments, is_forced from intermediate.int_segment_fits_summed") == [(3, 2, True)]
    reasons = (
        "select user_id, top_reason_1, top_reason_2, typeof(user_id) from marts.user_segments where user_id in ('c-0', 'c-1') order by 1"
    )
    assert warehouse.rows(reasons) == [
        ("c-0", "sessions per week: 1 (+4.00)", "balance: -500 (+4.00)", "VARCHAR"),
        ("c-1", "sessions per week: 9 (+4.00)", "balance: 250.5 (+4.00)", "VARCHAR"),
    ]
    kpis = warehouse.rows("select mean, ci_low, ci_high from marts.segment_kpis order by 1")
    assert kpis == [(-500.0, -500.0, -500.0), (250.5, 250.5, 250.5)]
    [(verdict,)] = warehouse.rows("select verdict from marts.segment_attribute_tests")
    assert verdict == "different"
    missing = Warehouse(tmp_path, company(tmp_path / "other", "customer,visits,saldo,Land"), ("telemetry",))
    run = missing.dbt("run", "--select", "base_telemetry__app_usage", settings=COMPANY)
    assert not run.succeeded
    assert "account_balance" in run.output


def test_a_feature_that_the_file_lacks_stops_the_build(tmp_path: Path) -> None:
    """With the name of the file, of the column and of the setting."""
    raw = write(tmp_path / "raw", app_usage="\n".join([HEADER, *FIVE, ""]))
    run = Warehouse(tmp_path, raw, ("telemetry",)).dbt(
        "run", "--select", "base_telemetry__app_usage", settings={"segment_features": ["sessions_per_week", "balance"]}
    )
    assert not run.succeeded
    message = " ".join(run.output.split())
    for part in ("app_usage.csv", "balance", "segment_features"):
        assert part in message
