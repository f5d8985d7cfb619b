"""What a Python model left behind in the warehouse in the run before."""

from typing import Any


def previous_fit(dbt: Any, session: Any) -> Any:
    """Returns the table of the model that runs, as the last run left it, or None where there is none.

    Parameters
    ----------
    dbt, session
        As dbt hands them to the model.
    """
    this = dbt.this
    tables = session.sql("select schema_name, table_name from duckdb_tables() where database_name = current_database()").fetchall()
    return session.table(str(this)) if (this.schema, this.identifier) in tables else None


def kept_fit(dbt: Any, session: Any) -> Any:
    """Returns the table of the model that runs as the last run left it, for a run that is to fit nothing.

    Raises
    ------
    RuntimeError
        If nothing has been fitted in this warehouse.
    """
    previous = previous_fit(dbt, session)
    if previous is None:
        raise RuntimeError("refit is 'never', but nothing has been fitted in this warehouse yet; build once with refit: always")
    return previous
