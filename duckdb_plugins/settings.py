"""The settings of the connection."""

from dbt.adapters.duckdb.plugins import BasePlugin
from dbt.adapters.duckdb.utils import escape_sql_string
from duckdb import DuckDBPyConnection

# zoneless timestamps are UTC, and a timestamp with a zone is cast to UTC on any machine
DEFAULTS = {"TimeZone": "UTC"}


class Plugin(BasePlugin):
    """Makes settings once for all models.

    dbt-duckdb would make those under `settings` of the profile anew for each model, which a build whose configuration is locked refuses.
    """

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Makes the project's settings and those of the profile for all cursors of a connection."""
        own = self.creds.settings if self.creds else None
        for name, value in (DEFAULTS | (own or {})).items():
            conn.execute(f"set global {name} = '{escape_sql_string(value)}'")
        if self.creds:
            self.creds.settings = None
