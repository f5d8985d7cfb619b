"""Pages over marts whose texts look like markup, addresses, formulas and code: they are read, and nothing else."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import duckdb
import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.python.dashboard.browsing import served, text_of, wait_until_shown
from tests.python.dashboard.test_pages import ERRORS
from tests.python.warehouse import Warehouse

HOSTILE = (
    ' <a href="https://evil.example/">a</a><img src="https://evil.example/i.png" onerror="alert(1)"><script>alert(2)</script> '
    "[b](https://evil.example/b) ![c](https://evil.example/c.png) https://evil.example/d $x^2$ :material/home: %{meta.alt}"
)
# columns whose texts come from files, from the names of things in them, or are made of such
COLUMNS = (
    "level", "reference_level", "other_level", "action", "term", "interaction", "creation_source", "segment_name", "from_segment_name",
    "to_segment_name", "named_by", "finding", "recommendation", "segment_top_reason", "top_reason_1", "top_reason_2", "top_reason_3",
    "track_name", "artist_name", "reason", "note", "label",
)  # fmt: skip
PLACES: tuple[tuple[str, dict[str, str]], ...] = (
    ("overview", {}),
    ("adoption", {}),
    ("actions", {}),
    ("segments", {"view": "Distribution"}),
    ("segments", {"view": "Attributes"}),
    ("segments", {"view": "Members"}),
    ("segments", {"view": "Profiles"}),
    ("segments", {"view": "Map"}),
    ("retention", {"view": "Trend"}),
    ("plays", {"view": "Skip rates"}),
    ("plays", {"view": "Tracks"}),
    ("plays", {"view": "Kinds of track"}),
    ("lookup", {"user": "{user}"}),
    ("quality", {}),
)


@pytest.fixture(scope="module")
def hostile_server(published_sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the dashboard over a sample with such texts."""
    folder = tmp_path_factory.mktemp("hostile")
    file = Path(shutil.copyfile(published_sample, folder / "published.duckdb"))
    with duckdb.connect(str(file)) as connection:
        found = connection.execute(
            "select table_name, column_name from duckdb_columns() where schema_name = 'marts' and data_type = 'VARCHAR' "
            "and list_contains($columns, column_name)",
            {"columns": COLUMNS},
        ).fetchall()
        for table, column in found:
            connection.execute(
                f'update marts.{table} set "{column}" = "{column}" || $hostile where not starts_with("{column}", \'(\')',
                {"hostile": HOSTILE},
            )
    assert {column for _, column in found} == set(COLUMNS)
    with served(file, folder / "server.log") as address:
        yield address


@pytest.fixture(scope="module")
def told() -> list[str]:
    """What the browser asked others for, opened as a dialog, or complained of."""
    return []


@pytest.fixture(scope="module")
def hostile_window(browser: Browser, hostile_server: str, told: list[str]) -> Iterator[BrowserContext]:
    """A window that notes what should not happen."""
    own = (f"{hostile_server}/", "data:", "blob:")
    with browser.new_context(viewport={"width": 1440, "height": 1000}) as context:
        context.on("request", lambda request: None if request.url.startswith(own) else told.append(request.url))
        context.on("dialog", lambda dialog: told.append(dialog.message))
        context.on("console", lambda message: told.append(message.text) if "Content Security Policy" in message.text else None)
        context.on("weberror", lambda failure: told.append(str(failure.error)))
        yield context


@pytest.mark.parametrize("place", PLACES, ids=["_".join([name, *query.values()]) for name, query in PLACES])
def test_texts_are_read_and_nothing_else(
    sample: Warehouse, hostile_window: BrowserContext, hostile_server: str, told: list[str], place: tuple[str, dict[str, str]]
) -> None:
    name, query = place
    if "user" in query:
        users = sample.rows("select min(user_id) from marts.user_overview where has_plays and segment_id is not null")
        query = {"user": str(users[0][0])}
    page = hostile_window.new_page()
    page.goto(f"{hostile_server}/{'' if name == 'overview' else name}?{urlencode(query)}")
    wait_until_shown(page)
    assert page.locator(ERRORS).all_inner_texts() == []
    # a heading has an anchor of its own, made of its letters
    assert page.locator("a[href*='//evil'], a[href^='javascript'], svg a, img[src*='//evil'], [onerror], .katex").count() == 0
    assert told == []
    text = "".join([text_of(page), *page.locator("svg text").all_text_contents()])
    assert "evil.example" in text.replace("\u2060", "")
    page.close()
