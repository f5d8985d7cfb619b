"""Levels that look like markup, and every kind of chart over them."""

from collections.abc import Callable

import pandas as pd
import plotly.graph_objects as go

from dashboard import charts

HOSTILE = (
    '<a href="https://evil.example/">click</a>',
    "<b>bold</b><br>line",
    "&lt;i&gt; &amp; &#60;i&#62;",
    "%{meta.alt} %{x} %{customdata}",
    "$x^2$ <extra>gone</extra>",
    "a/b",
    "a",
)

LEVELS = pd.DataFrame({"level": HOSTILE, "share": 0.5, "low": 0.4, "high": 0.6, "users": 10, "more": HOSTILE})
GRID = LEVELS.merge(LEVELS, how="cross", suffixes=("", "_other")).assign(is_open=True)
# parts of one name within parts of another, and one whose name with its ring's is that of a part
RINGS = pd.concat([LEVELS.assign(ring=ring) for ring in HOSTILE], ignore_index=True)
BY_DAY = pd.concat([LEVELS.assign(day=pd.Timestamp(day)) for day in ("2025-01-01", "2025-01-02")], ignore_index=True)
ENDS = {"value": "share", "low": "low", "high": "high", "label": "level"}

# every role that a level can have in a chart
FIGURES: dict[str, Callable[[], go.Figure]] = {
    "intervals": lambda: charts.intervals(LEVELS, **ENDS, size="users", title=HOSTILE[0], unit=HOSTILE[0]),
    "grouped_intervals": lambda: charts.intervals(RINGS[RINGS["level"] == "a"], **ENDS, group="ring", size="users", title="Groups"),
    "lines": lambda: charts.lines(BY_DAY, x="day", y="share", group="level", title="Lines", x_title=HOSTILE[0], unit=HOSTILE[3]),
    "lines_over_levels": lambda: charts.lines(LEVELS, x="level", y="share", title="Levels"),
    "heatmap": lambda: charts.heatmap(GRID, x="level", y="level_other", value="share", title="Cells", incomplete="is_open"),
    "told_heatmap": lambda: charts.heatmap(
        GRID, x="level", y="level_other", value="share", title="Told", texts="more", written="more_other"
    ),
    "bars": lambda: charts.bars(LEVELS, label="level", value="users", title="Bars", unit=HOSTILE[0]),
    "grouped_bars": lambda: charts.bars(RINGS, label="level", value="users", group="ring", title="Bars", stacked=True),
    "upright_bars": lambda: charts.bars(LEVELS, label="level", value="users", group="more", title="Bars", upright=True),
    "sunburst": lambda: charts.sunburst(RINGS, path=["ring", "level"], value="users", title="Rings", unit=HOSTILE[0]),
    "scatter": lambda: charts.scatter(LEVELS, x="share", y="users", group="level", hover="more", title="Map", y_title=HOSTILE[0]),
    "scatter_without_hover": lambda: charts.scatter(LEVELS, x="share", y="users", group="level", title="Map"),
}
