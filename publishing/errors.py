"""What stops a publish, in words for the person who called it."""

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
NOT_ALLOWED = (errno.EACCES, errno.EPERM, errno.EROFS)


class PublishError(Exception):
    """Says what is wrong, and what to do about it."""


@contextmanager
def explained(path: Path, setting: str) -> Iterator[None]:
    """Turns what the disk or DuckDB says about a file into a PublishError with one sentence on the reason and one on the remedy.

    Parameters
    ----------
    path
        The file or folder that is worked on.
    setting
        What names another place: an environment variable, or an option of the command.
    """
    try:
        yield
    except (duckdb.Error, OSError) as error:
        raise PublishError(explanation(error, path, setting)) from None


def explanation(error: Exception, path: Path, setting: str) -> str:
    """Returns why a file cannot be used, and what to do; the parameters are those of `explained`."""
    reason = reason_of(error)
    if "Could not set lock on file" in reason:
        process = re.search(r"\(PID \d+\)", reason)
        return f"Another process{f' {process[0]}' if process else ''} has {path} open for writing. Close it there and try again."
    if "not a valid DuckDB database file" in reason:
        return f"{path} is not a DuckDB file. Move it away, or name another file with {setting}."
    if any(os.strerror(code) in reason for code in NO_ROOM):
        return f"There is no room for {path} ({reason}). Make room (disk, quota, ulimit -f), or name a place with room with {setting}."
    if any(os.strerror(code) in reason for code in NOT_ALLOWED):
        return f"This user may not use {path} ({reason}). Change the permissions, or name another place with {setting}."
    return f"{path} cannot be used ({reason}). Mend that, or name another place with {setting}."


def reason_of(error: Exception) -> str:
    """Returns the innermost reason that an error of the disk or of DuckDB gives, as one line."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    lines = str(error).splitlines() or [type(error).__name__]
    innermost = re.split(r"Original error: |Failed to commit: ", lines[0])[-1]
    return re.sub(r"^(\w+ )+Error: ", "", innermost)
