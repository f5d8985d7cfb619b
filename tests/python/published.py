"""Published files for tests."""

import json
from collections.abc import Container
from pathlib import Path

import duckdb

from publishing.contents import open_contents
from publishing.file import publish_file
from tests.python.warehouse import Warehouse

SCHEMAS = ("marts", "lookups")


def published(warehouse: Warehouse, target: Path) -> Path:
    """Publishes a warehouse that was built with its manifest, and returns the published file."""
    contents = open_contents(warehouse.path, json.loads((warehouse.folder / "target" / "manifest.json").read_text()))
    publish_file(contents, target)
    contents.connection.close()
    return target


def published_copy(warehouse: Path, target: Path, filled: Container[str]) -> Path:
    """Copies marts and lookups into a file of their own, with their rows or without, and returns it.

    Parameters
    ----------
    warehouse
        A built or a published file.
    target
        The file to write.
    filled
        Tables to copy with their rows. The others arrive empty, which is quicker by far where they are large.
    """
    with duckdb.connect() as connection:
        connection.execute(f"attach '{warehouse}' as built (read_only)")
        connection.execute(f"attach '{target}' as published")
        for schema in SCHEMAS:
            connection.execute(f"create schema published.{schema}")
        tables = connection.execute(
            f"select schema_name, table_name from duckdb_tables() where database_name = 'built' and schema_name in {SCHEMAS}"
        ).fetchall()
        for schema, table in tables:
            rows = "" if table in filled else " limit 0"
            connection.execute(f"create table published.{schema}.{table} as select * from built.{schema}.{table}{rows}")
    return target
