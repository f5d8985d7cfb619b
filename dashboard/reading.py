"""What pages read, kept for the next visitor until another version is published."""

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.published import Published, Version, published_path

# results of queries that are kept; each is no more than what a page shows
KEPT_RESULTS = 500

AS_OF = "select max(date_day) as as_of from marts.dates where not is_after_as_of"


@st.cache_resource(max_entries=4)
def _published(path: Path) -> Published:
    return Published(path)


def published() -> Published:
    """Returns the published file that all visitors share."""
    return _published(published_path())


@st.cache_data(max_entries=KEPT_RESULTS, show_spinner=False)
def _rows(path: Path, version: Version, sql: str, parameters: dict[str, Any]) -> pd.DataFrame:
    """Reads; path and version only tell one result from another."""
    return published().rows(sql, parameters)


def rows(sql: str, **parameters: Any) -> pd.DataFrame:
    """Returns what a query of the published file gives.

    Parameters
    ----------
    sql
        One select; marts are `marts.<name>`, parameters `$name`.
    parameters
        Values of the parameters.

    Raises
    ------
    PublishedError
        If the file, a mart or a column is missing.
    """
    file = published()
    return _rows(file.path, file.version, sql, parameters)


def has_mart(name: str) -> bool:
    """Returns whether the published file has a mart of this name."""
    return published().has_mart(name)


def as_of() -> date | None:
    """Returns the day up to which the marts count, if any source has dates."""
    day = rows(AS_OF)["as_of"].iloc[0]
    return None if pd.isna(day) else pd.Timestamp(day).date()
