"""Texts from files, databases and settings are taken letter by letter, wherever they come in.

And the build opens nothing but what its settings name.
"""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pandas as pd
import pytest
from dbt.adapters.duckdb.credentials import DuckDBCredentials

from duckdb_plugins.settings import Plugin
from tests.python import macros
from tests.python.warehouse import Run, Warehouse

SOURCES = ("product", "people", "telemetry", "streaming")
# what the raw layer publishes, with all that it is made of
RAW_LAYER = (
    "--select",
    "+source_row_counts",
    "+rejected_rows",
    "stg_people__user_profiles",
    "stg_telemetry__app_usage",
    "stg_product__logins",
)
# breaks out of a name in double quotes, closes the view, writes a file, and makes the rest of the statement SQL again
NAME = (
    "p\" from (select ['1'] as fields)) select 1 as one); copy (select 1) to '{canary}'; "
    'create view pwned as (with raw_rows as (select 1 as "q'
)
VALUES = (
    "'; copy (select 1) to '{canary}'; --",
    "\"; copy (select 1) to '{canary}'; --",
    "{{{{ run_query(\"copy (select 1) to '{canary}'\") }}}}",
    "{{% do run_query(\"copy (select 1) to '{canary}'\") %}}",
    "$$; copy (select 1) to '{canary}'; $$",
    "=cmd|' /C calc'!A1",
    "\\'; --",
    "${{7*7}} %s ? :x",
)


def csv_line(*fields: str) -> str:
    """Returns a line of quoted fields."""
    return ",".join('"' + field.replace('"', '""') + '"' for field in fields)


@pytest.fixture(scope="module")
def canary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file in a folder of its own, which exists once a text was executed."""
    return tmp_path_factory.mktemp("canary") / "written.csv"


def hostile_tables(folder: Path, name: str, values: list[str]) -> dict[str, Any]:
    """Writes a table of each form, with hostile names of columns and files and hostile values; returns the settings that read them."""
    users = [csv_line("object_id", "creation_time", "creation_source", name, "{{ 7 * 7 }}")]
    users += [csv_line(str(place), "2025-01-01 08:00:00", value, value, value) for place, value in enumerate(values)]
    (folder / "users.csv").write_text("\n".join([*users, ""]))
    # column names are quoted where they are named: a number that may be NaN, and one that a rule names
    logins = pd.DataFrame(
        {"time_stamp": ["2025-01-02 09:00:00", "?"], "user_id": ["1", values[0]], name: [1.5, 2.5], 'o\'clock "x"': ["9", "9"]}
    )
    (folder / "logins'; select 1; --").mkdir()
    logins.to_parquet(folder / "logins'; select 1; --" / 'of "1" [day] {{ 7 * 7 }}.parquet')
    profiles = [{"user_id": place, "gender": value, name: value} for place, value in enumerate(values)]
    # beside the folder, so that nothing else opens what lies in it
    (folder.parent / "pro'files.json").write_text("\n".join(json.dumps(profile) for profile in profiles))
    # beside the folder: DuckDB takes what stands after a question mark in a database's path for options
    databases = [folder.parent / f"c'r\"m {number}.duckdb" for number in (1, 2)]
    with duckdb.connect(str(databases[0])) as database:
        columns = ", ".join(
            [f'1.5 as "{name.replace(chr(34), chr(34) * 2)}"', "1 as user_id", "'\"''; --' as country", "3 as engagement_score"]
        )
        database.execute(f"create table usage as select {columns}")
    # each file can be attached once
    shutil.copy(*databases)
    plays = [csv_line("ts", "spotify_track_uri", "ms_played", "user_id", "track_name", "platform")]
    plays += [csv_line("2025-01-03T10:00:00Z", f"track:{value}", "1000", "1", value, value) for value in values]
    (folder / "plays.csv").write_text("\n".join([*plays, ""]))
    rule = '"o\'clock ""x""" = \'9\''
    return {
        "max_rejected_share": 1,
        "profile_attributes": [{"name": "gender", "type": "categorical"}],
        "action_models": [{"name": 'it\'s "x"', "terms": ["gender"]}],
        "no_organisation_value": "7",
        "segment_features": ["engagement_score"],
        "capped_features": [],
        "segment_kpis": ["engagement_score"],
        "attached_databases": {"crm": str(databases[0]), 'crm"; --': str(databases[1])},
        "inputs": {
            "user_engagement": {"from": "logins'; select 1; --/*.parquet", "only": rule},
            "user_profiles": {"from": f"(select * from read_json('{folder.parent}/pro''files.json'))"},
            "user_actions": {"from": "(select 1 as user_id, 'share' as action)"},
            "app_usage": {"from": "crm.main.usage"},
        },
    }


@pytest.fixture(scope="module")
def hostile(canary: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Warehouse, list[str], Run]:
    """The raw layer of hostile tables in a folder whose name is hostile, too; the values, and what the build said."""
    folder = tmp_path_factory.mktemp("hostile") / "r'a\"w [1] * ? {{ 7 * 7 }}; --"
    folder.mkdir()
    # what the folder's name would match as a pattern
    (folder.parent / "r'a\"w 1 other ? {{ 7 * 7 }}; --").mkdir()
    (folder.parent / "r'a\"w 1 other ? {{ 7 * 7 }}; --" / "plays.csv").write_text("not,these,plays\n")
    values = [value.format(canary=canary) for value in VALUES]
    settings = hostile_tables(folder, NAME.format(canary=canary), values)
    warehouse = Warehouse(folder.parent / "warehouse", folder, SOURCES)
    run = warehouse.dbt("run", *RAW_LAYER, settings=settings)
    return warehouse, values, run


def test_no_text_is_executed(hostile: tuple[Warehouse, list[str], Run], canary: Path) -> None:
    warehouse, _, run = hostile
    assert run.succeeded, run.output
    assert not canary.exists()
    assert warehouse.rows("select count(*) from duckdb_views() where view_name = 'pwned'") == [(0,)]


def test_every_row_is_counted_and_every_value_arrives_letter_by_letter(hostile: tuple[Warehouse, list[str], Run]) -> None:
    warehouse, values, _ = hostile
    many = len(values)
    assert warehouse.rows(
        "select table_name, raw_rows, accepted_rows, rejected_rows, excluded_rows from marts.source_row_counts order by 1"
    ) == [
        ("app_usage", 1, 1, 0, 0),
        ("plays", many, many, 0, 0),
        ("user_actions", 1, 1, 0, 0),
        ("user_engagement", 2, 1, 1, 0),
        ("user_profiles", many, many, 0, 0),
        ("users", many, many, 0, 0),
    ]
    assert warehouse.rows("select creation_source from staging.stg_product__users order by user_id") == [(value,) for value in values]
    assert warehouse.rows("select levels['gender'] from staging.stg_people__user_profiles order by user_id") == [
        (value,) for value in values
    ]
    assert sorted(warehouse.rows("select track_name from staging.stg_streaming__plays")) == sorted((value,) for value in values)
    assert warehouse.rows("select country from staging.stg_telemetry__app_usage") == [("\"'; --",)]
    assert warehouse.rows("select source_file, row_number from marts.rejected_rows") == [('of "1" [day] {{ 7 * 7 }}.parquet', 2)]


def test_columns_that_nobody_uses_are_not_named(hostile: tuple[Warehouse, list[str], Run]) -> None:
    warehouse, _, _ = hostile
    texts = [path.read_text() for path in (warehouse.folder / "target").rglob("*.sql")]
    assert any("object_id" in text for text in texts)
    assert not [text for text in texts if "copy (select 1)" in text]


@pytest.mark.parametrize(
    ("setting", "value"),
    [("no_organisation_value", "o'neill\"; --"), ("timezone", "Asia/Kolkata'; --"), ("rebuild_days", ["2025-01-01'; --", "2"])],
)
def test_settings_stand_in_sql_as_texts(setting: str, value: Any) -> None:
    """Whether the check of settings lets such a value pass or not: what is written into SQL is one literal."""
    rendered = {
        "no_organisation_value": lambda: macros.call("sql_text", {}, value),
        "timezone": lambda: macros.call("default__local_midnight", {setting: value}, "x"),
        "rebuild_days": lambda: macros.call("rebuild_requested", {setting: value}, "x"),
    }[setting]()
    assert rendered.count("'") % 2 == 0
    assert "''; --" in rendered or "''neill" in rendered


READING = "(select content from read_text('{secret}'))"


def test_the_build_opens_only_what_its_settings_name(tmp_path: Path) -> None:
    """A mapping that reads a file beside the raw tables fails, by the engine's own word; the folder of the raw tables is read."""
    folder = tmp_path / "raw"
    folder.mkdir()
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "users.csv").write_text("object_id,creation_time,origin\n1,2025-01-01 08:00:00,ad\n")
    (folder / "user_engagement.csv").write_text("time_stamp,user_id\n2025-01-02 08:00:00,1\n")
    warehouse = Warehouse(tmp_path / "warehouse", folder)
    # texts of a query that are no paths open nothing, whatever they match as patterns
    rule = "not regexp_matches(origin, '[^@]+@test[.]com') and split_part(origin, '/', 1) <> '.'"
    query = f"(select * from read_csv('{folder}/users.csv') where {rule})"
    peeking = {"inputs": {"users": {"from": query, "columns": {"creation_source": READING.format(secret=tmp_path / "secret.txt")}}}}
    run = warehouse.dbt("run", "--select", "+stg_product__user_rows", settings=peeking)
    assert not run.succeeded
    assert "file system operations are disabled by configuration" in run.output
    mapped = {"inputs": {"users": {"columns": {"creation_source": "origin"}}}}
    run = warehouse.dbt("run", "--select", "+stg_product__user_rows", settings=mapped)
    assert run.succeeded, run.output
    assert warehouse.rows("select creation_source from staging.stg_product__user_rows") == [("ad",)]


def test_links_that_the_settings_name_are_followed(tmp_path: Path) -> None:
    """A folder that is a link to the newest delivery, files in it that are links, and what a glob finds."""
    delivery, elsewhere = tmp_path / "2025-01-31", tmp_path / "elsewhere"
    delivery.mkdir()
    elsewhere.mkdir()
    (elsewhere / "users.csv").write_text("object_id,creation_time\n1,2025-01-01 08:00:00\n")
    (delivery / "users.csv").symlink_to(elsewhere / "users.csv")
    for day in (1, 2):
        (elsewhere / f"{day}.csv").write_text(f"time_stamp,user_id\n2025-01-0{day} 08:00:00,1\n")
        (delivery / f"logins_{day}.csv").symlink_to(elsewhere / f"{day}.csv")
    (tmp_path / "newest").symlink_to(delivery)
    warehouse = Warehouse(tmp_path / "warehouse", tmp_path / "newest")
    logins = {"inputs": {"user_engagement": {"from": "logins_*.csv"}}}
    run = warehouse.dbt("run", *RAW_LAYER, settings=logins)
    assert run.succeeded, run.output
    assert warehouse.rows("select table_name, accepted_rows from marts.source_row_counts where accepted_rows > 0 order by 1") == [
        ("user_engagement", 2),
        ("users", 1),
    ]


def test_names_of_folders_are_no_data(tmp_path: Path) -> None:
    """As they would be where a reader takes `name=value/` for a column; a key that is no column of the files stays one."""
    folder = tmp_path / "line=5"
    folder.mkdir()
    (folder / "users.csv").write_text("object_id,creation_time\n1,2025-01-01 08:00:00\n")
    (folder / "month=2025-01").mkdir()
    logins = pd.DataFrame({"time_stamp": ["2025-01-02 08:00:00"], "user_id": ["1"]})
    logins.to_parquet(folder / "month=2025-01" / "logins.parquet")
    warehouse = Warehouse(tmp_path / "warehouse", folder)
    inputs = {
        "users": {"columns": {"creation_source": "'x'"}},
        "user_engagement": {"from": "*/logins.parquet", "only": "month = '2025-01'"},
    }
    run = warehouse.dbt("run", *RAW_LAYER, settings={"inputs": inputs})
    assert run.succeeded, run.output
    assert warehouse.rows("select table_name, raw_rows, accepted_rows from marts.source_row_counts where raw_rows > 0 order by 1") == [
        ("user_engagement", 1, 1),
        ("users", 1, 1),
    ]
    (folder / "user_id=7").mkdir()
    logins.to_parquet(folder / "user_id=7" / "logins.parquet")
    run = warehouse.dbt(
        "run", "--select", "base_product__user_engagement", settings={"inputs": {"user_engagement": {"from": "*/logins.parquet"}}}
    )
    assert not run.succeeded
    assert "the folder user_id=7 has the name of the column user_id of the files in it" in " ".join(run.output.split())


def test_settings_of_the_profile_are_made_once() -> None:
    """For all cursors, before the configuration is locked; those of dbt-duckdb would be made anew for each."""
    credentials = DuckDBCredentials(
        database="memory", schema="main", path=":memory:", settings={"memory_limit": "123MB", "TimeZone": "UTC"}
    )
    with duckdb.connect() as connection:
        Plugin("settings", {}, credentials).configure_connection(connection)
        assert credentials.settings is None
        assert connection.cursor().execute("select current_setting('memory_limit'), current_setting('TimeZone')").fetchall() == [
            ("117.3 MiB", "UTC")
        ]


@pytest.mark.parametrize("places", [{"users": "/data/users.csv"}, {"users": "/data/users.csv", "user_engagement": "(select 1)"}])
def test_the_sample_does_not_mix_with_a_companys_tables(places: dict[str, str]) -> None:
    """A source that nobody thought of would come from the sample, with people who do not exist."""
    graph = {
        "sources": {
            name: SimpleNamespace(source_name=source, name=name)
            for source, name in (("product", "users"), ("product", "user_engagement"), ("streaming", "plays"))
        }
    }
    contract = {"columns": [], "name": "x.y"}
    context = {
        "graph": graph,
        "flags": SimpleNamespace(PROFILES_DIR="/project"),
        "env_var": lambda name, default="": default,
        "raw_table": lambda *_: contract,
    }
    settings = {"inputs": {name: {"from": place} for name, place in places.items()}}
    with pytest.raises(ValueError, match=r"which would come from the sample data\. Set RAW_DATA_DIR .* raw_sources: \[product\]"):
        macros.call("uses_sample_data", settings, **context)
    assert macros.call("uses_sample_data", {}, **context) is True
    every = {"inputs": {name: {"from": f"/data/{name}.csv"} for name in graph["sources"]}}
    assert macros.call("uses_sample_data", every, **context) is False


@pytest.mark.parametrize("name", ["_reader_problem", "_READER_ROW", "_reader_text"])
def test_a_column_named_like_the_readers_own_is_refused_with_its_file(name: str, tmp_path: Path) -> None:
    (tmp_path / "users.csv").write_text("")
    with pytest.raises(ValueError, match=rf"product.users: /data/users.csv has a column {name}\. Names that begin with _reader_ are kept"):
        macros.call("check_reader_names", {}, "product.users", {"kind": "csv", "place": "/data/users.csv"}, ["object_id", name])


def test_columns_named_like_those_of_a_reader_are_a_companys_own(tmp_path: Path) -> None:
    """What other readers and earlier versions call their own columns is never taken for this one's."""
    folder = tmp_path / "raw"
    folder.mkdir()
    own = ["_reading_problem", "_raw_text", "_source_file", "_source_row", "filename", "line", "fields"]
    (folder / "users.csv").write_text(
        ",".join(["object_id", "creation_time", *own]) + "\nx,2025-01-01 08:00:00" + ",secret" * len(own) + "\n"
    )
    logins = {"time_stamp": ["2025-01-02 08:00:00", "2025-01-02 08:00:00"], "user_id": ["1", "x"]}
    pd.DataFrame(logins | {name: ["secret", "secret"] for name in own}).to_parquet(folder / "logins.parquet")
    warehouse = Warehouse(tmp_path / "warehouse", folder)
    run = warehouse.dbt("run", *RAW_LAYER, settings={"inputs": {"user_engagement": {"from": "logins.parquet"}}, "max_rejected_share": 1})
    assert run.succeeded, run.output
    assert warehouse.rows("select table_name, source_file, row_number, column_name from marts.rejected_rows order by all") == [
        ("user_engagement", "logins.parquet", 2, "user_id"),
        ("users", "users.csv", 2, "object_id"),
    ]
    assert "secret" not in str(warehouse.rows("select * from marts.rejected_rows"))
