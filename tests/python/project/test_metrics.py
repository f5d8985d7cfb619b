"""Every metric gives what its mart gives: without a date, over time and by an attribute, whoever asks."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
from metricflow.engine.metricflow_engine import MetricFlowEngine, MetricFlowQueryRequest
from metricflow.protocols.sql_client import SqlEngine
from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer
from metricflow_semantics.model.dbt_manifest_parser import parse_manifest_from_dbt_generated_manifest
from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

from tests.python.warehouse import PROJECT, Warehouse, surroundings

Row = tuple[Any, ...]

# days of the log with what is known of the user; the log is what daily_activity has
ACTIVITY = """
(
    select days.*, users.creation_source, features.invitation
    from marts.user_activity_days as days
    left join marts.users using (user_id)
    left join marts.user_features as features using (user_id)
    where days.date_day in (select date_day from marts.daily_activity)
)
"""
ACTIONS = """
(
    select actions.*, users.creation_source
    from marts.user_actions as actions
    left join marts.users using (user_id)
    where actions.date_day in (select date_day from marts.daily_activity)
)
"""
PLAYS = """
(
    select plays.*, users.creation_source
    from marts.plays
    left join marts.users using (user_id)
    where plays.started_on <= users.as_of
)
"""
# accounts with what adoption_rates says of them, from the dates alone
ACCOUNTS = """
(
    select
        users.creation_source,
        users.is_opted_in_to_mailing_list,
        features.invitation,
        features.organisation_size,
        adoption.created_on,
        adoption.adopted_on,
        adoption.is_matured and adoption.is_observed_from_signup as is_matured,
        date_diff('day', adoption.created_on, adoption.adopted_on) < 90 as is_adopted_in_time
    from marts.user_adoption as adoption
    join marts.users using (user_id)
    join marts.user_features as features using (user_id)
    where adoption.created_on <= adoption.as_of
)
"""
SEGMENTED = """
(
    select segments.*, users.creation_source
    from marts.user_segments as segments
    left join marts.users using (user_id)
    where segments.segment_id is not null
)
"""
SCORED = """
(
    select scores.*, users.creation_source
    from marts.user_churn_scores as scores
    left join marts.users using (user_id)
    where scores.churn_probability is not null
)
"""
MONTH, WEEK = "date_trunc('month', {})", "date_trunc('week', {})"


@dataclass(frozen=True)
class Case:
    """What a metric is to give.

    Attributes
    ----------
    sql
        The rows of groups and value.
    groups
        By what it is grouped.
    where
        What else it is asked.
    """

    sql: str
    groups: tuple[str, ...] = ()
    where: str = ""


@dataclass(frozen=True)
class Cuts:
    """Cases of metrics that count the same rows.

    Attributes
    ----------
    rows
        A relation.
    groups
        The expression of each group.
    where
        What else the metric is asked: its filter, and the same on the rows.
    """

    rows: str
    groups: dict[str, str] = field(default_factory=dict)
    where: tuple[str, str] = ("", "true")

    def cases(self, value: str) -> list[Case]:
        """Returns a case for all rows and one for each group; a group in which the metric has no row has none here."""
        source = f"from {self.rows} where {self.where[1]}"
        return [
            Case(f"select {value} {source}", where=self.where[0]),
            *(Case(f"select {group}, {value} {source} group by 1", (name,), self.where[0]) for name, group in self.groups.items()),
        ]


def months(column: str) -> dict[str, str]:
    """Returns the groups by which metrics of a day are cut."""
    return {"metric_time__week": WEEK.format(column), "metric_time__month": MONTH.format(column)}


def retention(grain: str, measure: str) -> list[Case]:
    """Returns the cases of one rate of retention: of cells, of sums of cells without an attribute, and of one attribute."""
    cells = f"marts.retention_cohorts where cohort_grain = '{grain}' and measure = '{measure}' and is_complete"
    rate = "sum(active_users) / sum(users_at_risk)"
    attribute = "creation_source"
    return [
        Case(f"select {rate} from {cells} and attribute = '(all)'"),
        Case(f"select periods_since, {rate} from {cells} and attribute = '(all)' group by 1", ("cohort__periods_since",)),
        # one cell each
        Case(
            f"select cohort_started_on, periods_since, retention_rate from {cells} and attribute = '(all)'",
            ("metric_time__day", "cohort__periods_since"),
            "{{ Dimension('cohort__attribute') }} = '(all)'",
        ),
        Case(
            f"select level, periods_since, {rate} from {cells} and attribute = '{attribute}' group by all",
            ("cohort__level", "cohort__periods_since"),
            f"{{{{ Dimension('cohort__attribute') }}}} = '{attribute}'",
        ),
    ]


def cells(value: str) -> list[Case]:
    """Returns the cases of a count of retention: by all that makes a cell."""
    names = ["cohort_grain", "periods_since", "measure", "attribute", "level"]
    groups = ("metric_time__day", *(f"cohort__{name}" for name in names))
    return [
        Case(f"select sum({value}) from marts.retention_cohorts where is_complete"),
        Case(f"select cohort_started_on, {', '.join(names)}, {value} from marts.retention_cohorts where is_complete", groups),
    ]


def levels(value: str) -> list[Case]:
    """Returns the cases of a count of action_rates: by all that makes a row, and all of it."""
    groups = ("action", "action_level__attribute", "action_level__level")
    return [
        Case(f"select sum({value}) from marts.action_rates"),
        Case(f"select action, attribute, level, {value} from marts.action_rates", groups),
        Case(f"select as_of, sum({value}) from marts.action_rates group by 1", ("metric_time__day",)),
    ]


activity = Cuts(ACTIVITY, months("date_day") | {"user_id__creation_source": "creation_source", "user_id__invitation": "invitation"})
actions = Cuts(ACTIONS, months("date_day") | {"action": "action", "user_id__creation_source": "creation_source"})
accounts = Cuts(
    ACCOUNTS,
    months("created_on")
    | {
        name: name.removeprefix("user_id__")
        for name in (
            "user_id__creation_source",
            "user_id__invitation",
            "user_id__organisation_size",
            "user_id__is_opted_in_to_mailing_list",
        )
    },
)
plays = Cuts(
    PLAYS,
    months("started_on")
    | {"play_id__platform": "platform", "play_id__hour_of_day": "hour_of_day", "user_id__creation_source": "creation_source"},
)
lifecycle = Cuts("marts.weekly_lifecycle", {"metric_time__week": "date_week"} | months("date_week"), ("", "is_complete"))
segmented = Cuts(
    SEGMENTED, {"metric_time__day": "as_of", "user_id__segment_name": "segment_name", "user_id__creation_source": "creation_source"}
)
scored = Cuts(SCORED, {"metric_time__day": "as_of", "user_id__creation_source": "creation_source"})
raw_tables = Cuts(
    "marts.source_row_counts", {"metric_time__day": "as_of", "raw_table__source": "source", "raw_table__table_name": "table_name"}
)
HIGH = "churn_risk_band = 'high'"
ADOPTED = "count(*) filter (where adopted_on is not null)"
MATURED_RATE = "count(*) filter (where is_matured and is_adopted_in_time) / nullif(count(*) filter (where is_matured), 0)"
SKIP_RATE = "count(*) filter (where is_skip) / nullif(count(is_skip), 0)"


def window(column: str) -> list[Case]:
    """Returns the cases of a window of daily_activity: at its last day, on each day, and on the last of each month."""
    return [
        Case(f"select {column} from marts.daily_activity order by date_day desc limit 1"),
        Case(f"select date_day, {column} from marts.daily_activity", ("metric_time__day",)),
        Case(
            f"select {MONTH.format('date_day')}, arg_max({column}, date_day) from marts.daily_activity group by 1", ("metric_time__month",)
        ),
    ]


def of_level(value: str, attribute: str) -> Case:
    """Returns what adoption_rates publishes for an attribute of accounts."""
    return Case(
        f"select nullif(level, '(missing)'), {value} from marts.adoption_rates where attribute = '{attribute}'", (f"user_id__{attribute}",)
    )


EXPECTED: dict[str, list[Case]] = {
    "organisations": [
        Case("select count(*) from marts.organisations"),
        Case("select as_of, count(*) from marts.organisations group by 1", ("metric_time__day",)),
        Case("select org_id, 1 from marts.organisations", ("org_id",)),
    ],
    "active_users": [
        *activity.cases("count(distinct user_id)"),
        Case("select date_day, active_users from marts.daily_activity where active_users > 0", ("metric_time__day",)),
        Case("select date_week, active_users from marts.weekly_lifecycle where active_users > 0", ("metric_time__week",)),
    ],
    "logins": [
        *activity.cases("sum(logins)"),
        Case("select date_day, logins from marts.daily_activity where active_users > 0", ("metric_time__day",)),
        Case("select sum(logins) from marts.daily_activity"),
    ],
    "actions": [*actions.cases("sum(times)"), Case("select sum(actions) from marts.daily_activity")],
    "acting_users": actions.cases("count(distinct user_id)"),
    "action_performers": [
        Case("select sum(performers) from marts.action_rates where attribute = '(all)'"),
        Case("select action, performers from marts.action_rates where attribute = '(all)'", ("action",)),
        Case("select as_of, sum(performers) from marts.action_rates where attribute = '(all)' group by 1", ("metric_time__day",)),
    ],
    "users_of_action_levels": levels("users"),
    "performers_of_action_levels": levels("performers"),
    "action_rate": [
        Case("select sum(performers) / sum(users) from marts.action_rates where attribute = '(all)'"),
        Case(
            "select as_of, sum(performers) / sum(users) from marts.action_rates where attribute = 'gender' group by 1",
            ("metric_time__day",),
        ),
        # the rate of all users, whether or not the rows of attributes are left out
        Case("select action, action_rate from marts.action_rates where attribute = '(all)'", ("action",)),
        Case(
            "select action, attribute, level, action_rate from marts.action_rates",
            ("action", "action_level__attribute", "action_level__level"),
        ),
    ],
    "weekly_active_users": window("wau"),
    "monthly_active_users": window("mau"),
    **{f"{kind}_users": lifecycle.cases(f"sum({kind}_users)") for kind in ("new", "retained", "resurrected", "churned")},
    "users_of_cohort_cells": cells("users_at_risk"),
    "active_users_of_cohort_cells": cells("active_users"),
    "weekly_retention_rate": retention("week", "on"),
    "weekly_unbounded_retention_rate": retention("week", "on_or_after"),
    "monthly_retention_rate": retention("month", "on"),
    "monthly_unbounded_retention_rate": retention("month", "on_or_after"),
    "segmented_users": [
        *segmented.cases("count(*)"),
        Case("select segment_name, users from marts.segments", ("user_id__segment_name",)),
    ],
    "segment_share": [
        Case("select 1.0"),
        Case("select segment_name, share from marts.segments", ("segment_id__segment_name",)),
        Case("select segment_name, count(*) / sum(count(*)) over () from marts.user_segments group by 1", ("segment_id__segment_name",)),
        Case("select as_of, 1.0 from marts.segments group by 1", ("metric_time__day",)),
    ],
    "plays": [
        *plays.cases("count(*)"),
        Case("select sum(plays) from marts.daily_activity"),
        Case("select date_week, plays from marts.weekly_listening where plays > 0", ("metric_time__week",)),
    ],
    "listeners": [
        *plays.cases("count(distinct user_id)"),
        Case("select date_week, listeners from marts.weekly_listening where plays > 0", ("metric_time__week",)),
    ],
    "judged_plays": plays.cases("count(is_skip)"),
    "skips": plays.cases("count(*) filter (where is_skip)"),
    "skip_rate": [
        *plays.cases(SKIP_RATE),
        Case("select skip_rate from marts.skip_rates where attribute = '(all)'"),
        Case("select nullif(level, '(missing)'), skip_rate from marts.skip_rates where attribute = 'platform'", ("play_id__platform",)),
        Case("select date_week, skip_rate from marts.weekly_listening where plays > 0", ("metric_time__week",)),
    ],
    "milliseconds_played": plays.cases("sum(ms_played)"),
    "hours_played": [
        *plays.cases("sum(ms_played) / 1000 / 60 / 60"),
        Case("select sum(minutes) / 60 from marts.daily_activity"),
    ],
    "scored_users": [
        *scored.cases("count(*)"),
        Case("select churn_risk_band, count(churn_probability) from marts.user_churn_scores group by 1", ("user_id__churn_risk_band",)),
    ],
    "high_risk_users": Cuts(scored.rows, scored.groups, ("", HIGH)).cases("count(*)"),
    "high_risk_share": scored.cases(f"nullif(count(*) filter (where {HIGH}), 0) / count(*)"),
    "signups": [
        *accounts.cases("count(*)"),
        Case("select users from marts.adoption_rates where attribute = '(all)'"),
        of_level("users", "creation_source"),
    ],
    "adopted_users": [
        *accounts.cases(ADOPTED),
        Case("select org_id, adopted_users from marts.organisations", ("user_id__org_id",), "{{ Entity('user_id__org_id') }} is not null"),
    ],
    "adoption_rate": [
        *accounts.cases(f"{ADOPTED} / count(*)"),
        Case("select adoption_rate from marts.adoption_rates where attribute = '(all)'"),
        *(of_level("adoption_rate", attribute) for attribute in ("creation_source", "invitation", "organisation_size", "signup_weekday")),
    ],
    "matured_users": accounts.cases("count(*) filter (where is_matured)"),
    "matured_adopted_users": accounts.cases("count(*) filter (where is_matured and is_adopted_in_time)"),
    "matured_adoption_rate": [
        *accounts.cases(MATURED_RATE),
        Case("select matured_rate from marts.adoption_rates where attribute = '(all)'"),
        *(of_level("matured_rate", attribute) for attribute in ("creation_source", "invitation", "organisation_size", "signup_weekday")),
    ],
    "raw_rows": raw_tables.cases("sum(raw_rows)"),
    "rejected_rows": raw_tables.cases("sum(rejected_rows)"),
    "rejected_share": [
        *raw_tables.cases("sum(rejected_rows) / sum(raw_rows)"),
        Case("select table_name, rejected_share from marts.source_row_counts", ("raw_table__table_name",)),
    ],
}


# the days of these are all that can be asked of them
BY_TIME_ALONE = {
    "weekly_active_users",
    "monthly_active_users",
    "new_users",
    "retained_users",
    "resurrected_users",
    "churned_users",
}


@pytest.fixture(scope="module")
def engine(sample: Warehouse) -> MetricFlowEngine:
    """What writes the SQL of `mf query`, of what dbt knew of the project when it built the sample."""
    manifest = parse_manifest_from_dbt_generated_manifest((sample.folder / "target" / "semantic_manifest.json").read_text())
    # only the dialect is asked of it, where nothing is run
    client: Any = SimpleNamespace(sql_engine_type=SqlEngine.DUCKDB, sql_plan_renderer=DuckDbSqlPlanRenderer())
    return MetricFlowEngine(semantic_manifest_lookup=SemanticManifestLookup(manifest), sql_client=client)


@pytest.fixture(scope="module")
def marts(sample: Warehouse) -> Iterator[duckdb.DuckDBPyConnection]:
    """The sample, opened once: there are hundreds of queries."""
    with duckdb.connect(str(sample.path), read_only=True) as connection:
        yield connection


def ask(engine: MetricFlowEngine, connection: duckdb.DuckDBPyConnection, name: str, case: Case) -> list[Row]:
    """Returns the groups and the values of a metric."""
    request = MetricFlowQueryRequest.create(
        metric_names=[name],
        group_by_names=case.groups,
        where_constraints=[case.where] if case.where else None,
    )
    sql = engine.explain(mf_request=request).sql_statement.without_descriptions.sql
    return connection.sql(f"select {', '.join([*case.groups, name])} from ({sql})").fetchall()


def comparable(rows: Iterable[Row]) -> list[Row]:
    """Returns rows in one order, with days as days and the rest of a group as words."""
    days = [tuple(value.date() if isinstance(value, datetime) else value for value in row) for row in rows]
    return sorted(((*map(str, group), value) for *group, value in days), key=lambda row: row[:-1])


def compare(engine: MetricFlowEngine, connection: duckdb.DuckDBPyConnection, name: str, case: Case) -> list[Row]:
    """Fails where a metric is not what a case expects, and returns what it is."""
    expected = comparable(connection.sql(case.sql).fetchall())
    got = comparable(ask(engine, connection, name, case))
    assert [row[:-1] for row in got] == [row[:-1] for row in expected], case
    assert any(row[-1] for row in expected), case
    for (*_, value), (*_, figure) in zip(got, expected, strict=True):
        assert value == (None if figure is None else pytest.approx(float(figure), rel=1e-12)), case
    return got


def test_every_metric_has_an_expectation(engine: MetricFlowEngine) -> None:
    """As a whole, over time and by something else, where there is something else."""
    assert sorted(metric.name for metric in engine.list_metrics()) == sorted(EXPECTED)
    for name, cases in EXPECTED.items():
        assert () in {case.groups for case in cases}, name
        groups = {group for case in cases for group in case.groups}
        by_time = {group for group in groups if group.startswith("metric_time__")}
        assert by_time, name
        assert (by_time == groups) == (name in BY_TIME_ALONE), name


def test_every_metric_says_what_it_is(engine: MetricFlowEngine) -> None:
    """To who reads the list of them, under a label of its own."""
    metrics = engine.list_metrics()
    assert len({metric.label for metric in metrics}) == len(metrics)
    for metric in metrics:
        assert metric.label, metric.name
        assert (metric.description or "").endswith("."), metric.name


@pytest.mark.parametrize("name", EXPECTED)
def test_a_metric_is_what_its_mart_says(engine: MetricFlowEngine, marts: duckdb.DuckDBPyConnection, name: str) -> None:
    """As a whole, over time and by attributes."""
    for case in EXPECTED[name]:
        compare(engine, marts, name, case)


def test_a_missing_level_is_a_group(engine: MetricFlowEngine, sample: Warehouse, tmp_path: Path) -> None:
    """Users and plays of which an attribute is not known are counted as those."""
    shutil.copy(sample.path, tmp_path)
    with duckdb.connect(str(tmp_path / sample.path.name)) as connection:
        connection.execute("update marts.users set creation_source = null where user_id % 7 = 0")
        connection.execute("update marts.plays set platform = null where play_id % 5 = 0")
        connection.execute("update marts.plays set is_skip = null where play_id % 3 = 0")
        asked = 0
        for group in ("user_id__creation_source", "play_id__platform"):
            for name in ("active_users", "acting_users", "adoption_rate", "plays", "judged_plays", "skip_rate", "segmented_users"):
                for case in EXPECTED[name]:
                    if case.groups == (group,) and "_rates" not in case.sql:
                        asked += 1
                        assert ("None",) in [row[:-1] for row in compare(engine, connection, name, case)], case
        assert asked == 10


def test_days_after_as_of_are_in_no_metric(engine: MetricFlowEngine, marts: duckdb.DuckDBPyConnection) -> None:
    """The sample has such days, which metrics would count if they asked all rows."""
    ((as_of,),) = marts.sql("select max(as_of) from marts.users").fetchall()
    for name, table, day in (("active_users", "user_activity_days", "date_day"), ("plays", "plays", "started_on")):
        assert marts.sql(f"from marts.{table} where {day} > date '{as_of}'").fetchall() != [], table
        assert max(asked.date() for asked, _ in ask(engine, marts, name, Case("", ("metric_time__day",)))) == as_of, name


@pytest.fixture(scope="module")
def mf(sample: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """Calls the command `mf` on a copy of the sample, and returns what it prints."""
    folder = tmp_path_factory.mktemp("metrics")
    (folder / "target").mkdir()
    shutil.copy(sample.path, folder)
    shutil.copy(sample.folder / "target" / "semantic_manifest.json", folder / "target")
    for name in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(PROJECT / name, folder)

    def call(*arguments: str) -> str:
        command = [str(Path(sys.executable).with_name("mf")), *arguments]
        environment = surroundings(sample.raw, WAREHOUSE_PATH=str(folder / sample.path.name))
        run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout + run.stderr

    return call


def test_the_command_answers_as_the_marts_do(mf: Callable[..., str], sample: Warehouse, tmp_path: Path) -> None:
    """Metrics of several marts side by side, as README.md shows."""
    metrics, table = "active_users,signups,matured_adoption_rate,skip_rate", tmp_path / "months.csv"
    mf("query", "--metrics", metrics, "--group-by", "metric_time__month", "--order", "metric_time__month", "--csv", str(table))
    got = comparable(duckdb.sql(f"from read_csv('{table}', header = true)").fetchall())
    day = "date_trunc('month', {}) = months.date_month"
    expected = comparable(
        sample.rows(
            f"""
            select
                date_month,
                (select count(distinct user_id) from {ACTIVITY} where {day.format("date_day")}),
                (select count(*) from {ACCOUNTS} where {day.format("created_on")}),
                (select {MATURED_RATE} from {ACCOUNTS} where {day.format("created_on")}),
                (select {SKIP_RATE} from {PLAYS} where {day.format("started_on")})
            from (select distinct date_month from marts.dates where date_day <= (select max(as_of) from marts.users)) as months
            """
        )
    )
    assert got == [tuple(pytest.approx(value) if isinstance(value, float) else value for value in row) for row in expected]
    assert None not in expected[0]


def test_the_command_finds_nothing_wrong(mf: Callable[..., str]) -> None:
    """Every dimension, entity, measure and metric can be asked of the warehouse."""
    printed = mf("validate-configs")
    assert printed.count("ERRORS: 0, FUTURE_ERRORS: 0, WARNINGS: 0") == 6
