"""Publishes to PostgreSQL: replaces the rows of all tables in one transaction.

Rows are replaced, and not tables or schemas by a rename: a transaction that began before a rename and looks a name up after it would find
the new table without its rows, which its snapshot cannot see. And what is not replaced keeps its privileges, views, policies and indexes.
"""

from publishing import sql
from publishing.connecting import LOCK_TIMEOUT, Session, connected
from publishing.contents import PUBLICATION, Column, Contents, Table
from publishing.errors import PublishError
from publishing.servers import Server

# as PostgreSQL itself calls them, to be compared with the columns that are there
TYPES = {
    "TINYINT": "smallint",
    "SMALLINT": "smallint",
    "INTEGER": "integer",
    "BIGINT": "bigint",
    "FLOAT": "real",
    "DOUBLE": "double precision",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "timestamp without time zone",
    "VARCHAR": "text",
}
COLUMNS_THERE = """
    select schemas.nspname::text, relations.relname::text, columns.attname::text, format_type(columns.atttypid, columns.atttypmod)
    from pg_class as relations
    inner join pg_namespace as schemas on relations.relnamespace = schemas.oid
    inner join pg_attribute as columns on relations.oid = columns.attrelid and columns.attnum > 0 and not columns.attisdropped
    where schemas.nspname in ({schemas}) and relations.relkind in ('r', 'p', 'v', 'm', 'f')
"""

# tables by schema and name, each with the types of its columns by their names
Tables = dict[tuple[str, str], dict[str, str]]


def publish_postgres(contents: Contents, server: Server) -> list[str]:
    """Puts a new version in the place of the one in the schemas marts, lookups and publication of a database.

    Until the commit readers have the old version, whole, from then on the new one. Nobody waits for anybody, but where a table gets other
    columns than it had.

    Returns
    -------
    notes
        None: it went well.

    Raises
    ------
    PublishError
        Where nothing was published, with the reason.
    """
    with connected(contents.connection, server) as session:
        session.connection.execute("set pg_null_byte_replacement = ''")
        with sql.transaction(session.connection):
            session.run(f"set local lock_timeout = '{LOCK_TIMEOUT}s'")
            there = tables_there(session, contents)
            former = former_tables(session, there)
            names = {(table.schema, table.name) for table in contents.tables}
            if others := sorted(f"{schema}.{name}" for schema, name in names & there.keys() - former):
                raise PublishError(
                    f"The database has tables of the same name that no publish made: {', '.join(others)}. Nothing was published. "
                    "Move them to another schema, or publish to a database of its own."
                )
            for schema in dict.fromkeys(table.schema for table in contents.tables):
                session.run(f"create schema if not exists {sql.name(schema)}")
            for stale in sorted(there.keys() & former - names):
                session.run(f"drop table {sql.name(*stale)}")
            # all definitions first: what DuckDB knows of a database is what there is when it first asks
            for table in contents.tables:
                for statement in definition(table, there.get((table.schema, table.name))):
                    session.run(statement)
            load(session, contents)
    return []


def tables_there(session: Session, contents: Contents) -> Tables:
    """Returns the tables and views of the schemas that are published."""
    schemas = ", ".join(sql.literal(schema) for schema in sorted({table.schema for table in contents.tables}))
    tables: Tables = {}
    for schema, table, column, kind in session.rows(COLUMNS_THERE.format(schemas=schemas)):
        tables.setdefault((schema, table), {})[column] = kind
    return tables


def former_tables(session: Session, there: Tables) -> set[tuple[str, str]]:
    """Returns the tables that the last publish made, and keeps another publish from changing them meanwhile."""
    if (PUBLICATION, "published_tables") not in there:
        return set()
    session.run(f"lock table {PUBLICATION}.published_tables in exclusive mode")
    former = session.rows(f"select schema_name, table_name from {PUBLICATION}.published_tables")
    return {(PUBLICATION, "published_version"), (PUBLICATION, "published_tables"), *((schema, name) for schema, name in former)}


def definition(table: Table, there: dict[str, str] | None) -> list[str]:
    """Returns the statements that leave a table empty, with the columns and comments that it should have.

    Parameters
    ----------
    table
        What is published.
    there
        The types of the columns that the table has, by their names; None if it is not there.
    """
    target = sql.name(table.schema, table.name)
    wanted = {column.name: postgres_type(column.kind) for column in table.columns}
    if there is None:
        statements = [f"create table {target} ({', '.join(f'{sql.name(column)} {kind}' for column, kind in wanted.items())})"]
    else:
        # a column of another type is dropped and added: to convert it would write the table anew, which older snapshots see as empty
        changes = [f"drop column {sql.name(column)}" for column, kind in there.items() if wanted.get(column) != kind]
        changes += [f"add column {sql.name(column)} {kind}" for column, kind in wanted.items() if there.get(column) != kind]
        # delete, because older snapshots see a truncated table as empty
        statements = [f"delete from {target}", *([f"alter table {target} {', '.join(changes)}"] if changes else [])]
    comments = [f"comment on table {target} is {sql.literal(table.comment)}"]
    comments += [f"comment on column {target}.{sql.name(column.name)} is {sql.literal(column.comment)}" for column in table.columns]
    return [*statements, "; ".join(comments)]


def load(session: Session, contents: Contents) -> None:
    """Fills the tables, and counts their rows."""
    for table in contents.tables:
        columns = ", ".join(sql.name(column.name) for column in table.columns)
        values = ", ".join(map(value, table.columns))
        target = sql.name("server", table.schema, table.name)
        session.connection.execute(f"insert into {target} ({columns}) select {values} from {table.source}")
    places = enumerate(contents.tables)
    counts = " union all ".join(f"select {place}, count(*) from {sql.name(table.schema, table.name)}" for place, table in places)
    for place, rows in session.rows(counts):
        table = contents.tables[place]
        if rows != table.rows:
            raise PublishError(f"{table.schema}.{table.name} arrived with {rows:,} rows of {table.rows:,}. Nothing was published.")


def postgres_type(kind: str) -> str:
    """Returns PostgreSQL's type for one of DuckDB; lists, structs and the like become JSON in a text."""
    return kind.replace("DECIMAL", "numeric") if kind.startswith("DECIMAL") and not kind.endswith("]") else TYPES.get(kind, "text")


def value(column: Column) -> str:
    """Returns the SQL of a column's values as PostgreSQL takes them."""
    quoted = sql.name(column.name)
    return quoted if postgres_type(column.kind) != "text" or column.kind == "VARCHAR" else f"cast(to_json({quoted}) as varchar)"
