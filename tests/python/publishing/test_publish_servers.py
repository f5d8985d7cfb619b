"""PostgreSQL and MariaDB as they are: what arrives there, and what readers see meanwhile."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from publishing import __main__ as publishing
from publishing import sql
from publishing.building import build
from publishing.connecting import connected
from publishing.contents import Contents, open_contents
from publishing.errors import PublishError
from publishing.extensions import extension_file
from publishing.mysql import cut, publish_mysql
from publishing.postgres import publish_postgres
from publishing.servers import Server, read_servers
from publishing.settings import Settings
from tests.python.publishing import made_up
from tests.python.publishing.conftest import PASSWORD, TestServer
from tests.python.publishing.readers import reading
from tests.python.warehouse import Warehouse

PUBLISHES = 5
QUESTION = """
    select
        min(version) as lowest,
        max(version) as highest,
        count(*) as number_of_users,
        max(case word when 'version 1' then 1 else 0 end) as word
    from marts.users
    cross join lookups.words
"""
READER = "create secret (type {kind}, host '127.0.0.1', port {port}, database 'analytics', user 'reader', password '{{READER}}')"


def server_of(server: TestServer) -> Server:
    """Returns the server as PUBLISH_TO names it."""
    return read_servers(server.address)[0]


@contextmanager
def contents_of(tmp_path: Path, version: int, *left_out: str) -> Iterator[Contents]:
    """Opens a version of the made-up warehouse."""
    contents = open_contents(made_up.build(tmp_path / f"build_{version}" / "w.duckdb", version), made_up.manifest_of(*left_out))
    yield contents
    contents.connection.close()


def publish(server: TestServer, tmp_path: Path, version: int, *left_out: str) -> list[str]:
    """Publishes a version of the made-up warehouse, and returns the notes."""
    to = server_of(server)
    with contents_of(tmp_path, version, *left_out) as contents:
        return publishing.SERVERS[to.kind](contents, to)


@pytest.fixture
def sample_contents(sample: Warehouse) -> Iterator[Contents]:
    """The build of the sample."""
    contents = open_contents(sample.path, json.loads((sample.folder / "target" / "manifest.json").read_text()))
    yield contents
    contents.connection.close()


def assert_all_arrived(contents: Contents, server: TestServer, schema: str | None) -> None:
    """Looks every row of every table up where it should be; that there are no others the publish has counted."""
    with connected(contents.connection, server_of(server)) as session:
        for table in contents.tables:
            place = sql.name("server", schema or table.schema, table.name)
            lost = session.connection.execute(f"select count(*) from (from {table.source} except all from {place})").fetchall()
            assert lost == [(0,)], table.name
    assert len(contents.tables) > 60
    assert contents.rows > 100_000


def test_the_sample_arrives_in_postgresql(clean_postgres: TestServer, sample_contents: Contents) -> None:
    """All rows, the types and the comments."""
    assert publish_postgres(sample_contents, server_of(clean_postgres)) == []
    assert_all_arrived(sample_contents, clean_postgres, None)
    types = clean_postgres.ask(
        "select column_name || ' ' || data_type from information_schema.columns where table_schema = 'marts' and table_name = 'plays'"
    ).splitlines()
    expected = {
        "track_uri text",
        "user_id bigint",
        "started_at timestamp without time zone",
        "is_skip boolean",
        "seconds_played double precision",
    }
    assert expected <= {kind.strip() for kind in types}
    comments = clean_postgres.ask(
        "select obj_description(format('%I.%I', schemaname, tablename)::regclass) from pg_tables"
        " where schemaname in ('marts', 'lookups') order by schemaname collate \"C\", tablename collate \"C\""
    )
    assert comments.splitlines() == [" ".join(table.comment.split("\n")) for table in sample_contents.tables[:-2]]
    bare = "select count(*) from pg_attribute where attrelid in (select oid from pg_class where relnamespace = 'marts'::regnamespace)"
    assert clean_postgres.ask(f"{bare} and attnum > 0 and coalesce(col_description(attrelid, attnum), '') = ''") == "0\n"


def test_the_sample_arrives_in_mariadb(clean_mariadb: TestServer, sample_contents: Contents) -> None:
    """All rows, the types and the comments."""
    assert publish_mysql(sample_contents, server_of(clean_mariadb)) == []
    assert_all_arrived(sample_contents, clean_mariadb, "analytics")
    types = clean_mariadb.ask(
        "select concat(column_name, ' ', column_type) from information_schema.columns"
        " where table_schema = 'analytics' and table_name = 'plays'"
    ).splitlines()
    expected = {"track_uri varchar(255)", "user_id bigint(20)", "started_at datetime(6)", "is_skip tinyint(1)", "seconds_played double"}
    assert expected <= set(types)
    assert (
        clean_mariadb.ask("select distinct table_collation from information_schema.tables where table_schema = 'analytics'")
        == "utf8mb4_bin\n"
    )
    comments = clean_mariadb.ask("select table_comment from information_schema.tables where table_schema = 'analytics'")
    assert {table.comment for table in sample_contents.tables} == set(comments.splitlines())
    bare = "select count(*) from information_schema.columns where table_schema = 'analytics' and column_comment = ''"
    assert clean_mariadb.ask(bare) == "0\n"


def test_awkward_values_arrive_in_postgresql(clean_postgres: TestServer, tmp_path: Path) -> None:
    """Words of the language as names, JSON for lists and the like, fractions of seconds, numbers without end, signs of all kinds."""
    publish(clean_postgres, tmp_path, 1)
    rows = clean_postgres.ask('select to_json(g) from (select * from marts.groups order by "rows" nulls last) g').splitlines()
    first, second = json.loads(rows[0]), json.loads(rows[1])
    assert first["level"] == "Ümläut 😀 'quoted' \"twice\" \\ %"
    assert (json.loads(first["parts"]), json.loads(first["sizes"]), json.loads(first["place"])) == ([1, 2], {"a": 1, "b": "x"}, {"k": 0.5})
    assert (first["seen_at"], first["is_it"], second["parts"], second["sizes"]) == ("2025-06-30T12:34:56.789012", True, "[]", None)
    found = clean_postgres.ask("select value, total, price from marts.numbers order by price nulls first").split("\n")
    assert found[:3] == ["Infinity||", "NaN|-1|-0.0001", "|0|0.0000"]
    assert "0.1|170141183460469231731687303715884105727|1.2345" in found
    comment = clean_postgres.ask("select col_description('marts.users'::regclass, 1)")
    assert comment == "The user's id; 'quoted' \\ — 😀\n"
    assert clean_postgres.ask("select as_of, tables, rows from publication.published_version") == "2025-06-30|4|2011\n"


def test_awkward_values_arrive_in_mariadb(clean_mariadb: TestServer, tmp_path: Path) -> None:
    """As in PostgreSQL, but for numbers that are none, which it does not have; long texts get a longer type, long comments an end."""
    publish(clean_mariadb, tmp_path, 1)
    rows = clean_mariadb.ask(
        "select json_array(level, parts, sizes, place, seen_at, is_it) from `groups` order by coalesce(`rows`, 9)"
    ).splitlines()
    first = json.loads(rows[0].replace("\\\\", "\\"))
    assert first[0] == "Ümläut 😀 'quoted' \"twice\" \\ %"
    assert [json.loads(part) for part in first[1:4]] == [[1, 2], {"a": 1, "b": "x"}, {"k": 0.5}]
    assert first[4:] == ["2025-06-30 12:34:56.789012", 1]
    assert clean_mariadb.ask("select count(*) from `groups` where level like 'Ü%'") == "1\n"
    assert clean_mariadb.ask("select value, total, price from numbers order by total * 1.0, price").count("NULL\t-1\t-0.0001") == 1
    assert clean_mariadb.ask("select total from numbers where value = 0.1") == "170141183460469231731687303715884105727\n"
    columns = "select column_type, column_comment from information_schema.columns where table_schema = 'analytics'"
    kind, comment = clean_mariadb.ask(f"{columns} and table_name = 'groups' and column_name = 'level'").strip().split("\t")
    assert (kind, len(comment) <= 1024, comment[-7:]) == ("longtext", True, "A word…")
    described = clean_mariadb.ask(f"{columns} and table_name = 'users' and column_name = 'user_id'").strip()
    # the catalog of MariaDB has no signs of four bytes, its tables have
    assert described == "bigint(20)\tThe user's id; 'quoted' \\\\ — ?"


def test_a_reader_of_postgresql_never_misses_a_table(clean_postgres: TestServer, tmp_path: Path) -> None:
    """It asks during five publishes, in transactions that see one state of the database, and is told of whole versions."""
    publish(clean_postgres, tmp_path, 0)
    clean_postgres.ask("grant usage on schema marts, lookups, publication to reader")
    clean_postgres.ask("grant select on all tables in schema marts, lookups, publication to reader")
    secret = READER.format(kind="postgres", port=clean_postgres.port)
    prepare = [f"load '{extension_file('postgres')}'", secret, "attach '' as server (type postgres, read_only)"]
    ask = f"from postgres_query('server', {sql.literal(QUESTION)})"
    with reading(ask, prepare=prepare, READER=PASSWORD.replace("'", "''")) as told:
        for number in range(1, PUBLISHES + 1):
            assert publish(clean_postgres, tmp_path, number % 2) == []
    assert told["errors"] == []
    assert sorted(told["answers"]) == [[[version, version, made_up.ROWS, version]] for version in (0, 1)]
    assert told["asked"] > PUBLISHES


def test_what_others_made_stays_in_postgresql(clean_postgres: TestServer, tmp_path: Path) -> None:
    """Privileges of tables and columns, views, tables of their own; a new mart gets the privileges that are the default of its schema."""
    publish(clean_postgres, tmp_path, 0, "numbers")
    clean_postgres.ask(
        "grant usage on schema marts to reader; grant select on marts.groups to reader; grant select (user_id) on marts.users to reader;"
        "alter default privileges for role publisher in schema marts grant select on tables to reader;"
        "create table marts.mine (x int);"
        "create schema reports; create view reports.latest as select max(version) as latest from marts.users"
    )
    assert publish(clean_postgres, tmp_path, 1) == []
    assert clean_postgres.ask("select latest from reports.latest; select count(*) from marts.mine") == "1\n0\n"
    assert clean_postgres.ask("set role reader; select count(*) from marts.numbers") == "6\n"
    assert clean_postgres.ask("set role reader; select count(user_id) from marts.users") == "2000\n"
    assert clean_postgres.ask("select has_table_privilege('reader', 'marts.groups', 'select')") == "t\n"
    assert clean_postgres.ask("select has_column_privilege('reader', 'marts.users', 'version', 'select')") == "f\n"


def test_columns_may_change_in_postgresql(clean_postgres: TestServer, tmp_path: Path) -> None:
    """Some go, some come, one gets another type; where a view reads one that goes the error names the view, and nothing has changed."""
    publish(clean_postgres, tmp_path, 0)
    clean_postgres.ask(
        "alter table marts.users drop column as_of, add column gone int; alter table marts.users alter column version type text;"
        "create schema reports; create view reports.latest as select max(gone) from marts.users"
    )
    with pytest.raises(PublishError, match=r"view reports\.latest depends on"):
        publish(clean_postgres, tmp_path, 1)
    assert clean_postgres.ask("select count(gone), max(version) from marts.users") == "0|0\n"
    clean_postgres.ask("drop schema reports cascade")
    assert publish(clean_postgres, tmp_path, 1, "numbers") == []
    assert (
        clean_postgres.ask("select distinct to_json(u)::jsonb - 'user_id' from marts.users u") == '{"as_of": "2025-06-30", "version": 1}\n'
    )
    assert clean_postgres.ask("select to_regclass('marts.numbers') is null") == "t\n"


def test_a_reader_of_mariadb_never_misses_a_table(clean_mariadb: TestServer, tmp_path: Path) -> None:
    """It asks during five publishes, and is told of whole versions; a mart that is no more goes, a table of others stays."""
    clean_mariadb.ask("create table notes (x int); create view counts as select 1 as x")
    publish(clean_mariadb, tmp_path, 0)
    secret = READER.format(kind="mysql", port=clean_mariadb.port)
    prepare = [f"load '{extension_file('mysql')}'", secret, "attach '' as server (type mysql, read_only)"]
    ask = f"from mysql_query('server', {sql.literal(QUESTION.replace('marts.', '').replace('lookups.', ''))})"
    with reading(ask, prepare=prepare, READER=PASSWORD.replace("'", "''")) as told:
        for number in range(1, PUBLISHES + 1):
            assert publish(clean_mariadb, tmp_path, number % 2) == []
    assert told["errors"] == []
    assert sorted(told["answers"]) == [[[version, version, made_up.ROWS, version]] for version in (0, 1)]
    assert told["asked"] > PUBLISHES
    publish(clean_mariadb, tmp_path, 1, "numbers")
    assert clean_mariadb.ask("show tables").split() == sorted(
        ["counts", "groups", "notes", "published_tables", "published_version", "users", "words"]
    )


def test_nothing_of_others_is_removed_from_postgresql(clean_postgres: TestServer, tmp_path: Path) -> None:
    """A table that has the name of a mart and came from elsewhere."""
    clean_postgres.ask("create schema marts authorization publisher; create view marts.users as select 1 as x")
    with pytest.raises(PublishError, match=r"tables of the same name that no publish made: marts\.users\. Nothing was published"):
        publish(clean_postgres, tmp_path, 1)
    assert clean_postgres.ask("select count(*) from marts.users; select to_regclass('lookups.words') is null") == "1\nt\n"


def test_nothing_of_others_is_removed_from_mariadb(clean_mariadb: TestServer, tmp_path: Path) -> None:
    """A table that has the name of a mart and came from elsewhere; what a killed publish left is removed, being none of that."""
    clean_mariadb.ask("create table users (x int)")
    with pytest.raises(PublishError, match="tables of the same name that no publish made: users"):
        publish(clean_mariadb, tmp_path, 1)
    assert clean_mariadb.ask("show tables") == "users\n"
    clean_mariadb.ask("drop table users; create table users__publish_new (x int); create table words__publish_old (x int)")
    assert publish(clean_mariadb, tmp_path, 1) == []
    assert "__" not in clean_mariadb.ask("show tables")
    assert clean_mariadb.ask("select word from words") == "version 1\n"


def test_a_slow_reader_keeps_its_version_and_hinders_nobody(clean_postgres: TestServer, tmp_path: Path) -> None:
    """A transaction that began before a publish sees all tables as they were then, those too that it had not asked for yet."""
    publish(clean_postgres, tmp_path, 0)
    with duckdb.connect(":memory:") as connection, connected(connection, server_of(clean_postgres)) as session:
        session.connection.execute("begin")
        assert session.rows("select word from lookups.words") == [("version 0",)]
        assert publish(clean_postgres, tmp_path, 1) == []
        assert session.rows("select max(version), count(*) from marts.users") == [(0, made_up.ROWS)]
        assert clean_postgres.ask("select max(version) from marts.users") == "1\n"
        session.connection.execute("commit")
        assert session.rows("select max(version) from marts.users") == [(1,)]


def test_what_arrives_short_is_not_published(clean_postgres: TestServer, clean_mariadb: TestServer, tmp_path: Path) -> None:
    """Rows are counted where they arrive; the version before stays, whole."""
    for server in (clean_postgres, clean_mariadb):
        publish(server, tmp_path, 0)
        to = server_of(server)
        with contents_of(tmp_path, 1) as contents:
            tables = tuple(replace(table, rows=table.rows + (table.name == "users")) for table in contents.tables)
            with pytest.raises(PublishError, match=r"users arrived with 2,000 rows of 2,001"):
                publishing.SERVERS[to.kind](replace(contents, tables=tables), to)
    assert clean_postgres.ask("select word from lookups.words") == "version 0\n"
    assert clean_mariadb.ask("select word from words") == "version 0\n"
    assert publish(clean_mariadb, tmp_path, 1) == []
    assert clean_mariadb.ask("select word from words") == "version 1\n"


def test_one_target_that_fails_keeps_no_other_from_its_version(
    clean_postgres: TestServer, clean_mariadb: TestServer, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The exit code says so, the output says which and why, and a password is nowhere."""
    good, wrong = server_of(clean_postgres), server_of(clean_mariadb)
    wrong = replace(wrong, password=PASSWORD + "wrong")
    silent = replace(good, port=1)
    settings = Settings(tmp_path / "warehouse.duckdb", tmp_path / "published.duckdb", tmp_path / "target", (wrong, silent, good))
    made_up.build(settings.warehouse, 1)
    made_up.target(settings.target)
    assert publishing.audit_publish(settings, 0) == publishing.SERVER_FAILED
    said = capfd.readouterr()
    assert said.out.count("failed, and keeps what it had") == 2
    assert f"{good.name} ... published" in said.out
    assert f"{wrong.name} ... failed" in said.out
    assert "Access denied for user 'publisher'" in said.err
    assert "Connection refused" in said.err
    assert said.err.splitlines()[-1] == f"Not published: {wrong.name}, {silent.name}"
    assert clean_postgres.ask("select word from lookups.words") == "version 1\n"
    for secret in (PASSWORD, "p4ss"):
        assert secret not in said.out + said.err
        assert secret.encode() not in settings.published.read_bytes()


def test_connection_strings_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """With white space between them, signs as percent and code, ports by default."""
    first, second = read_servers("postgresql://me:a%40b%2Fc@db.example/marts?sslmode=require\n mariadb://you:x@[::1]:3307/stock ")
    assert first == Server("postgres", "db.example", 5432, "marts", "me", "a@b/c", {"sslmode": "require"})
    assert second == Server("mysql", "::1", 3307, "stock", "you", "x", {})
    assert first.name == "postgresql://db.example:5432/marts"
    assert read_servers(" \n") == []
    assert read_servers("postgres://me@host/marts")[0].password == ""
    assert "a@b/c" not in repr(first)
    assert first.masked("a@b/c, a%40b%2Fc") == "***, ***"
    monkeypatch.setattr("duckdb.__version__", "0.0.1")
    with pytest.raises(PublishError, match=r"duckdb-extension-mysql-scanner for DuckDB 0.0.1 is missing.*make publish"):
        extension_file("mysql")


@pytest.mark.parametrize(
    "text",
    [
        "se3cret",
        "oracle://me:se3cret@host/marts",
        "postgresql://me:se3cret@/marts",
        "postgresql://me:se3cret@host",
        "postgresql://me:se3cret@host/marts/other",
        "postgresql://:se3cret@host/marts",
        "postgresql://me:se3/cret@host/marts",
        "postgresql://me:se3@cret@host/marts",
        "postgresql://me:se3#cret@host/marts",
        "postgresql://me:host@se3cret:x/marts",
        "postgresql://me:se3cret@host/marts?sslmod=require",
    ],
)
def test_a_connection_string_that_cannot_be_read_is_refused_unread(
    text: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Before anything is built, with its place and the form, and without a word of it that could be a password."""
    monkeypatch.setenv("PUBLISH_TO", f"mysql://me:x@host/marts {text}")
    assert publishing.main([]) == 1
    said = capfd.readouterr()
    assert "PUBLISH_TO, connection string 2: " in said.err
    assert "postgresql://user:password@host:port/database" in said.err
    assert "se3" not in said.out + said.err


def test_a_silent_server_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that takes the connection and says nothing, and one that hangs up."""
    monkeypatch.setattr("publishing.connecting.CONNECT_TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        [server] = read_servers(f"mysql://publisher:secret@127.0.0.1:{silent.getsockname()[1]}/analytics")
        with duckdb.connect() as connection, pytest.raises(PublishError, match="answers"), connected(connection, server):
            pass
    with duckdb.connect() as connection, pytest.raises(PublishError, match="answers"), connected(connection, server):
        pass


def test_comments_are_cut_at_a_word() -> None:
    """Only those that are too long, and with a sign that something is missing."""
    assert cut("two words", 9) == "two words"
    assert cut("two words!", 9) == "two…"
    assert len(cut("x" * 50, 9)) == 9


def test_dbt_is_not_told_of_servers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its process, its log and its artifacts have no use for passwords."""
    told: dict[str, Any] = {}

    def run(command: list[str], env: dict[str, str], check: bool) -> Any:
        told.update(command=command, env=env, check=check)
        return type("Ended", (), {"returncode": 3})

    monkeypatch.setattr("publishing.building.subprocess.run", run)
    monkeypatch.setenv("PUBLISH_TO", "mysql://me:se3cret@host/marts")
    settings = Settings(tmp_path / "new" / "w.duckdb", tmp_path / "p.duckdb", tmp_path / "target", ())
    assert build(settings, "as_of: 2025-06-30") == 3
    assert "se3cret" not in repr(told)
    assert told["command"][-2:] == ["--vars", "as_of: 2025-06-30"]
