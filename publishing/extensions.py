"""DuckDB's extensions for servers, which come as Python packages, so that nothing is fetched while publishing."""

from importlib.util import find_spec
from pathlib import Path

import duckdb

from publishing.errors import PublishError

EXTENSIONS = {"postgres": "postgres_scanner", "mysql": "mysql_scanner"}


def extension_file(kind: str) -> Path:
    """Returns the file of the extension for a kind of server.

    Raises
    ------
    PublishError
        Where its package is missing, or is of another version of DuckDB.
    """
    name = EXTENSIONS[kind]
    package = find_spec(f"duckdb_extension_{name}")
    version = duckdb.__version__
    file = Path(package.origin).parent / "extensions" / f"v{version}" / f"{name}.duckdb_extension" if package and package.origin else None
    if file is None or not file.exists():
        raise PublishError(
            f"PUBLISH_TO names a server, and the package duckdb-extension-{name.replace('_', '-')} for DuckDB {version} is missing. "
            "`PUBLISH_TO=... make publish` installs it, and so does: pip install -r requirements-publishing.txt"
        )
    return file
