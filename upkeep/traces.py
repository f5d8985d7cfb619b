"""Looks for erased people in files."""

import html
import json
from collections.abc import Iterator
from pathlib import Path

import duckdb

from publishing import sql
from upkeep.files import attach
from upkeep.people import tables_of

BLOCK = 16_000_000
IS_TEXT = "try_cast(id as bigint) is null"
ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be")


def traces_in_tables(connection: duckdb.DuckDBPyConnection, path: Path, texts: list[str]) -> list[str]:
    """Returns the tables of a DuckDB file in which an erased id or text stands, each with what it is.

    DuckDB stores many texts compressed, so that a search of the bytes alone would not see them.

    Parameters
    ----------
    connection
        Has the table `erased`.
    path
        The file.
    texts
        What to look for in columns of texts, in any case of letters. Ids that are no numbers are looked for there, too.
    """
    found = []
    attach(connection, path, "file", "file", read_only=True)
    for table in tables_of(connection, "file"):
        in_ids = [f"cast({column} as varchar) in (select id from memory.erased)" for column in table.ids]
        # an id that is no number may stand in any column of texts
        in_texts = [f"cast({column} as varchar) in (select id from memory.erased where {IS_TEXT})" for column in table.texts]
        is_erased = " or ".join([*in_ids, *in_texts])
        if is_erased and exists(connection, f"from {table.name} where {is_erased}"):
            found.append(f"an id in {table.schema}.{table.table} of {path}")
        row = f"lower(concat_ws(chr(31), {', '.join(f'cast({column} as varchar)' for column in table.texts)}))"
        has_text = " or ".join(f"contains({row}, lower({sql.literal(text)}))" for text in texts)
        if table.texts and has_text and exists(connection, f"from {table.name} where {has_text}"):
            found.append(f"a text in {table.schema}.{table.table} of {path}")
    connection.execute("detach file")
    return found


def exists(connection: duckdb.DuckDBPyConnection, query: str) -> bool:
    """Returns whether a query has rows."""
    return bool(connection.execute(f"select 1 {query} limit 1").fetchall())


def stands_in_bytes(path: Path, texts: list[str]) -> bool:
    """Returns whether a file holds one of some texts, as it is or as JSON or HTML write it, in any case of its Latin letters."""
    needles = {
        written.encode(encoding).lower()
        for text in texts
        for written in (text, json.dumps(text)[1:-1], html.escape(text))
        for encoding in ENCODINGS
    }
    return any(needle in block for block in blocks(path, max(map(len, needles), default=1)) for needle in needles)


def blocks(path: Path, overlap: int) -> Iterator[bytes]:
    """Returns a file in lower case, in blocks that overlap, so that what lies across two of them is whole in one."""
    end = b""
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield end + block.lower()
            end = block.lower()[-overlap:]
