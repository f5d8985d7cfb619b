"""Every metric gives what its mart gives: without a date, over time and by an attribute, whoever asks."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
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

from tests.python.metric_cases import ACCOUNTS, ACTIVITY, BY_TIME_ALONE, EXPECTED, MATURED_RATE, PLAYS, SKIP_RATE, Case
from tests.python.warehouse import PROJECT, Warehouse, surroundings

Row = tuple[Any, ...]


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


def test_what_is_not_known_is_counted_as_that(engine: MetricFlowEngine, sample: Warehouse, tmp_path: Path) -> None:
    """A missing level is a group, plays of which nothing is known are not judged, and actions without a day are in no period."""
    shutil.copy(sample.path, tmp_path)
    with duckdb.connect(str(tmp_path / sample.path.name)) as connection:
        connection.execute("update marts.users set creation_source = null where user_id % 7 = 0")
        connection.execute("update marts.plays set platform = null where play_id % 5 = 0")
        connection.execute("update marts.plays set is_skip = null where play_id % 3 = 0")
        connection.execute("update marts.user_actions set date_day = null where user_id % 11 = 0")
        asked = 0
        for group in ("user_id__creation_source", "play_id__platform"):
            for name in (
                "active_users",
                "actions",
                "acting_users",
                "adoption_rate",
                "plays",
                "judged_plays",
                "skip_rate",
                "segmented_users",
            ):
                for case in EXPECTED[name]:
                    if case.groups == (group,) and "_rates" not in case.sql:
                        asked += 1
                        assert ("None",) in [row[:-1] for row in compare(engine, connection, name, case)], case
        assert asked == 11


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
    # what the profile names
    for name in ("duckdb_plugins", "publishing", "upkeep"):
        (folder / name).symlink_to(PROJECT / name)

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
