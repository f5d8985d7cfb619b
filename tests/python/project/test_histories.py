"""Whatever has happened to the raw tables and the settings: the marts of an increment are those of a full refresh."""

import random
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.python.histories import SETTINGS, SOURCES, Company, deliveries, new_company
from tests.python.in_process import Build, Relation, connected, files, remembers, templates
from tests.python.warehouse import Warehouse, different

INCREMENTS = ["user_activity_days", "int_users_adoption_found"]
HISTORIES, HISTORIES_OF_A_TEST = 200, 10
Marts = dict[str, list[tuple[Any, ...]]]


def memories() -> list[str]:
    """Returns the models that are meant to depend on earlier builds.

    The snapshot, which nothing could tell anew, and the fits whose names and ids the next fit goes on with. A full refresh keeps them, as
    `dbt build --full-refresh` does, so that all marts can be compared, those of the segments' history among them.
    """
    return [name for name in files() if remembers(name)]


def built(connection: duckdb.DuckDBPyConnection, company: Company, folder: Path, settings: dict[str, Any], names: list[str]) -> None:
    """Builds models, all if none is named."""
    build = Build(connection, company.save(folder), settings | {"raw_sources": list(SOURCES)})
    for name in names or files():
        build.table(name)


def marts(connection: duckdb.DuckDBPyConnection) -> Marts:
    """Returns the rows of every mart in one order."""
    names = connection.execute("select table_name from information_schema.tables where table_schema = 'marts' order by 1").fetchall()
    return {name: connection.execute(f"from marts.{name} order by all").fetchall() for (name,) in names}


def carry(source: duckdb.DuckDBPyConnection, target: duckdb.DuckDBPyConnection, names: list[str]) -> None:
    """Copies tables from one warehouse to another."""
    for name in names:
        relation = relation_of(name)
        target.register("carried", source.execute(f"from {relation}").to_arrow_table())
        target.execute(f"create table {relation} as from carried")
        target.unregister("carried")


def relation_of(name: str) -> Relation:
    """Returns where a model stands."""
    return Relation(f"{'marts' if 'marts' in files()[name].parts else 'intermediate'}.{name}")


@pytest.fixture(scope="session")
def origin(tmp_path_factory: pytest.TempPathFactory) -> tuple[Company, duckdb.DuckDBPyConnection]:
    """A company and its warehouse, with which all histories begin; not to be changed."""
    company, connection = new_company(random.Random(5)), connected()
    built(connection, company, tmp_path_factory.mktemp("origin"), SETTINGS, [])
    empty = {mart for mart, rows in marts(connection).items() if not rows}
    assert empty <= {"action_interactions", "action_pairs", "recommendations", "rejected_rows", "segment_migrations"}
    return company, connection


def differences(seed: int, origin: tuple[Company, duckdb.DuckDBPyConnection], folder: Path) -> list[str]:
    """Returns the marts of the last build of one history that are not those of a full refresh."""
    company, warehouse = origin
    steps = deliveries(seed, company)
    with connected() as connection, connected() as refreshed:
        carry(warehouse, connection, [*INCREMENTS, *memories()])
        for step in steps[:-1]:
            # what the last build goes on from; every tenth history remembers fits and segments on the way
            built(connection, step.company, folder, step.settings, [*INCREMENTS, *(memories() if seed % 10 == 0 else [])])
        carry(connection, refreshed, memories())
        for one in (connection, refreshed):
            built(one, steps[-1].company, folder, steps[-1].settings, [])
        return [f"{seed}: {mart} after {[step.what for step in steps]}" for mart in different(marts(connection), marts(refreshed))]


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, HISTORIES, HISTORIES_OF_A_TEST))
def test_many_histories(first: int, origin: tuple[Company, duckdb.DuckDBPyConnection], tmp_path: Path) -> None:
    assert [fault for seed in range(first, first + HISTORIES_OF_A_TEST) for fault in differences(seed, origin, tmp_path)] == []


BROKEN = {
    "user_activity_days, which keeps days whose rows have all gone": ("full outer join built_days", "left join built_days"),
    "int_users_adoption_found, which goes by the old rule": (
        "case when built_users.adoption_rule = rules.adoption_rule then 0 else 1 end",
        "0",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("broken", BROKEN)
def test_the_first_histories_find_a_broken_increment(
    broken: str, origin: tuple[Company, duckdb.DuckDBPyConnection], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, (right, wrong) = files()[broken.split(",", maxsplit=1)[0]], BROKEN[broken]
    assert path.read_text().count(right) == 1
    monkeypatch.setitem(templates().models, path, templates().environment.from_string(path.read_text().replace(right, wrong)))
    assert any(differences(seed, origin, tmp_path) for seed in range(10))


@pytest.mark.slow
def test_marts_in_this_process_are_those_of_dbt(tmp_path: Path) -> None:
    """Of a first build and of an increment with other settings, so what the histories show is true of builds by dbt."""
    company = new_company(random.Random(6))
    warehouse = Warehouse(tmp_path / "warehouse", tmp_path / "raw", SOURCES)
    with connected() as connection:
        for step in [None, deliveries(3, company)[-1]]:
            now, settings = (step.company, step.settings) if step else (company, SETTINGS)
            built(connection, now, warehouse.raw, settings, [])
            warehouse.build("--exclude-resource-type", "test", settings=settings)
            by_dbt = warehouse.marts()
            assert len(by_dbt) > 60
            assert different(marts(connection), by_dbt) == []
