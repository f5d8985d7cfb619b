"""The SQL function `file_form`, which looks at the bytes of a CSV file."""

import codecs
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin
from duckdb import DuckDBPyConnection

BLOCK_BYTES = 1 << 20
# Latin-1 has control characters there, which no text contains, and Windows-1252 has letters and quotation marks
CONTROL = re.compile(rb"[\x80-\x9f]")
# what csv_lines.sql names as the delimiter, so that a line stays whole
DELIMITER = b"\x1f\x1e\x1f\x1e"
FORM = "struct(encoding varchar, has_crlf boolean, has_lone_cr boolean, has_delimiter boolean)"


def file_form(path: str) -> dict[str, Any]:
    """Returns how the bytes of a file are to be read. Holds one block of the file in memory at a time.

    Parameters
    ----------
    path
        A file on this machine.

    Returns
    -------
    form
        `encoding`: `ascii`, `utf-8`, `utf-16` (by its mark; `utf-16-be` with the high byte first) or `latin-1`; `unknown` where it is none
        of them. `has_crlf`: whether a line ends in CRLF. `has_lone_cr`: whether a CR stands before anything but LF. `has_delimiter`:
        whether the bytes hold DELIMITER.
    """
    with Path(path).open("rb") as file:
        mark = file.read(2)
    is_utf_16 = mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_ascii = is_utf_8 = True
    has_control = has_delimiter = False
    crlf = cr = 0
    last = b""
    try:
        for block in blocks(path, is_utf_16):
            cr += block.count(b"\r")
            crlf += block.count(b"\r\n") + (last[-1:] == b"\r" and block[:1] == b"\n")
            has_delimiter = has_delimiter or DELIMITER in last + block
            last = (last + block)[1 - len(DELIMITER) :]
            if not block.isascii():
                is_ascii = False
                has_control = has_control or CONTROL.search(block) is not None
            is_utf_8 = is_utf_8 and is_decoded(decoder, block)
    except UnicodeDecodeError:
        return {"encoding": "unknown", "has_crlf": False, "has_lone_cr": False, "has_delimiter": False}
    if is_utf_16:
        encoding = "utf-16" if mark == codecs.BOM_UTF16_LE else "utf-16-be"
    elif is_utf_8 and is_decoded(decoder, b"", final=True):
        encoding = "ascii" if is_ascii else "utf-8"
    else:
        encoding = "unknown" if has_control else "latin-1"
    return {"encoding": encoding, "has_crlf": crlf > 0, "has_lone_cr": cr > crlf, "has_delimiter": has_delimiter}


def blocks(path: str, is_utf_16: bool) -> Iterator[bytes]:
    """Yields the bytes of a file, block by block; those of UTF-16 as UTF-8.

    Raises
    ------
    UnicodeDecodeError
        Where a file with the mark of UTF-16 is none.
    """
    decoder = codecs.getincrementaldecoder("utf-16")()
    with Path(path).open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            yield decoder.decode(block).encode(errors="surrogatepass") if is_utf_16 else block
    if is_utf_16:
        decoder.decode(b"", final=True)


def is_decoded(decoder: codecs.IncrementalDecoder, block: bytes, final: bool = False) -> bool:
    """Returns whether the bytes go on as text."""
    try:
        decoder.decode(block, final)
    except UnicodeDecodeError:
        return False
    return True


class Plugin(BasePlugin):
    """Gives the function to a connection."""

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Adds the function for all cursors of a connection."""
        conn.create_function("file_form", file_form, ["varchar"], FORM)
