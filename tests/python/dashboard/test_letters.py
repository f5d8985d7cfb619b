"""Texts of the data are drawn letter by letter in every kind of chart, whatever they look like to Plotly."""

import json
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.python.dashboard.browsing import served, wait_until_shown
from tests.python.dashboard.hostile import FIGURES, HOSTILE
from tests.python.warehouse import PROJECT

# What the browser is given: Streamlit runs it as a page.
PAGE = """
import streamlit as st
from dashboard import parts
from tests.python.dashboard.hostile import FIGURES

st.title("Letters")
for name, figure in FIGURES.items():
    parts.chart(figure(), key=name)
"""
TEXTS = "parts => parts.map(part => part.textContent)"


def texts_in(part: Any) -> Iterator[str]:
    """Returns all texts of a figure, keys aside."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict | list):
        for inner in part.values() if isinstance(part, dict) else part:
            yield from texts_in(inner)


@pytest.mark.parametrize("name", FIGURES)
def test_no_text_of_the_data_is_markup_in_a_figure(name: str) -> None:
    figure = json.loads(FIGURES[name]().to_json())
    # the title and the sentence for those who do not see it are no part of the picture
    del figure["layout"]["meta"]
    texts = list(texts_in(figure))
    assert any("&lt;a href=" in text for text in texts)
    assert [text for text in texts for mark in ("<a", "</a", "<b>bold", "%{meta", "<extra>gone") if mark in text] == []


@pytest.fixture(scope="module")
def page(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """All charts in Chromium, as Streamlit shows them."""
    folder = tmp_path_factory.mktemp("letters")
    (folder / "page.py").write_text(PAGE)
    shutil.copytree(PROJECT / "dashboard" / ".streamlit", folder / ".streamlit")
    with served(folder / "none.duckdb", folder / "log", script=str(folder / "page.py")) as address:
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        page.goto(address)
        wait_until_shown(page)
        yield page
        page.close()


def collapsed(text: str) -> str:
    """Returns a text without blanks, for what is too long is broken into lines."""
    return "".join(text.split()).replace("\u200b", "")


@pytest.mark.parametrize("name", [name for name in FIGURES if "lines_over" not in name])
def test_texts_are_drawn_letter_by_letter(page: Page, name: str) -> None:
    chart = page.locator(f".st-key-{name}")
    drawn = collapsed(" ".join(chart.locator("svg text").evaluate_all(TEXTS)))
    assert chart.locator("a").count() == 0
    # the rings write what fits into them
    for level in HOSTILE[:1] if name == "sunburst" else HOSTILE:
        assert collapsed(level) in drawn


# where there is something to point at: an element, and the place within it
POINTED_AT = {
    "intervals": (".scatterlayer .point", 0.5, 0.5),
    "bars": (".barlayer .point", 0.5, 0.5),
    "grouped_bars": (".barlayer .point", 0.5, 0.5),
    "heatmap": (".nsewdrag", 0.5, 0.5),
    "told_heatmap": (".nsewdrag", 0.5, 0.5),
    "sunburst": (".slice", 0.5, 0.5),
    # the first day, at a half of an axis that ends a little above it
    "lines": (".nsewdrag", 0.005, 0.05),
}


@pytest.mark.parametrize("name", POINTED_AT)
def test_what_stands_at_the_pointer_is_drawn_letter_by_letter(page: Page, name: str) -> None:
    target, across, down = POINTED_AT[name]
    chart = page.locator(f".st-key-{name}")
    chart.scroll_into_view_if_needed()
    box = chart.locator(target).first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + across * box["width"] + 1, box["y"] + down * box["height"] + 1)
    page.mouse.move(box["x"] + across * box["width"], box["y"] + down * box["height"])
    chart.locator(".hoverlayer text").first.wait_for()
    told = collapsed(" ".join(chart.locator(".hoverlayer text").evaluate_all(TEXTS)))
    # "a" is in everything
    assert any(collapsed(level) in told for level in HOSTILE[:-1])
    assert page.locator(".js-plotly-plot a").count() == 0
