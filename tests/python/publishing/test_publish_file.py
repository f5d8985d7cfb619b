"""The published DuckDB file: replaced as a whole, whoever reads it and whatever happens."""

import hashlib
import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlalchemy

from publishing.contents import Contents, open_contents
from publishing.errors import PublishError
from publishing.file import only_publish, publish_file
from tests.python.publishing import made_up
from tests.python.publishing.readers import reading
from tests.python.warehouse import PROJECT, Warehouse

PUBLISHES = 20
# all that a reader can ask of the small warehouse, so that a mixture of versions would show
QUESTION = """
    select min(users.version), max(users.version), count(*), min(words.word), (select rows from publication.published_version)
    from marts.users
    cross join lookups.words
"""


def answer(version: int) -> list[Any]:
    """Returns what a reader of one complete version is told."""
    return [version, version, made_up.ROWS, f"version {version}", made_up.ROWS + 4 + 6 + 1]


def publish(warehouse: Path, published: Path) -> Contents:
    """Publishes a version of the made-up warehouse."""
    contents = open_contents(warehouse, made_up.manifest_of())
    publish_file(contents, published)
    contents.connection.close()
    return contents


@pytest.fixture
def versions(tmp_path: Path) -> list[Path]:
    """Two builds of one warehouse."""
    return [made_up.build(tmp_path / f"build_{version}" / "warehouse.duckdb", version) for version in (0, 1)]


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """The file that readers open, in a folder of its own."""
    folder = tmp_path / "published"
    folder.mkdir()
    return folder / "published.duckdb"


@pytest.fixture(scope="module")
def manifest(sample: Warehouse) -> dict[str, Any]:
    """What dbt knows of the sample's build."""
    loaded: dict[str, Any] = json.loads((sample.folder / "target" / "manifest.json").read_text())
    return loaded


@pytest.fixture
def publisher() -> Iterator[subprocess.Popen[str]]:
    """A process that publishes in forks."""
    command = [sys.executable, str(Path(__file__).with_name("publisher.py"))]
    surroundings = os.environ | {"PYTHONPATH": str(PROJECT)}
    process = subprocess.Popen(command, env=surroundings, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    yield process
    process.communicate()


def started(publisher: subprocess.Popen[str], warehouse: Path, published: Path, killed_at: int = 0) -> int:
    """Has a publish begin, and returns the id of its process."""
    assert publisher.stdin is not None
    assert publisher.stdout is not None
    print(json.dumps({"warehouse": str(warehouse), "published": str(published), "killed_at": killed_at}), file=publisher.stdin, flush=True)
    return int(publisher.stdout.readline())


def ended_by_itself(publisher: subprocess.Popen[str]) -> bool:
    """Waits for the end of a publish, and returns whether nobody killed it."""
    assert publisher.stdout is not None
    return publisher.stdout.readline() == "1\n"


def told(published: Path) -> list[Any]:
    """Returns what somebody is told who comes now."""
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"attach '{published}' as published (read_only)")
        connection.execute("use published")
        return list(connection.execute(QUESTION).fetchall()[0])


def test_readers_never_see_half_a_version(versions: list[Path], published: Path) -> None:
    """Two readers ask during twenty publishes: one holds its file open and keeps the first version, one comes back and sees both."""
    publish(versions[1], published)
    attach = f"attach '{published}' as published (read_only)"
    with (
        reading(QUESTION, prepare=[attach, "use published"]) as kept,
        reading(QUESTION, before=[attach, "use published"], after=["use memory", "detach published"]) as returning,
    ):
        for number in range(PUBLISHES):
            publish(versions[number % 2], published)
    assert kept["errors"] == returning["errors"] == []
    assert kept["answers"] == [[answer(1)]]
    assert sorted(returning["answers"]) == [[answer(0)], [answer(1)]]
    assert min(kept["asked"], returning["asked"]) > PUBLISHES


def test_sqlalchemy_sees_the_new_version_when_it_reconnects(versions: list[Path], published: Path) -> None:
    """A pool holds the file that it opened until its engine is disposed of; without a pool, as in Superset, each question opens it anew."""

    def asked(engine: sqlalchemy.Engine) -> list[Any]:
        with engine.connect() as connection:
            return [list(row) for row in connection.execute(sqlalchemy.text(QUESTION))]

    address, options = f"duckdb:///{published}", {"read_only": True}
    publish(versions[0], published)
    pooled = sqlalchemy.create_engine(address, connect_args=options)
    assert asked(pooled) == [answer(0)]
    publish(versions[1], published)
    assert asked(pooled) == [answer(0)]
    pooled.dispose()
    assert asked(pooled) == [answer(1)]
    pooled.dispose()
    poolless = sqlalchemy.create_engine(address, connect_args=options, poolclass=sqlalchemy.pool.NullPool)
    for version in (0, 1):
        publish(versions[version], published)
        assert asked(poolless) == [answer(version)]


def test_a_plain_connection_gives_the_old_version_while_another_is_open(versions: list[Path], published: Path) -> None:
    """The trap that the README tells of: DuckDB keeps one database per path and process."""
    publish(versions[0], published)
    with duckdb.connect(str(published), read_only=True):
        publish(versions[1], published)
        with duckdb.connect(str(published), read_only=True) as second:
            assert list(second.execute(QUESTION).fetchall()[0]) == answer(0)
    with duckdb.connect(str(published), read_only=True) as third:
        assert list(third.execute(QUESTION).fetchall()[0]) == answer(1)


def test_a_killed_publish_leaves_the_old_or_the_new_file(versions: list[Path], published: Path, publisher: subprocess.Popen[str]) -> None:
    """At twenty moments, from its start to its end and from when it writes; the next publish works and removes what the killed one left."""
    publish(versions[0], published)
    new = published.with_name(f"{published.name}.new")
    current = 0
    began = time.monotonic()
    started(publisher, versions[0], published)
    assert ended_by_itself(publisher)
    duration = time.monotonic() - began
    killed = left_something = 0
    for step in range(20):
        new.unlink(missing_ok=True)
        process = started(publisher, versions[1 - current], published)
        if step < 10:
            time.sleep(duration * step / 10)
        else:
            # one that this wait missed has ended, and is one of those that nobody killed
            for _ in range(2000):
                if new.exists():
                    break
                time.sleep(0.001)
            time.sleep((step - 10) * 0.004)
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
        killed += not ended_by_itself(publisher)
        left_something += new.exists()
        assert told(published) in (answer(0), answer(1))
        current = told(published)[0]
    assert killed >= 10
    assert left_something >= 2
    new.write_text("half a version")
    publish(versions[1 - current], published)
    assert told(published) == answer(1 - current)
    assert {path.name for path in published.parent.iterdir()} == {published.name, f"{published.name}.lock"}


@pytest.mark.parametrize(("killed_at", "version"), [(1, 0), (2, 1)])
def test_the_rename_is_the_moment(
    killed_at: int, version: int, versions: list[Path], published: Path, publisher: subprocess.Popen[str]
) -> None:
    """Killed right before it a publish leaves the old file, right after it the new one."""
    publish(versions[0], published)
    started(publisher, versions[1], published, killed_at)
    assert not ended_by_itself(publisher)
    assert told(published) == answer(version)
    # what is left is nobody's to read
    assert [stat.S_IMODE(left.stat().st_mode) for left in published.parent.glob("*.new*")] == [0o600] * (2 - killed_at)


def test_two_publishes_at_once_are_refused(versions: list[Path], published: Path, publisher: subprocess.Popen[str]) -> None:
    """With the reason; a lock of a process that was killed holds nobody."""
    with (
        only_publish(published),
        pytest.raises(PublishError, match=r"Another publish to .*published.duckdb is at work"),
        only_publish(published),
    ):
        pass
    started(publisher, versions[0], published, killed_at=1)
    assert not ended_by_itself(publisher)
    with only_publish(published):
        publish(versions[1], published)
    assert told(published) == answer(1)


def test_marts_and_lookups_are_published_and_nothing_else(versions: list[Path], published: Path) -> None:
    """No staging, no stale table, values bit by bit, in the order in which they are stored, read-only, equal builds with equal versions."""
    first, second = (publish(versions[0], published) for _ in range(2))
    assert first.version == second.version != publish(versions[1], published).version
    publish(versions[0], published)
    assert stat.S_IMODE(published.stat().st_mode) == 0o444
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"attach '{versions[0]}' as built (read_only)")
        connection.execute(f"attach '{published}' as published (read_only)")
        tables = connection.execute("select schema_name, table_name from duckdb_tables() where database_name = 'published' order by all")
        marts = [("lookups", "words"), ("marts", "groups"), ("marts", "numbers"), ("marts", "users")]
        assert tables.fetchall() == [*marts, ("publication", "published_tables"), ("publication", "published_version")]
        for schema, name in marts:
            rows, types = zip(
                *(
                    (repr(found.fetchall()), found.description)
                    for found in (connection.execute(f"from {database}.{schema}.{name}") for database in ("built", "published"))
                ),
                strict=True,
            )
            assert rows[0] == rows[1]
            assert types[0] == types[1]
        assert connection.execute(
            "select version, as_of::varchar, tables, rows from published.publication.published_version"
        ).fetchall() == [(first.version, "2025-06-30", 4, made_up.ROWS + 11)]
        assert connection.execute("select bool_or(not is_nullable) from duckdb_columns() where database_name = 'published'").fetchall() == [
            (True,)
        ]
        tags = connection.execute("select tags from duckdb_databases() where database_name = 'published'").fetchall()
        assert tags == [({"storage_version": "v1.0.0+"},)]
    content = published.read_bytes()
    assert b"example.org" not in content
    assert str(versions[0].parent.parent).encode() not in content


def test_what_cannot_be_published_leaves_the_file(versions: list[Path], published: Path, tmp_path: Path) -> None:
    """A mart that is not there, a build that is no database or open for writing: an error that names it, and no leftover."""
    publish(versions[0], published)
    before = hashlib.sha256(published.read_bytes()).hexdigest()
    manifest = made_up.manifest_of()
    manifest["nodes"]["model.made_up.missing"] = made_up.node("marts", "missing")
    with pytest.raises(PublishError, match=r"lacks the table marts.missing"):
        open_contents(versions[1], manifest)
    (tmp_path / "text.duckdb").write_text("no database")
    with pytest.raises(PublishError, match=r"text.duckdb is not a DuckDB file. Move it away, or name another file with WAREHOUSE_PATH"):
        open_contents(tmp_path / "text.duckdb", manifest)
    with pytest.raises(PublishError, match="nothing to publish"):
        open_contents(versions[1], made_up.manifest_of("users", "groups", "numbers", "words"))
    assert hashlib.sha256(published.read_bytes()).hexdigest() == before
    assert [path.name for path in published.parent.iterdir()] == [published.name]


def test_the_sample_is_published_in_full(sample: Warehouse, manifest: dict[str, Any], published_sample: Path) -> None:
    """Every mart and lookup of the manifest, bit by bit, and nothing of the machine that built it."""
    nodes = [
        node for node in manifest["nodes"].values() if node["resource_type"] in ("model", "seed") and node["schema"] in ("marts", "lookups")
    ]
    expected = {(node["schema"], node["name"]) for node in nodes}
    assert len(expected) > 60
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"attach '{sample.path}' as built (read_only)")
        connection.execute(f"attach '{published_sample}' as published (read_only)")
        found = connection.execute("select schema_name, table_name from duckdb_tables() where database_name = 'published'").fetchall()
        assert set(found) - expected == {("publication", "published_version"), ("publication", "published_tables")}
        assert expected <= set(found)
        for schema, name in sorted(expected):
            hashes = [
                connection.execute(f"select count(*), sum(hash(each)) from {database}.{schema}.{name} as each").fetchall()
                for database in ("built", "published")
            ]
            assert hashes[0] == hashes[1], name
    for path in (sample.folder, sample.raw, PROJECT):
        assert str(path).encode() not in published_sample.read_bytes()


def test_every_table_of_the_sample_says_what_it_is(manifest: dict[str, Any], published_sample: Path) -> None:
    """Comments on every table and column, to plain DuckDB and through SQLAlchemy, in the words of the YAML."""
    statements = (
        "select table_name, comment from duckdb_tables()",
        "select table_name || '.' || column_name, comment from duckdb_columns() where schema_name in ('marts', 'lookups', 'publication')",
    )
    nodes = [
        node for node in manifest["nodes"].values() if node["resource_type"] in ("model", "seed") and node["schema"] in ("marts", "lookups")
    ]
    described = {node["name"]: node["description"] for node in nodes}
    columns = {f"{node['name']}.{name}": column["description"] for node in nodes for name, column in node["columns"].items()}
    engine = sqlalchemy.create_engine(f"duckdb:///{published_sample}", connect_args={"read_only": True})
    with engine.connect() as connection, duckdb.connect(":memory:") as plain:
        plain.execute(f"attach '{published_sample}' as published (read_only)")
        plain.execute("use published")
        for statement, expected in zip(statements, (described, columns), strict=True):
            found = dict(plain.execute(statement).fetchall())
            assert all(found.values())
            assert {name: comment for name, comment in found.items() if name in expected} == expected
            assert [tuple(row) for row in connection.execute(sqlalchemy.text(statement))] == list(found.items())
        reader = sqlalchemy.inspect(connection)
        assert reader.get_table_names(schema="marts")
        assert {column["name"]: column["comment"] for column in reader.get_columns("segments", schema="marts")} == {
            name.removeprefix("segments."): comment for name, comment in columns.items() if name.startswith("segments.")
        }
        rows = connection.execute(sqlalchemy.text("select count(*) from marts.user_overview")).scalar()
        assert rows == plain.execute("select count(*) from marts.user_overview").fetchall()[0][0] > 1000
    engine.dispose()
