"""Frame and navigation of the pages."""

import importlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import streamlit as st

from dashboard import words
from dashboard.published import PublishedError
from dashboard.reading import as_of, published
from dashboard.views import PAGES

LOOK = Path(__file__).with_name("look.css")
# a file of our own: for a named icon the browser would ask a server of another's
ICON = Path(__file__).with_name("icon.svg")


def shown(name: str) -> Callable[[], None]:
    """Returns a page that says, where it cannot be shown, what is missing and what to do."""

    def page() -> None:
        try:
            version = published().version
            day = as_of()
            until = f"Counted up to {words.day(day)}" if day else "No source has dates"
            published_at = datetime.fromtimestamp(version[1] / 10**9, UTC)
            st.caption(f"{until} · published {words.day(published_at)}, {published_at:%H:%M} UTC")
            importlib.import_module(f"dashboard.views.{name}").page()
            # a page that was read while another version was published would mix the two
            if published().version != version:
                st.rerun()
        except PublishedError as error:
            st.title("Nothing to show yet")
            st.error(str(error), icon=":material/error:")

    return page


def main() -> None:
    """Shows the page that the reader is on."""
    st.set_page_config(page_title="User analytics", page_icon=ICON, layout="wide")
    st.html(LOOK)
    st.logo(str(Path(__file__).with_name("logo.svg")), size="large")
    pages = [
        st.Page(shown(name), title=title, icon=f":material/{icon}:", url_path=name, default=place == 0)
        for place, (name, title, icon) in enumerate(PAGES)
    ]
    st.navigation(pages, position="sidebar", expanded=True).run()
