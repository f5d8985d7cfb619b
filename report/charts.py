"""Charts as SVG that stands in a page: no script, no date, no fonts of their own, the same bytes for the same rows."""

import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from io import StringIO
from typing import Any

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from dashboard.words import share

WIDTH = 3.6  # inches; half a printed page, and a telephone
INK, SOFT, GRID = "#1c2730", "#5a6672", "#dde2e7"
BLUE, MIDDLE, PALE, RUST = "#1d4e79", "#6f9cc3", "#c3d6e8", "#a8481b"
STYLE: Any = {
    "axes.edgecolor": GRID,
    "axes.labelcolor": SOFT,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.family": ["sans-serif"],
    "font.sans-serif": ["DejaVu Sans"],  # measures the texts; the page says in which font they are shown
    "font.size": 7.5,
    "svg.fonttype": "none",
    "text.color": INK,
    "text.parse_math": False,  # a dollar sign in the data is a dollar sign
    "xtick.color": SOFT,
    "xtick.major.size": 0,
    "ytick.color": INK,
    "ytick.major.size": 0,
}
NOTHING = {"Creator": None, "Date": None, "Format": None, "Type": None}
LONGEST_LABEL = 24


@dataclass(frozen=True)
class Interval:
    """A value with its interval and what it rests on.

    Attributes
    ----------
    label
        What the value is of.
    value, low, high
        The value and the ends of its interval.
    size
        Users or plays.
    """

    label: str
    value: float
    low: float
    high: float
    size: int


@dataclass(frozen=True)
class Point:
    """A point of a curve, and the band around it."""

    x: float
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Week:
    """A week and its users; those of the week before who did not come are `churned`."""

    start: date
    new: int
    retained: int
    resurrected: int
    churned: int


def shortened(label: str) -> str:
    """Returns a label that leaves room for the chart."""
    return label if len(label) <= LONGEST_LABEL else label[: LONGEST_LABEL - 1] + "…"


def percent_axis(top: float) -> FuncFormatter:
    """Returns how shares up to `top` are written at an axis."""
    digits = 1 if top < 0.05 else 0
    return FuncFormatter(lambda share, _: f"{100 * share:.{digits}f} %")


def with_own_names(svg: str, name: str) -> str:
    """Returns an SVG whose ids begin with a name, so that several of them fit into one page."""

    def renamed(tag: re.Match[str]) -> str:
        text = re.sub(r'\bid="', f'id="{name}-', tag.group())
        text = re.sub(r'(?:xlink:)?href="#', f'href="#{name}-', text)
        return text.replace("url(#", f"url(#{name}-")

    return re.sub(r"<[^>]+>", renamed, svg)


def drawn(name: str, title: str, description: str, height: float, draw: Callable[[Axes], None]) -> Markup:
    """Returns a chart as an SVG element.

    Parameters
    ----------
    name
        Its name in the page, which no other chart has.
    title, description
        What it shows, for who cannot see it.
    height
        In inches.
    draw
        Draws it.
    """
    text = StringIO()
    with mpl.rc_context({**STYLE, "svg.hashsalt": name}), warnings.catch_warnings():
        # a letter that the measuring font lacks is in the font that shows it
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        draw(figure.subplots())
        figure.savefig(text, format="svg", transparent=True, metadata=NOTHING)
    svg = with_own_names(text.getvalue(), name)
    content = svg[svg.index(">", svg.index("<svg")) + 1 :]
    content = re.sub(r"<style[^>]*>.*?</style>", "", content, count=1, flags=re.DOTALL).replace("<defs>\n  \n </defs>", "")
    start = Markup(
        '<svg viewBox="0 0 {} {}" role="img" aria-labelledby="{}-title {}-desc"><title id="{}-title">{}</title><desc id="{}-desc">{}</desc>'
    )
    opened = start.format(f"{72 * WIDTH:g}", f"{72 * height:g}", name, name, name, title, name, description)
    return opened + Markup(content)  # noqa: S704 - what matplotlib has written, which escapes texts


def intervals(name: str, title: str, rows: Sequence[Interval], size_of: str, reference: float | None = None) -> Markup:
    """Returns shares of groups as dots with their intervals, and the size of each group at the right.

    Parameters
    ----------
    name, title
        As in `drawn`.
    rows
        The groups, from top to bottom.
    size_of
        What the sizes count.
    reference
        The share of all, shown as a line.
    """

    def draw(axes: Axes) -> None:
        places = range(len(rows))
        axes.hlines(places, [row.low for row in rows], [row.high for row in rows], color=MIDDLE, linewidth=3)
        axes.plot([row.value for row in rows], list(places), linestyle="none", marker="o", markersize=5, color=BLUE)
        if reference is not None:
            axes.axvline(reference, color=RUST, linewidth=0.8, linestyle=(0, (4, 2)), zorder=0)
            axes.text(reference, 1, "all", transform=axes.get_xaxis_transform(), color=RUST, ha="center", va="bottom")
        axes.set_yticks(list(places), [shortened(row.label) for row in rows])
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_xlim(left=0)
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.xaxis.set_major_formatter(percent_axis(max(row.high for row in rows)))
        axes.grid(axis="x", color=GRID, linewidth=0.6)
        axes.set_axisbelow(True)
        axes.spines["left"].set_visible(False)
        for place, row in enumerate(rows):
            axes.text(1.02, place, f"{row.size:,}", transform=axes.get_yaxis_transform(), color=SOFT, va="center")
        axes.text(1.02, -0.75, size_of, transform=axes.get_yaxis_transform(), color=SOFT, va="bottom")

    words = "; ".join(f"{row.label}: {share(row.value, row.low, row.high, row.size, size_of)}" for row in rows)
    return drawn(name, title, words, 0.5 + 0.21 * len(rows), draw)


def curve(name: str, title: str, points: Sequence[Point], x_label: str) -> Markup:
    """Returns a share over days as steps, with the band of its intervals."""

    def draw(axes: Axes) -> None:
        x = [point.x for point in points]
        low, high = [point.low for point in points], [point.high for point in points]
        axes.fill_between(x, low, high, step="post", color=PALE, linewidth=0)
        axes.step(x, [point.value for point in points], where="post", color=BLUE, linewidth=1.6)
        axes.set_xlim(x[0], max(x[-1], x[0] + 1))
        axes.set_ylim(0, min(1.0, 1.1 * max(high)) or 1.0)
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        axes.yaxis.set_major_locator(MaxNLocator(5))
        axes.yaxis.set_major_formatter(percent_axis(max(high)))
        axes.grid(axis="y", color=GRID, linewidth=0.6)
        axes.set_axisbelow(True)
        axes.set_xlabel(x_label)

    last = points[-1]
    words = (
        f"From day {points[0].x:g} to day {last.x:g}; at its end {share(last.value, last.low, last.high)}. The band is the 95 % interval."
    )
    return drawn(name, title, words, 1.8, draw)


def lifecycle(name: str, title: str, weeks: Sequence[Week]) -> Markup:
    """Returns the users of each week as bars: who is new, stayed or came back above the line, who went below it."""

    def draw(axes: Axes) -> None:
        x = range(len(weeks))
        floor = [0] * len(weeks)
        layers = (("retained", BLUE), ("resurrected", MIDDLE), ("new", PALE))
        for kind, color in layers:
            heights = [getattr(week, kind) for week in weeks]
            axes.bar(x, heights, width=0.8, bottom=floor, color=color, label=kind)
            floor = [below + height for below, height in zip(floor, heights, strict=True)]
        axes.bar(x, [-week.churned for week in weeks], width=0.8, color="white", edgecolor=RUST, linewidth=0.7, label="churned")
        axes.axhline(0, color=INK, linewidth=0.7)
        named = x[:: 1 + len(weeks) // 4]
        axes.set_xticks(list(named), [str(weeks[place].start) for place in named])
        axes.yaxis.set_major_locator(MaxNLocator(6, integer=True))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda users, _: f"{abs(users):,.0f}"))
        axes.grid(axis="y", color=GRID, linewidth=0.6)
        axes.set_axisbelow(True)
        axes.set_ylabel("users")
        axes.legend(
            loc="lower left",
            bbox_to_anchor=(0, 1),
            ncols=4,
            frameon=False,
            borderaxespad=0,
            handlelength=0.9,
            handletextpad=0.4,
            columnspacing=1.0,
        )

    first, last = weeks[0], weeks[-1]
    words = (
        f"Weeks from {first.start} to {last.start}. In the last one {last.retained:,} users stayed, {last.resurrected:,} came back, "
        f"{last.new:,} were new and {last.churned:,} of the week before did not come."
    )
    return drawn(name, title, words, 2.1, draw)
