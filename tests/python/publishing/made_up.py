"""A small warehouse with all that is awkward, whose versions can be told from one another, and the manifest that dbt would write of it."""

import json
from pathlib import Path
from typing import Any

import duckdb

ROWS = 2000
LONG = "A word and " * 400


def node(schema: str, name: str, **columns: str) -> dict[str, Any]:
    """Returns a mart or lookup as a manifest has it."""
    return {
        "resource_type": "model" if schema == "marts" else "seed",
        "schema": schema,
        "name": name,
        "description": f"One row per row of {name}; it's described. {LONG if name == 'groups' else ''}",
        "original_file_path": f"models/{schema}/{name}.sql",
        "columns": {column: {"name": column, "description": text} for column, text in columns.items()},
    }


def manifest_of(*left_out: str) -> dict[str, Any]:
    """Returns the manifest, without some tables."""
    nodes = {
        "model.made_up.users": node(
            "marts", "users", user_id="The user's id; 'quoted' \\ — 😀", version="Version of the build.", as_of="Clock."
        ),
        "model.made_up.groups": node("marts", "groups", level=LONG, rows="Rows.", parts="Parts.", sizes="Sizes.", place="Place."),
        "model.made_up.numbers": node("marts", "numbers", value="A number.", total="A large one.", price="A price."),
        "seed.made_up.words": node("lookups", "words", word="A word."),
    }
    kept = {identity: each for identity, each in nodes.items() if each["name"] not in left_out}
    return {"metadata": {"dbt_version": "1.11.0", "invocation_id": "made-up"}, "nodes": kept}


def results_of(**statuses: str) -> dict[str, Any]:
    """Returns the results of a build in which all succeeded, but for what is named."""
    results = [
        {"unique_id": identity, "status": statuses.get(each["name"], "success"), "message": "OK"}
        for identity, each in manifest_of()["nodes"].items()
    ]
    return {"metadata": {"invocation_id": "made-up"}, "results": results}


def build(path: Path, version: int) -> Path:
    """Builds a version of the warehouse, a stale mart and personal data included, and returns its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as connection:
        for schema in ("marts", "lookups", "staging"):
            connection.execute(f"create schema {schema}")
        connection.execute(
            f"""
            create table marts.users (user_id bigint not null, version integer, as_of date);
            insert into marts.users select i * 7919 % {ROWS}, {version}, date '2025-06-30' from range({ROWS}) as t(i);
            create table marts.groups (
                level varchar, "rows" integer, parts integer[], sizes struct(a integer, b varchar), place map(varchar, double),
                seen_at timestamp, is_it boolean
            );
            insert into marts.groups values
                ('Ümläut 😀 ''quoted'' "twice" \\ %', 1, [1, 2], {{'a': 1, 'b': 'x'}}, map {{'k': 0.5}},
                    '2025-06-30 12:34:56.789012', true),
                ('ümläut 😀 ''quoted'' "twice" \\ %', 2, [], null, map {{}}, '1969-12-31 23:59:59', false),
                ('{"long " * 100}', null, null, null, null, null, null),
                ('', 3, [null], null, null, null, null);
            create table marts.numbers (value double, total hugeint, price decimal(18, 4));
            insert into marts.numbers values
                (0.1, 170141183460469231731687303715884105727, 1.2345), ('nan', -1, -0.0001), ('inf', null, null),
                (null, 0, 0), (1e-300, 1, 99999999999999.9999), (1.7976931348623157e308, 2, 1);
            create table marts.stale as select 1 as x;
            create table staging.people as select 'somebody@example.org' as email;
            create table lookups.words as select 'version {version}' as word;
            """
        )
    return path


def target(folder: Path, **statuses: str) -> Path:
    """Writes what dbt would write of a build into a folder, and returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "manifest.json").write_text(json.dumps(manifest_of()))
    (folder / "run_results.json").write_text(json.dumps(results_of(**statuses)))
    return folder
