"""The clock of the connection."""

from dbt.adapters.duckdb.plugins import BasePlugin
from duckdb import DuckDBPyConnection


class Plugin(BasePlugin):
    """Reads zoneless timestamps as UTC on any machine.

    dbt-duckdb's own `settings` would be set anew for each model, which a build whose configuration is locked refuses.
    """

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Sets the time zone for all cursors of a connection."""
        conn.execute("set global TimeZone = 'UTC'")
