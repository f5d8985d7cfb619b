"""Publishes to MySQL and MariaDB: loads new tables beside the old ones, then renames all of them by one statement."""

import duckdb

from publishing import sql
from publishing.connecting import LOCK_TIMEOUT, Session, connected
from publishing.contents import Column, Contents, Table
from publishing.errors import PublishError
from publishing.servers import Server

TYPES = {
    "TINYINT": "smallint",
    "SMALLINT": "smallint",
    "INTEGER": "int",
    "BIGINT": "bigint",
    "FLOAT": "float",
    "DOUBLE": "double",
    "BOOLEAN": "boolean",
    "DATE": "date",
    # without the 6 the fractions of seconds are lost
    "TIMESTAMP": "datetime(6)",
}
# BI tools sort, group and filter a varchar; longer texts need a type that many of them only show
SHORT_TEXT = 255
TABLE_COMMENT, COLUMN_COMMENT = 2048, 1024
# ends of names that nobody else gives a table: whatever has them is a leftover
NEW, OLD = "__publish_new", "__publish_old"


def publish_mysql(contents: Contents, server: Server) -> list[str]:
    """Puts a new version in the place of the tables of a database; there are no schemas, so all tables lie in it by their plain names.

    Privileges and views are by name there, and stay.

    Returns
    -------
    notes
        What the person who publishes should know although all went well.

    Raises
    ------
    PublishError
        Where nothing was published, with the reason.
    """
    tables = [table.name for table in contents.tables]
    with connected(contents.connection, server) as session:
        there, former = tables_there(session), former_tables(session)
        if others := sorted(there & set(tables) - former):
            raise PublishError(
                f"The database has tables of the same name that no publish made: {', '.join(others)}. Nothing was published. "
                "Rename them, or publish to a database of its own."
            )
        stale = sorted(there & former - set(tables))
        for name in sorted(there & {name + suffix for name in (*tables, *former) for suffix in (NEW, OLD)}):
            session.run(f"drop table {quoted(name)}")
        load(session, contents)
        replaced = [*(name for name in tables if name in there), *stale]
        moves = [f"{quoted(name)} to {quoted(name + OLD)}" for name in replaced]
        moves += [f"{quoted(name + NEW)} to {quoted(name)}" for name in tables]
        with sql.transaction(session.connection):
            session.run(f"set session lock_wait_timeout = {LOCK_TIMEOUT}")
            session.run(f"rename table {', '.join(moves)}")
        try:
            with sql.transaction(session.connection):
                session.run(f"set session lock_wait_timeout = {LOCK_TIMEOUT}")
                if replaced:
                    session.run(f"drop table {', '.join(quoted(name + OLD) for name in replaced)}")
        except duckdb.Error as error:
            return [f"tables of the former version stay as <name>{OLD} for now: {server.masked(str(error))}"]
    return []


def quoted(name: str) -> str:
    """Returns a name as MySQL quotes it."""
    return "`" + name.replace("`", "``") + "`"


def literal(text: str) -> str:
    """Returns a text as MySQL writes it: the backslash is a sign of its own there."""
    return sql.literal(text.replace("\\", "\\\\"))


def tables_there(session: Session) -> set[str]:
    """Returns the tables and views of the database."""
    return {row[0] for row in session.rows("select table_name from information_schema.tables where table_schema = database()")}


def former_tables(session: Session) -> set[str]:
    """Returns the tables that the last publish made; none where there was none."""
    if "published_tables" not in tables_there(session):
        return set()
    # converted, because DuckDB takes what is compared byte by byte for bytes
    former = session.rows("select convert(table_name using utf8mb4) from published_tables")
    return {"published_version", "published_tables"} | {row[0] for row in former}


def load(session: Session, contents: Contents) -> None:
    """Creates all tables beside those that readers see, fills them and counts the rows."""
    for table in contents.tables:
        session.run(definition(session.connection, table))
    session.connection.execute("call mysql_clear_cache()")
    # one transaction, because each would wait for the disk
    with sql.transaction(session.connection):
        for table in contents.tables:
            values = ", ".join(map(value, table.columns))
            target = f"server.{sql.name(table.name + NEW)}"
            session.connection.execute(f"insert into {target} select {values} from {table.source}")
    for table in contents.tables:
        [(rows,)] = session.rows(f"select count(*) from {quoted(table.name + NEW)}")
        if rows != table.rows:
            raise PublishError(f"{table.name} arrived with {rows:,} rows of {table.rows:,}. Nothing was published.")


def definition(connection: duckdb.DuckDBPyConnection, table: Table) -> str:
    """Returns the statement that creates a table with its comments. Texts that differ in case or accents are different, as in DuckDB."""
    longest = longest_texts(connection, table)
    columns = ", ".join(
        f"{quoted(column.name)} {mysql_type(column.kind, longest.get(column.name, 0))} {'null' if column.is_nullable else 'not null'} "
        f"comment {literal(cut(column.comment, COLUMN_COMMENT))}"
        for column in table.columns
    )
    comment = literal(cut(table.comment, TABLE_COMMENT))
    return f"create table {quoted(table.name + NEW)} ({columns}) comment {comment} character set utf8mb4 collate utf8mb4_bin"


def longest_texts(connection: duckdb.DuckDBPyConnection, table: Table) -> dict[str, int]:
    """Returns how long the longest text of each column is that becomes a text."""
    texts = [column for column in table.columns if mysql_type(column.kind, 0) == f"varchar({SHORT_TEXT})"]
    if not texts:
        return {}
    lengths = ", ".join(f"coalesce(max(length({value(column)})), 0)" for column in texts)
    [row] = connection.execute(f"select {lengths} from {table.source}").fetchall()
    return dict(zip((column.name for column in texts), row, strict=True))


def mysql_type(kind: str, longest: int) -> str:
    """Returns MySQL's type for one of DuckDB; lists, structs and the like become JSON in a text."""
    if kind.startswith("DECIMAL") and not kind.endswith("]"):
        return kind.lower()
    return TYPES.get(kind, f"varchar({SHORT_TEXT})" if longest <= SHORT_TEXT else "longtext")


def value(column: Column) -> str:
    """Returns the SQL of a column's values as MySQL takes them: it has no number that is none, and none without end."""
    name = sql.name(column.name)
    if column.kind in ("DOUBLE", "FLOAT"):
        return f"case when isfinite({name}) then {name} end"
    is_text = mysql_type(column.kind, 0) == f"varchar({SHORT_TEXT})" and column.kind != "VARCHAR"
    return f"cast(to_json({name}) as varchar)" if is_text else name


def cut(text: str, length: int) -> str:
    """Returns a text of at most so many characters, cut behind a word."""
    if len(text) <= length:
        return text
    return text[: length - 1].rsplit(maxsplit=1)[0] + "…"
