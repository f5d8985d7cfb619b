"""Texts of the data are drawn letter by letter in the report's charts."""

import html
import re

import pytest

from report import charts

HOSTILE = (
    r"$\frac{$",
    "$x^2$",
    r"\$\alpha",
    "--><script>alert(1)</script>",
    '<a href="https://e.x">',
    "</svg>&lt;&#60;",
    "]]><!--",
    "%{x} {0} %s",
    "_hidden",
)


@pytest.fixture
def svg() -> str:
    """A chart with hostile labels, title and size."""
    rows = [charts.Interval(label, 0.5, 0.4, 0.6, 10) for label in HOSTILE]
    return str(charts.intervals("chart", HOSTILE[3], rows, HOSTILE[1], reference=0.5))


def test_every_letter_is_drawn(svg: str) -> None:
    drawn = [html.unescape(text) for text in re.findall(r"<text[^>]*>([^<]*)</text>", svg)]
    assert set(drawn) >= {charts.shortened(label) for label in HOSTILE} | {HOSTILE[1]}


def test_no_text_is_markup(svg: str) -> None:
    assert not {"a", "script"} & set(re.findall(r"<([a-z]+)", svg))
    assert svg.count("</svg>") == svg.count("<svg") == 1
    assert "<!--" not in svg
    # the title, and the sentence for those who do not see the chart
    for name in ("title", "desc"):
        (told,) = re.findall(rf"<{name}[^>]*>([^<]*)</{name}>", svg)
        assert HOSTILE[3] in html.unescape(told)
