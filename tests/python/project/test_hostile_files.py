"""Whatever stands in a raw file: nothing of it is executed, no row vanishes, and a build that stops says at which file."""

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.python.in_process import Build, RefusedError, connected
from tests.python.mutations import (
    MUTATIONS,
    PRODUCT,
    mutated_rows,
    physical_lines,
    rows_of,
    write_json_lines,
    write_parquet,
)
from tests.python.warehouse import PROJECT

TABLES = {
    "users": "product",
    "user_engagement": "product",
    "user_profiles": "people",
    "user_actions": "people",
    "app_usage": "telemetry",
    "plays": "streaming",
}
LINES = 60
SEEDS_OF_A_TEST = 20
FEW, MANY = range(40), range(40, 600, SEEDS_OF_A_TEST)


@dataclass(frozen=True)
class Attack:
    """A raw table as an attacker delivers it.

    Attributes
    ----------
    table
        Its name.
    file
        Where it lies.
    how
        What was done to it.
    rows
        How many rows it has.
    settings
        By which the build reads it.
    """

    table: str
    file: Path
    how: str
    rows: int
    settings: dict[str, Any]


def excerpt(table: str) -> bytes:
    """Returns the first lines of a table of the sample."""
    return b"".join((PROJECT / "sample_data" / f"{table}.csv").read_bytes().splitlines(keepends=True)[: LINES + 1])


def tree(folder: Path) -> dict[Path, bytes]:
    """Returns all files below a folder with what stands in them."""
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def delivered(seed: int, folder: Path) -> Attack:
    """Writes the tables of one source, one of them as an attacker delivers it: as CSV, in every fifth case as Parquet or JSON."""
    draw = random.Random(seed)
    table = list(TABLES)[seed % len(TABLES)]
    raw, canary = folder / "raw", folder / "canary"
    raw.mkdir(parents=True)
    canary.mkdir()
    plain = {name: excerpt(name) for name, source in TABLES.items() if source == TABLES[table]}
    how = draw.choice(["csv"] * 8 + ["parquet", "json"])
    settings: dict[str, Any] = {"raw_sources": [TABLES[table]]}
    if how == "csv":
        mutations = draw.sample(MUTATIONS, draw.choice([1, 1, 2, 3]))
        data = plain.pop(table)
        for mutate in mutations:
            data = mutate(draw, data, canary)
        file, rows = raw / f"{table}.csv", physical_lines(data)
        file.write_bytes(data)
        how = ", ".join(mutate.__name__ for mutate in mutations)
    else:
        changed = mutated_rows(draw, rows_of(plain.pop(table)), canary)
        rows = len(changed)
        if how == "parquet":
            file = raw / f"{table}.parquet"
            write_parquet(draw, file, changed)
            settings["inputs"] = {table: {"from": file.name}}
        else:
            file = raw / f"{table}.json"
            write_json_lines(draw, file, changed)
            settings["inputs"] = {table: {"from": f"(select * from read_json('{file}', format = 'newline_delimited'))"}}
    for name, data in plain.items():
        (raw / f"{name}.csv").write_bytes(data)
    return Attack(table, file, how, rows, settings)


def worked_out(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Returns the tables in which a product stands that only somebody who executes a text could know."""
    tables = "select table_schema || '.' || table_name from information_schema.tables where table_schema in ('staging', 'marts')"
    return [
        table
        for (table,) in connection.execute(tables).fetchall()
        if connection.execute(f"select bool_or(contains(cast(rows as varchar), '{PRODUCT}')) from {table} as rows").fetchall() == [(True,)]
    ]


def faults(seed: int, folder: Path) -> list[str]:
    """Returns what is wrong with how one attack ends."""
    attack = delivered(seed, folder)
    before = tree(folder)
    found = []
    with connected() as connection:
        try:
            build = Build(connection, folder / "raw", attack.settings)
            build.table("rejected_rows")
            build.table("source_row_counts")
        except RefusedError as refusal:
            if attack.file.name not in str(refusal) and attack.table not in str(refusal):
                found.append(f"does not name the file: {refusal}")
            if PRODUCT in str(refusal):
                found.append(f"works out a value: {refusal}")
        except duckdb.Error as error:
            found.append(f"an error of DuckDB: {type(error).__name__}: {str(error)[:300]}")
        else:
            of_table = f"where table_name = '{attack.table}'"
            columns = "raw_rows, accepted_rows, rejected_rows, excluded_rows"
            counts = connection.execute(f"select {columns} from marts.source_row_counts {of_table}").fetchall()
            [(listed,)] = connection.execute(f"select count(*) from marts.rejected_rows {of_table}").fetchall()
            for raw, accepted, rejected, excluded in counts:
                if not raw == attack.rows == accepted + rejected + excluded or listed != rejected:
                    fates = f"{accepted} accepted, {rejected} rejected, {excluded} excluded"
                    found.append(f"{attack.rows} rows: {raw} raw, {fates}, {listed} listed")
            if len(counts) != 1:
                found.append(f"counted {len(counts)} times")
            found += [f"works out a value: {place}" for place in worked_out(connection)]
    after = tree(folder)
    found += [f"writes {path}" for path in after if after[path] != before.get(path)]
    found += [f"removes {path}" for path in before if path not in after]
    return [f"{seed} ({attack.table}, {attack.how}): {fault}" for fault in found]


def test_few_hostile_files(tmp_path: Path) -> None:
    assert [fault for seed in FEW for fault in faults(seed, tmp_path / str(seed))] == []


@pytest.mark.slow
@pytest.mark.parametrize("first", MANY)
def test_many_hostile_files(first: int, tmp_path: Path) -> None:
    assert [fault for seed in range(first, first + SEEDS_OF_A_TEST) for fault in faults(seed, tmp_path / str(seed))] == []
