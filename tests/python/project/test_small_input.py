"""Tables with nothing or next to nothing in them build, and the marts say nothing that the tables do not."""

import json
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from python_models.methods.evaluation import METRICS
from tests.python.warehouse import LOGIN_AREAS, PROJECT, Warehouse, write

USERS_HEADER = "object_id,creation_time,creation_source,org_id"
LOGINS_HEADER = "time_stamp,user_id,visited"


def tables(folder: Path, users: list[str], logins: list[str]) -> Path:
    """Writes the lines of both tables under their headers."""
    return write(
        folder,
        users="\n".join([USERS_HEADER, *users, ""]),
        user_engagement="\n".join([LOGINS_HEADER, *logins, ""]),
    )


MARTS = PROJECT / "models" / "marts"
# of the areas that accounts and logins fill those that are not about all areas
AREAS = (*LOGIN_AREAS, "churn", "retention")


@cache
def declared_columns() -> set[tuple[str, str, str]]:
    """Returns mart, name and type of every column that the project declares."""
    with TemporaryDirectory() as folder:
        run = Warehouse(Path(folder), PROJECT / "sample_data").dbt("parse", DBT_WRITE_JSON="true")
        assert run.succeeded, run.output
        manifest = json.loads((Path(folder) / "target" / "manifest.json").read_text())
    return {
        (node["name"], column["name"], column["data_type"].upper())
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["schema"] == "marts"
        for column in node["columns"].values()
    }


def marts_as_declared(warehouse: Warehouse, *areas: str) -> dict[str, list[tuple[Any, ...]]]:
    """Returns the marts of some areas, or all, once they are there with their types, and no figure is NaN or infinite."""
    found = warehouse.rows("select table_name, column_name, data_type from information_schema.columns where table_schema = 'marts'")
    folders = areas or sorted({path.parent.name for path in MARTS.rglob("*.sql")})
    names = {path.stem for area in folders for path in (MARTS / area).glob("*.sql")}
    assert len(names) > 10
    built = {mart for mart, _, _ in found}
    assert names <= built
    assert set(found) == {column for column in declared_columns() if column[0] in built}
    for mart, column, data_type in found:
        if data_type == "DOUBLE":
            assert warehouse.rows(f"select {column} from marts.{mart} where not isfinite({column})") == [], (mart, column)
    return warehouse.marts()


def counts(users: int, logins: int, as_of: date | None) -> list[tuple[Any, ...]]:
    """Returns source_row_counts of tables whose rows are all accepted and dated by as_of."""
    return [
        ("product", "user_engagement", logins, logins, 0, 0, 0, 0.0 if logins else None, as_of),
        ("product", "users", users, users, 0, 0, 0, 0.0 if users else None, as_of),
    ]


def nothing_is_fitted(warehouse: Warehouse) -> bool:
    """Tells whether every model says that it has too few users, or too few of an outcome, and publishes no figure."""
    return (
        warehouse.rows("select distinct area, verdict from marts.model_runs order by 1, 2")
        == [
            ("adoption", "too_few_outcomes"),
            ("churn", "too_few_outcomes"),
            ("plays", "too_few_outcomes"),
            ("plays", "too_few_tracks"),
            ("segments", "too_few_users"),
        ]
        and warehouse.rows("select distinct value, ci_low, ci_high, is_best, verdict from marts.skip_model_scores")
        == [(None, None, None, False, "too_few_outcomes")]
        and all(
            warehouse.rows(f"select distinct value, ci_low, ci_high, verdict from marts.{area}_model_scores")
            == [(None, None, None, "too_few_outcomes")]
            and warehouse.rows(f"select * from marts.{area}_coefficients") == []
            for area in ("adoption", "churn")
        )
    )


@pytest.mark.parametrize(
    "settings", [pytest.param({}, id="tables without a row"), pytest.param({"raw_sources": []}, id="no source at all")]
)
def test_without_rows_every_mart_is_there_and_empty(tmp_path: Path, settings: dict[str, Any]) -> None:
    """Unit tests are part of this build. Without a source there is no file either; as_of is unknown."""
    raw = tmp_path / "nowhere" if settings else tables(tmp_path / "raw", [], [])
    warehouse = Warehouse(tmp_path, raw)
    run = warehouse.dbt("build", settings=settings)
    assert run.succeeded, run.output
    marts = marts_as_declared(warehouse)
    assert marts.pop("source_row_counts") == ([] if settings else counts(0, 0, None))
    assert len(marts.pop("model_runs")) == 11
    assert len(marts.pop("adoption_model_scores")) == 4 * 2 * len(METRICS)
    assert len(marts.pop("churn_model_scores")) == 2 * (2 * len(METRICS) + 1)
    assert len(marts.pop("skip_model_scores")) == 3 * 2 * len(METRICS)
    assert nothing_is_fitted(warehouse)
    assert warehouse.rows("select distinct is_used, unused_reason from marts.segment_features") == [(False, "no users")]
    assert warehouse.rows("select distinct verdict from marts.segment_attribute_tests") in ([], [("too_few_users",)])
    marts |= {"segment_features": [], "segment_attribute_tests": []}
    # headlines are always there and count to nought at most; an empty table is all that there is to do something about
    assert len(marts.pop("key_insights")) > 20
    assert {value for (value,) in warehouse.rows("select value from marts.key_insights")} == {0, None}
    assert warehouse.rows("select count(*) from marts.key_insights where (value is null) = (note is null)") == [(0,)]
    marts.pop("recommendations")
    assert warehouse.rows("select rule_id, evidence_key from marts.recommendations order by place") == (
        [] if settings else [("empty_table", f"source = 'product' and table_name = '{table}'") for table in ("user_engagement", "users")]
    )
    assert {name: rows for name, rows in marts.items() if rows} == {}
    assert warehouse.rows("select as_of, log_started_on from intermediate.int_observation_bounded") == [(None, None)]


def test_five_users_are_enough(tmp_path: Path) -> None:
    """User 1 has 3 days in 7, user 2 needs 8 for them; after 9 days nobody else has had the time to adopt."""
    users = [f"{user},2025-03-01 08:00:00,SIGNUP," for user in range(1, 6)]
    logins = [
        *(f"2025-03-0{day} 09:00:00,1,1" for day in (1, 2, 7)),
        *(f"2025-03-0{day} 09:00:00,2,1" for day in (1, 2, 8)),
        *(f"2025-03-0{day} 09:00:00,3,1" for day in (1, 9)),
    ]
    warehouse = Warehouse(tmp_path, tables(tmp_path / "raw", users, logins))
    warehouse.build()
    marts = marts_as_declared(warehouse)
    assert marts["source_row_counts"] == counts(5, 8, date(2025, 3, 9))
    assert warehouse.rows(
        """
        select user_id, adoption_status, adopted_on, days_to_adoption, is_matured, active_days, last_active_on, as_of
        from marts.user_adoption
        order by user_id
        """
    ) == [
        (1, "adopted", date(2025, 3, 7), 6, False, 3, date(2025, 3, 7), date(2025, 3, 9)),
        (2, "still_open", None, None, False, 3, date(2025, 3, 8), date(2025, 3, 9)),
        (3, "still_open", None, None, False, 2, date(2025, 3, 9), date(2025, 3, 9)),
        (4, "still_open", None, None, False, 0, None, date(2025, 3, 9)),
        (5, "still_open", None, None, False, 0, None, date(2025, 3, 9)),
    ]
    [(*rates, low, high)] = warehouse.rows(
        "select users, adopted_users, adoption_rate, ci_low, ci_high from marts.adoption_rates where attribute = '(all)'"
    )
    assert rates == [5, 1, 0.2]
    # not narrower than Wilson's interval of 1 in 5, which is 0.0362 to 0.6245
    assert 0 < low < 0.0363
    assert 0.6244 < high < 1
    assert warehouse.rows("select distinct matured_users, matured_rate, matured_ci_low, matured_ci_high from marts.adoption_rates") == [
        (0, None, None, None)
    ]
    assert (marts["organisations"], marts["adoption_curves"], marts["adoption_thresholds"]) == ([], [], [])
    assert [row[0] for row in marts["dates"]] == [date(2025, 3, day) for day in range(1, 10)]
    assert nothing_is_fitted(warehouse)
    assert warehouse.rows("select user_id, adoption_probability, no_score_reason from marts.user_adoption_scores order by user_id") == [
        (1, None, "adopted_in_first_week"),
        *((user, None, "model_not_fitted") for user in range(2, 6)),
    ]
    assert warehouse.rows("select user_id, churn_probability, no_score_reason from marts.user_churn_scores order by user_id") == [
        (user, None, "log_too_short") for user in range(1, 6)
    ]


def test_accounts_without_a_login_are_judged_by_their_age(tmp_path: Path) -> None:
    """The days of the accounts set the clock. Nobody knows whether a log that has no row was kept, so no rate is given."""
    users = ["1,2025-01-01 08:00:00,SIGNUP,7", "2,2025-03-31 08:00:00,SIGNUP,7", "3,2025-01-02 08:00:00,,"]
    warehouse = Warehouse(tmp_path, tables(tmp_path / "raw", users, []))
    warehouse.build()
    marts = marts_as_declared(warehouse)
    assert marts["source_row_counts"] == counts(3, 0, date(2025, 3, 31))
    assert warehouse.rows(
        """
        select user_id, adoption_status, is_matured, is_observed_from_signup, active_days, last_active_on, as_of
        from marts.user_adoption
        order by user_id
        """
    ) == [
        (1, "not_adopted", True, False, 0, None, date(2025, 3, 31)),
        (2, "still_open", False, False, 0, None, date(2025, 3, 31)),
        (3, "still_open", False, False, 0, None, date(2025, 3, 31)),
    ]
    assert warehouse.rows(
        "select users, adopted_users, adoption_rate, matured_users, matured_rate from marts.adoption_rates where attribute = '(all)'"
    ) == [(3, 0, 0.0, 0, None)]
    assert warehouse.rows("select org_id, users, users_ever_active, adoption_rate, last_active_on from marts.organisations") == [
        (7, 2, 0, 0.0, None)
    ]
    assert (marts["user_activity_days"], marts["weekly_activity"], marts["adoption_curves"], marts["adoption_thresholds"]) == (
        [],
        [],
        [],
        [],
    )


def test_logins_without_an_account_are_users_of_unknown_age(tmp_path: Path) -> None:
    """They adopt and are judged from their first login, and no rate counts them."""
    logins = [
        *(f"2025-01-0{day} 09:00:00,1,1" for day in (1, 2, 3)),
        "2025-01-01 09:00:00,2,1",
        "2025-03-31 09:00:00,3,1",
    ]
    warehouse = Warehouse(tmp_path, tables(tmp_path / "raw", [], logins))
    warehouse.build()
    marts = marts_as_declared(warehouse)
    assert marts["source_row_counts"] == counts(0, 5, date(2025, 3, 31))
    assert warehouse.rows(
        """
        select user_id, has_account, created_at, adoption_status, adopted_on, days_to_adoption, is_matured, active_days
        from marts.user_adoption
        order by user_id
        """
    ) == [
        (1, False, None, "adopted", date(2025, 1, 3), None, True, 3),
        (2, False, None, "not_adopted", None, None, True, 1),
        (3, False, None, "still_open", None, None, False, 1),
    ]
    assert [row[0] for row in marts["users"]] == [row[0] for row in marts["user_overview"]] == [1, 2, 3]
    for mart in ("adoption_rates", "adoption_curves", "adoption_thresholds", "organisations"):
        assert marts[mart] == []


def test_one_organisation_counts_as_one_user(tmp_path: Path) -> None:
    """Half of its 4 users adopt; nothing is known of how organisations differ, so the interval leaves nearly all open."""
    users = [f"{user},2025-01-01 08:00:00,SIGNUP,7" for user in range(1, 5)]
    logins = [f"2025-01-0{day} 09:00:00,{user},1" for user in (1, 2) for day in (1, 2, 3)]
    warehouse = Warehouse(tmp_path, tables(tmp_path / "raw", users, logins))
    warehouse.build(areas=AREAS, settings={"as_of": "2025-12-31"})
    marts_as_declared(warehouse, *AREAS)
    # Wilson's interval of 2 in 4, from a table
    half = (0.5, pytest.approx(0.1500, abs=5e-5), pytest.approx(0.8500, abs=5e-5))
    assert warehouse.rows("select org_id, users, adopted_users, adoption_rate, ci_low, ci_high from marts.organisations") == [
        (7, 4, 2, *half)
    ]
    rates = warehouse.rows(
        """
        select distinct users, adopted_users, clusters, design_effect, matured_users, matured_adopted_users, matured_clusters,
            matured_design_effect
        from marts.adoption_rates
        """
    )
    assert rates == [(4, 2, 1, 4.0, 4, 2, 1, 4.0)]
    assert warehouse.rows("select max(ci_low) < 0.02, min(ci_high) > 0.98, max(effective_users) <= 1 from marts.adoption_rates") == [
        (True, True, True)
    ]


def test_when_all_adopt_on_day_2_nobody_is_left_to_compare_with(tmp_path: Path) -> None:
    """30 users are active on days 0, 1 and 2 of their lives and never again."""
    first = datetime(2025, 1, 1, 9)
    users = [f"{user},{first + timedelta(days=user)},SIGNUP,{user % 3}" for user in range(30)]
    logins = [f"{first + timedelta(days=user + day)},{user},1" for user in range(30) for day in range(3)]
    warehouse = Warehouse(tmp_path, tables(tmp_path / "raw", users, logins))
    warehouse.build(areas=AREAS, settings={"as_of": "2025-12-31"})
    marts_as_declared(warehouse, *AREAS)
    assert warehouse.rows(
        """
        select adoption_status, days_to_adoption, is_adopted_within_horizon, active_days, count(*)
        from marts.user_adoption
        group by all
        """
    ) == [("adopted", 2, True, 3, 30)]
    assert warehouse.rows("select distinct adoption_rate, ci_high, matured_rate, matured_ci_high from marts.adoption_rates") == [
        (1.0, 1.0, 1.0, 1.0)
    ]
    # how alike the users of the 3 organisations are cannot be seen where all are alike: 10 users each count as one
    assert warehouse.rows("select clusters, design_effect from marts.adoption_rates where attribute = '(all)'") == [(3, 10.0)]
    assert warehouse.rows(
        """
        select days_since_signup, at_risk, adopted, adopted_share, ci_low, ci_high
        from marts.adoption_curves
        where attribute = '(all)'
        order by days_since_signup
        """
    ) == [
        # none of 30, worth 3, with t for 2 degrees of freedom: 1 - 0.025 ** ((4.30 / 1.96) ** 2 / 3)
        (0, 30, 0, 0.0, 0.0, pytest.approx(0.997, abs=2e-3)),
        (1, 30, 0, 0.0, 0.0, pytest.approx(0.997, abs=2e-3)),
        (2, 30, 30, 1.0, None, None),
    ]
    assert warehouse.rows(
        """
        select min_days <= 3 as is_met, users, users_met, retained_if_met, retained_if_not, phi
        from marts.adoption_thresholds
        group by all
        order by is_met
        """
    ) == [(False, 30, 0, None, 0.0, None), (True, 30, 30, 0.0, None, None)]


def test_when_nobody_adopts_rates_are_zero_and_curves_flat(tmp_path: Path) -> None:
    """30 users log in twice within 7 days: once too few."""
    first = datetime(2025, 1, 1, 9)
    users = [f"{user},{first},SIGNUP," for user in range(30)]
    logins = [f"{first + timedelta(days=day)},{user},1" for user in range(30) for day in (0, 6)]
    warehouse = Warehouse(tmp_path, tables(tmp_path / "raw", users, logins))
    warehouse.build(areas=AREAS, settings={"as_of": "2025-03-31"})
    marts_as_declared(warehouse, *AREAS)
    assert warehouse.rows(
        "select distinct adoption_status, adopted_on, days_to_adoption, is_adopted_within_horizon from marts.user_adoption"
    ) == [("not_adopted", None, None, False)]
    # none of 30: 1.96 ** 2 / (30 + 1.96 ** 2)
    none = (0.0, 0.0, pytest.approx(0.1135, abs=5e-5))
    assert warehouse.rows(
        """
        select adoption_rate, ci_low, ci_high, matured_rate, matured_ci_low, matured_ci_high
        from marts.adoption_rates
        group by all
        """
    ) == [(*none, *none)]
    curve = warehouse.rows(
        "select days_since_signup, at_risk, adopted_share, ci_low from marts.adoption_curves where attribute = '(all)' order by 1"
    )
    assert curve == [(day, 30, 0.0, 0.0) for day in range(90)]
