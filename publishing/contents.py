"""What a publish holds: the marts and lookups of one build, and one row that says which version they are."""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import yaml

from publishing import sql
from publishing.auditing import published_nodes
from publishing.errors import PublishError, explained
from publishing.settings import PROJECT

PUBLICATION = "publication"
VERSION_COMMENT = "One row, which says what is published. Two versions that hold the same have the same `version`."
VERSION_COLUMNS = {
    "version": "First 16 digits of a hash of all that is published, comments included.",
    "as_of": "The day at whose end everything is judged; null where no source has dates.",
    "project_version": "Version of the project that built it.",
    "dbt_version": "Version of dbt that built it.",
    "tables": "How many marts and lookups are published.",
    "rows": "How many rows they have together.",
}
TABLES_COMMENT = "One row per published mart and lookup."
TABLES_COLUMNS = {
    "schema_name": "Schema of the table in DuckDB and PostgreSQL: marts or lookups.",
    "table_name": "Name of the table.",
    "rows": "How many rows it has.",
}


@dataclass(frozen=True)
class Column:
    """A column as DuckDB has it, `kind` being its type, and its comment."""

    name: str
    kind: str
    is_nullable: bool
    comment: str


@dataclass(frozen=True)
class Table:
    """A table to publish.

    Attributes
    ----------
    source
        What the connection calls it, quoted.
    rows
        How many rows it has.
    """

    schema: str
    name: str
    source: str
    comment: str
    columns: tuple[Column, ...]
    rows: int


@dataclass(frozen=True)
class Contents:
    """All that is published, and the connection that reads it.

    Attributes
    ----------
    tables
        The two of the schema `publication` are the last ones.
    """

    connection: duckdb.DuckDBPyConnection
    tables: tuple[Table, ...]
    version: str
    as_of: str | None

    @property
    def rows(self) -> int:
        """How many rows all tables have."""
        return sum(table.rows for table in self.tables)


def open_contents(warehouse: Path, manifest: dict[str, Any]) -> Contents:
    """Opens a build to be read, and lists what its manifest says is published, and nothing else that lies in the file.

    Parameters
    ----------
    warehouse
        The file that was built.
    manifest
        dbt's manifest of that build.

    Raises
    ------
    PublishError
        Where the file cannot be read, or lacks a table.
    """
    with explained(warehouse, "WAREHOUSE_PATH"):
        return read_contents(warehouse, manifest)


def read_contents(warehouse: Path, manifest: dict[str, Any]) -> Contents:
    """Lists what is published; the parameters are those of `open_contents`."""
    connection = duckdb.connect(":memory:")
    connection.execute(f"attach {sql.literal(str(warehouse))} as built (read_only)")
    nodes = published_nodes(manifest).values()
    tables = [table_of(connection, ("built", node["schema"], node["name"]), node["description"], comments_of(node)) for node in nodes]
    if not tables:
        raise PublishError("The manifest lists no mart and no lookup, so there is nothing to publish.")
    as_of = latest_as_of(connection, tables)
    version = version_of(connection, tables)
    connection.execute(f"create schema {PUBLICATION}")
    connection.execute(
        f"""
        create table {PUBLICATION}.published_version as
        select
            $version as version,
            cast($as_of as date) as as_of,
            $project_version as project_version,
            $dbt_version as dbt_version,
            cast($tables as integer) as tables,
            cast($rows as bigint) as rows
        """,
        {
            "version": version,
            "as_of": as_of,
            "project_version": project_version(),
            "dbt_version": manifest["metadata"]["dbt_version"],
            "tables": len(tables),
            "rows": sum(table.rows for table in tables),
        },
    )
    connection.execute(f"create table {PUBLICATION}.published_tables (schema_name varchar, table_name varchar, rows bigint)")
    connection.executemany(
        f"insert into {PUBLICATION}.published_tables values (?, ?, ?)",
        [[table.schema, table.name, table.rows] for table in tables],
    )
    tables += [
        table_of(connection, ("memory", PUBLICATION, "published_version"), VERSION_COMMENT, VERSION_COLUMNS),
        table_of(connection, ("memory", PUBLICATION, "published_tables"), TABLES_COMMENT, TABLES_COLUMNS),
    ]
    return Contents(connection, tuple(tables), version, as_of)


@cache
def project_version() -> str:
    """Returns the version in dbt_project.yml, which no manifest has."""
    return str(yaml.safe_load((PROJECT / "dbt_project.yml").read_text())["version"])


def comments_of(node: dict[str, Any]) -> dict[str, str]:
    """Returns the descriptions of the columns of a node, by column."""
    return {column["name"]: column["description"] for column in node["columns"].values()}


def table_of(connection: duckdb.DuckDBPyConnection, place: tuple[str, str, str], comment: str, comments: dict[str, str]) -> Table:
    """Returns a table as it was built; `place` is its database, schema and name."""
    columns = connection.execute(
        """
        select column_name, data_type, is_nullable
        from duckdb_columns()
        where database_name = ? and schema_name = ? and table_name = ?
        order by column_index
        """,
        place,
    ).fetchall()
    _, schema, name = place
    if not columns:
        raise PublishError(f"The warehouse lacks the table {schema}.{name}, which the manifest lists. Build it anew.")
    source = sql.name(*place)
    rows = connection.execute(f"select count(*) from {source}").fetchall()[0][0]
    commented = tuple(Column(column, kind, is_nullable, comments.get(column, "")) for column, kind, is_nullable in columns)
    return Table(schema, name, source, comment, commented, rows)


def latest_as_of(connection: duckdb.DuckDBPyConnection, tables: list[Table]) -> str | None:
    """Returns the day that the marts carry as `as_of`, in ISO form."""
    dated = [table for table in tables if any((column.name, column.kind) == ("as_of", "DATE") for column in table.columns)]
    days = [connection.execute(f"select cast(max(as_of) as varchar) from {table.source}").fetchall()[0][0] for table in dated]
    return max((day for day in days if day), default=None)


def version_of(connection: duckdb.DuckDBPyConnection, tables: list[Table]) -> str:
    """Returns a hash of definitions, comments and rows, whatever the order of the rows."""
    digest = hashlib.sha256()
    for table in tables:
        rows = connection.execute(f"select sum(hash(each)) from {table.source} as each").fetchall()[0][0]
        digest.update(repr((table.schema, table.name, table.comment, table.columns, table.rows, rows)).encode())
    return digest.hexdigest()[:16]
