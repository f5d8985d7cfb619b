"""Published files for tests: all marts and lookups of a warehouse, with their rows or without."""

from collections.abc import Container
from pathlib import Path

import duckdb

SCHEMAS = ("marts", "lookups")


def published_copy(warehouse: Path, target: Path, filled: Container[str]) -> Path:
    """Copies marts and lookups into a file of their own, and returns it.

    Parameters
    ----------
    warehouse
        The built file.
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
