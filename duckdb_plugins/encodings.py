"""The SQL function `file_encoding`, which looks at the bytes of a CSV file."""

import codecs
import re
from pathlib import Path

from dbt.adapters.duckdb.plugins import BasePlugin
from duckdb import DuckDBPyConnection

BLOCK_BYTES = 1 << 20
# Latin-1 has control characters there, which no text contains, and Windows-1252 has letters and quotation marks
CONTROL = re.compile(rb"[\x80-\x9f]")


def file_encoding(path: str) -> str:
    """Returns how the bytes of a file are to be read. Holds one block of the file in memory at a time.

    Parameters
    ----------
    path
        A file on this machine.

    Returns
    -------
    encoding
        `ascii`, `utf-8`, `utf-16` (by its mark) or `latin-1`; `unknown` where it is none of them; `lone CR` where lines end in CRLF and
        a CR stands alone, which the CSV reader would take for an end of line, too.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_ascii = is_utf_8 = True
    has_control = False
    is_first = True
    crlf = cr = 0
    last = b""
    with Path(path).open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            if is_first and block[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
                return "utf-16"
            is_first = False
            cr += block.count(b"\r")
            crlf += block.count(b"\r\n") + (last == b"\r" and block[:1] == b"\n")
            last = block[-1:]
            if not block.isascii():
                is_ascii = False
                has_control = has_control or CONTROL.search(block) is not None
            is_utf_8 = is_utf_8 and is_decoded(decoder, block)
    if 0 < crlf < cr:
        return "lone CR"
    if is_utf_8 and is_decoded(decoder, b"", final=True):
        return "ascii" if is_ascii else "utf-8"
    return "unknown" if has_control else "latin-1"


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
        conn.create_function("file_encoding", file_encoding, ["varchar"], "varchar")
