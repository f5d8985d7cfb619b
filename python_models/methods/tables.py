"""Typed result tables."""

from typing import Any

import pandas as pd
import pyarrow as pa

TYPES = {
    "bigint": pa.int64(),
    "integer": pa.int32(),
    "double": pa.float64(),
    "varchar": pa.string(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
}
# of frames, nullable where the library's plain types are not
DTYPES = {"varchar": "object", "bigint": "int64", "integer": "Int32", "double": "float64", "boolean": "boolean"}


def typed(frame: pd.DataFrame, columns: dict[str, str]) -> pa.Table:
    """Returns a frame as a table whose columns have the declared types, even where all values are missing or there is no row.

    Parameters
    ----------
    frame
        Has exactly the declared columns, in any order.
    columns
        SQL type of each column, in the order of the result.

    Raises
    ------
    ValueError
        If a column is missing or not declared.
    """
    missing = [name for name in columns if name not in frame.columns]
    undeclared = [name for name in frame.columns if name not in columns]
    if missing or undeclared:
        raise ValueError(f"columns that are missing: {missing}; that are not declared: {undeclared}")
    schema = pa.schema([(name, TYPES[kind]) for name, kind in columns.items()])
    return pa.Table.from_pandas(frame[list(columns)], schema=schema, preserve_index=False)


def counted_as(columns: dict[str, str], counted: str) -> dict[str, str]:
    """Returns columns that count users as those of something else: `fitted_users` as `fitted_tracks`, say."""
    return {name.replace("users", counted): kind for name, kind in columns.items()}


def as_declared(rows: list[dict[str, Any]], columns: dict[str, str]) -> pd.DataFrame:
    """Returns rows as a frame whose columns have the types that go with the declared SQL types, even without rows.

    A bigint is never missing.
    """
    return pd.DataFrame(rows, columns=list(columns), dtype=object).astype({name: DTYPES[kind] for name, kind in columns.items()})
