"""Plotly figures in one look, each with a title and a sentence that says what it shows, for those who do not see it.

Both stand in the figure's `layout.meta` and not in the picture: whoever shows the figure sets them in type that wraps.
Plotly interprets some HTML in every text that it draws, and `%{...}` in many of them. Every text that may come from the data is escaped
by `letters`, `named` or `wrapped` before it enters a figure; callers pass plain text.
"""

import html
import math
import textwrap
from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboard import words

# Told apart by the colour-blind, each at least 4 to 1 against white; lines differ in their dashes as well, points in their markers.
COLOURS = ("#1f66a8", "#c4570c", "#12836f", "#8a4fa3", "#94690a", "#5b6670")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
MARKERS = ("circle", "diamond", "square", "triangle-up", "cross", "x")
QUIET = "#8a96a3"
# from little to much; every step darker than the one before, so that it also reads in grey
SCALE = ((0.0, "#eef3f8"), (0.25, "#c3d8eb"), (0.5, "#82b0d6"), (0.75, "#3f7fb9"), (1.0, "#143f6b"))
# below nothing, nothing, above it
DIVERGING = ((0.0, "#a8480a"), (0.25, "#e5a877"), (0.5, "#f5f5f3"), (0.75, "#82b0d6"), (1.0, "#17528a"))
FONT = "Source Sans, Source Sans Pro, Segoe UI, Helvetica Neue, Arial, sans-serif"
LABEL_WIDTH = 22
ROW_HEIGHT = 30
# more than six lines are a tangle: the caller chooses
MOST_GROUPS = len(COLOURS)
# counts up to here have a tick each
FEW = 10
# more days than these do not fit below each other on a telephone
MOST_DAYS = 7
DAY = 24 * 60 * 60 * 1000

HOVER_FORMATS = {"share": ".1%", "count": ",.0f"}


def letters(text: Any) -> str:
    """Escapes a text so that Plotly draws it letter by letter: no tags, no character references, no templates; lines stay lines."""
    return html.escape(str(text), quote=False).replace("%{", "&#37;{").replace("\n", "<br>")


def named(name: Any) -> str:
    """Returns the name of a column or a level, escaped for a figure."""
    return letters(words.label(name))


def lead(name: Any) -> str:
    """Returns the name of a group, if any, as a line of its own at the pointer."""
    return "" if name is None else f"{named(name)}<br>"


def tick_format(unit: str | None) -> str:
    """Returns how an axis writes values of a unit."""
    return ".0%" if unit == "share" else ",~s" if unit == "count" else ""


def ticks(values: "pd.Series[Any]", unit: str | None) -> dict[str, Any]:
    """Returns how the axis of values is ticked: few counts at every whole number, for there are no others.

    Parameters
    ----------
    values
        The ends of what is drawn along the axis.
    unit
        share, count, number, or what the values count.
    """
    if unit == "count" and values.dropna().abs().max() < FEW:
        return {"tickformat": ",d", "dtick": 1}
    return {"tickformat": tick_format(unit)}


def day_ticks(values: "pd.Series[Any]") -> dict[str, Any]:
    """Returns how an axis of days is ticked: at some of its own days, without the time; nothing where the values are no days."""
    if not pd.api.types.is_datetime64_any_dtype(values):
        return {}
    days = sorted(values.dropna().unique())
    if not days:
        return {}
    shown = [pd.Timestamp(day) for day in days[:: math.ceil(len(days) / MOST_DAYS)]]
    # one day alone has no length
    room = {"range": [shown[0] - pd.Timedelta(days=1), shown[0] + pd.Timedelta(days=1)]} if len(days) == 1 else {}
    return {"tickvals": shown, "ticktext": [f"{day:%b} {day.day}<br>{day.year}" for day in shown], **room}


def axis_title(unit: str | None) -> str:
    """Returns what an axis is called."""
    return {"share": "", "count": "", "number": "", "odds": "odds ratio (logarithmic)"}.get(unit or "number", named(unit))


def wrapped(text: Any, width: int = LABEL_WIDTH) -> str:
    """Returns a label broken into lines."""
    return "<br>".join(letters(line) for line in textwrap.wrap(words.label(text), width)) or " "


def on_scale(place: Any) -> Any:
    """Returns a place on an axis: numbers and days as they are, texts escaped."""
    return named(place) if isinstance(place, str) else place


def colour_with_alpha(colour: str, alpha: float) -> str:
    """Returns a colour that lets through what lies behind it."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha})"


def styled(figure: go.Figure, title: str, alt: str, height: int) -> go.Figure:
    """Returns the figure in the look of all, with its title and the sentence that says what it shows."""
    figure.update_layout(
        template="none",
        height=height,
        margin={"l": 8, "r": 16, "t": 12, "b": 8},
        font={"family": FONT, "size": 13, "color": "#3a4652"},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        colorway=list(COLOURS),
        hoverlabel={"font": {"family": FONT, "size": 13}},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0, "title": {"text": ""}},
        hovermode="closest",
        dragmode=False,
        meta={"title": title, "alt": alt},
    )
    look = {"gridcolor": "#e3e8ed", "zerolinecolor": "#c9d1d9", "linecolor": "#c9d1d9", "automargin": True, "fixedrange": True}
    figure.update_xaxes(**look)
    figure.update_yaxes(**look)
    return figure


def extremes(frame: pd.DataFrame, label: str, value: str, unit: str | None) -> str:
    """Returns which row is highest and which is lowest, as a sentence."""
    known = frame.dropna(subset=[value])
    if known.empty:
        return "No value is known."
    top, bottom = known.loc[known[value].idxmax()], known.loc[known[value].idxmin()]
    if len(known) == 1:
        return f"{words.label(top[label])}: {words.figure(top[value], unit)}."
    return (
        f"Highest is {words.label(top[label])} with {words.figure(top[value], unit)}, "
        f"lowest {words.label(bottom[label])} with {words.figure(bottom[value], unit)}."
    )


def intervals(
    frame: pd.DataFrame,
    *,
    value: str,
    low: str,
    high: str,
    label: str,
    title: str,
    size: str | None = None,
    unit: str = "share",
    group: str | None = None,
    marked: str | None = None,
    whom: str = "users",
) -> go.Figure:
    """Returns points with their intervals, one row per label.

    Parameters
    ----------
    frame
        One row per label, or per label and group, in the order from top to bottom.
    value, low, high
        Columns of the points and of the ends of their intervals.
    label
        Column of the labels.
    title
        What is shown.
    size
        Column of the sample sizes, which stand with the labels.
    unit
        share, count, number, odds (drawn logarithmically, with a line at 1), difference (with a line at 0), or what values count.
    group
        Column of groups, told apart by colour and marker.
    marked
        Column of booleans: rows to read with care are grey and hollow.
    whom
        What the sample sizes count.
    """
    frame = frame.reset_index(drop=True)
    figure = go.Figure()
    names = [wrapped(text) for text in frame[label]]
    if size is not None and group is None:
        names = [f"{name}<br><i>n = {words.count(number)}</i>" for name, number in zip(names, frame[size], strict=True)]
    is_odds = unit == "odds"
    shown = "share" if unit == "difference" else unit
    groups = [None] if group is None else list(dict.fromkeys(frame[group]))
    # groups of one label lie below each other, so that none hides another
    labels = list(range(len(names))) if group is None else [list(dict.fromkeys(names)).index(name) for name in names]
    names = names if group is None else list(dict.fromkeys(names))
    shifts = [0.0 if group is None else 0.7 * ((groups.index(name) + 0.5) / len(groups) - 0.5) for name in frame[group or label]]
    frame = frame.assign(_place=[row + shift for row, shift in zip(labels, shifts, strict=True)])
    for place, name in enumerate(groups):
        part = frame if group is None else frame[frame[group] == name]
        is_marked = part[marked].fillna(False).astype(bool) if marked else pd.Series(False, index=part.index)
        marker = MARKERS[place % len(MARKERS)]
        colours = [QUIET if grey else COLOURS[place % len(COLOURS)] for grey in is_marked]
        for row, colour in zip(part.to_dict("records"), colours, strict=True):
            if not words.is_missing(row[low]) and not words.is_missing(row[high]):
                figure.add_scatter(
                    x=[row[low], row[high]],
                    y=[row["_place"]] * 2,
                    mode="lines",
                    line={"color": colour, "width": 3},
                    opacity=0.45,
                    hoverinfo="skip",
                    showlegend=False,
                    legendgroup=str(place),
                )
        hover = [
            f"{lead(name)}{named(row[label])}<br><b>{letters(words.figure(row[value], shown))}</b>"
            f" {letters(words.interval(row[low], row[high], shown))}" + ("" if size is None else f"<br>{words.count(row[size])} {whom}")
            for row in part.to_dict("records")
        ]
        figure.add_scatter(
            x=part[value],
            y=part["_place"],
            mode="markers",
            name=named(name),
            legendgroup=str(place),
            showlegend=group is not None,
            marker={"color": colours, "size": 11, "symbol": [f"{marker}-open" if grey else marker for grey in is_marked]},
            hovertext=hover,
            hovertemplate="%{hovertext}<extra></extra>",
        )
    if is_odds or unit == "difference":
        figure.add_vline(x=1 if is_odds else 0, line={"color": "#5b6670", "width": 1, "dash": "dot"})
    lines = sum(name.count("<br>") + 1 for name in names)
    alt = f"{title}: a point with its interval for each of {len(frame)} rows. {extremes(frame, label, value, shown)}"
    row_height = max(ROW_HEIGHT, 18 * len(groups)) if group else ROW_HEIGHT
    styled(figure, title, alt, height=70 + max(18 * lines, row_height * len(names)) + (26 if group else 0))
    figure.update_yaxes(range=[len(names) - 0.4, -0.6], tickvals=list(range(len(names))), ticktext=names, showgrid=False, zeroline=False)
    figure.update_xaxes(
        tickformat="+.0%" if unit == "difference" else tick_format(unit),
        title={"text": axis_title("number" if unit == "difference" else unit)},
        nticks=6,
    )
    if is_odds:
        # a short axis has a tick at every digit, a long one at 1, 2 and 5
        span = frame[high].max() / frame[low].min() if frame[low].min() > 0 else math.inf
        figure.update_xaxes(type="log", tickformat="~g", dtick="D1" if span < 4 else "D2" if span < 1000 else None)
    ends = pd.concat([frame[column] for column in (low, value, high)]).dropna().astype(float)
    ends = ends[ends > 0].map(math.log10) if is_odds else ends
    if not ends.empty:
        first, last = (min(0.0, ends.min()) if unit == "share" else ends.min()), ends.max()
        room = 0.04 * (last - first) or 0.5
        figure.update_xaxes(range=[first if first == 0 and unit == "share" else first - room, last + room])
    return figure


def lines(
    frame: pd.DataFrame,
    *,
    x: str,
    y: str,
    title: str,
    group: str | None = None,
    low: str | None = None,
    high: str | None = None,
    unit: str = "number",
    x_title: str = "",
    steps: bool = False,
    from_zero: bool = True,
    height: int = 320,
) -> go.Figure:
    """Returns lines, with bands where the ends of intervals are given.

    Parameters
    ----------
    frame
        One row per point, in the order of x within a group.
    x, y
        Columns of the axes.
    title
        What is shown.
    group
        Column of lines; at most six are drawn, the first ones.
    low, high
        Columns of the ends of intervals.
    unit
        share, count, number, or what values count.
    x_title
        What the horizontal axis counts; dates need none.
    steps
        Whether values hold until the next one (curves of Kaplan and Meier).
    from_zero
        Whether the vertical axis begins at 0.
    height
        Pixels.
    """
    figure = go.Figure()
    groups: list[Any] = [None] if group is None else list(dict.fromkeys(frame[group]))[:MOST_GROUPS]
    shape = "hv" if steps else "linear"
    ends = []
    for place, name in enumerate(groups):
        part = frame if group is None else frame[frame[group] == name]
        colour = COLOURS[place]
        if low and high:
            for column, fill in ((low, None), (high, "tonexty")):
                figure.add_scatter(
                    x=part[x].map(on_scale),
                    y=part[column],
                    mode="lines",
                    line={"width": 0, "shape": shape},
                    fill=fill,
                    fillcolor=colour_with_alpha(colour, 0.14),
                    hoverinfo="skip",
                    showlegend=False,
                    legendgroup=str(place),
                )
        figure.add_scatter(
            x=part[x].map(on_scale),
            y=part[y],
            # one point alone is no line
            mode="lines" if len(part) > 1 else "markers",
            name=named(name if group else y),
            legendgroup=str(place),
            line={"color": colour, "width": 2.2, "dash": DASHES[place], "shape": shape},
            showlegend=group is not None,
            hovertemplate=f"{lead(name)}%{{x}}: <b>%{{y:{HOVER_FORMATS.get(unit, ',.4~g')}}}</b><extra></extra>",
        )
        known = part.dropna(subset=[y])
        if not known.empty:
            ends.append(f"{'' if name is None else words.label(name) + ' '}ends at {words.figure(known[y].iloc[-1], unit)}")
    alt = f"{title}: {len(groups)} {'line' if len(groups) == 1 else 'lines'}. {'; '.join(ends).capitalize() or 'No value is known'}."
    styled(figure, title, alt, height=height)
    figure.update_xaxes(title={"text": letters(x_title)}, showgrid=False, nticks=8, **day_ticks(frame[x]))
    figure.update_yaxes(title={"text": axis_title(unit)}, nticks=6, **ticks(frame[y], unit))
    if from_zero:
        figure.update_yaxes(rangemode="tozero")
    return figure


def heatmap(
    frame: pd.DataFrame,
    *,
    x: str,
    y: str,
    value: str,
    title: str,
    unit: str = "share",
    incomplete: str | None = None,
    texts: str | None = None,
    x_title: str = "",
    centre: float | None = None,
    show_values: bool = True,
    written: str | None = None,
) -> go.Figure:
    """Returns a matrix of cells, darker where values are larger.

    Parameters
    ----------
    frame
        One row per cell.
    x, y, value
        Columns of the place and of the value of a cell; rows and columns stand in the order of the frame.
    title
        What is shown.
    unit
        share, count, number.
    incomplete
        Column of booleans: such cells have a hollow circle in their corner.
    texts
        Column of what stands at the pointer, as plain text in lines.
    x_title
        What the horizontal axis counts.
    centre
        The value from which cells differ in two colours, if any.
    show_values
        Whether the values stand in the cells.
    written
        Column of what stands in the cells, in place of the values.
    """
    columns, index = list(dict.fromkeys(frame[x])), list(dict.fromkeys(frame[y]))
    values, told = [
        {} if column is None else dict(zip(zip(frame[y], frame[x], strict=True), frame[column], strict=True)) for column in (value, texts)
    ]
    cells = [[values.get((row, column)) for column in columns] for row in index]
    hover = [[letters(told.get((row, column), "")) for column in columns] for row in index]
    if written is None:
        inside = [["" if words.is_missing(cell) else words.figure(cell, unit).replace(" %", "") for cell in row] for row in cells]
    else:
        said = dict(zip(zip(frame[y], frame[x], strict=True), frame[written], strict=True))
        inside = [[letters(said.get((row, column), "")) for column in columns] for row in index]
    names = [wrapped(name) for name in index]
    figure = go.Figure(
        go.Heatmap(
            z=[[None if cell is None or words.is_missing(cell) else float(cell) for cell in row] for row in cells],
            x=[named(name) for name in columns],
            y=names,
            text=inside if show_values or written else None,
            texttemplate="%{text}" if show_values or written else None,
            customdata=hover,
            hovertemplate="%{customdata}<extra></extra>" if texts else "%{y}, %{x}: <b>%{z:.3~g}</b><extra></extra>",
            colorscale=list(DIVERGING if centre is not None else SCALE),
            zmid=centre,
            zmin=0 if unit == "share" and centre is None else None,
            xgap=1,
            ygap=1,
            showscale=False,
        )
    )
    if incomplete:
        marked = frame[frame[incomplete].fillna(False).astype(bool)]
        figure.add_scatter(
            x=[named(name) for name in marked[x]],
            y=[wrapped(name) for name in marked[y]],
            mode="markers",
            hoverinfo="skip",
            marker={"symbol": "square-open", "size": 14, "color": COLOURS[1], "line": {"width": 1.5}},
            name="not complete",
            showlegend=True,
        )
    flat = frame.assign(_cell=frame[y].map(words.label) + ", " + frame[x].map(words.label))
    alt = f"{title}: {len(index)} rows by {len(columns)} columns. {extremes(flat, '_cell', value, unit)}"
    styled(figure, title, alt, height=90 + max(22, min(34, 600 // max(len(index), 1))) * len(index))
    figure.update_yaxes(autorange="reversed", type="category", showgrid=False)
    figure.update_xaxes(title={"text": letters(x_title)}, type="category", showgrid=False, nticks=15)
    return figure


def bars(
    frame: pd.DataFrame,
    *,
    label: str,
    value: str,
    title: str,
    unit: str = "count",
    group: str | None = None,
    stacked: bool = False,
    upright: bool = False,
    x_title: str = "",
) -> go.Figure:
    """Returns bars with their values.

    Parameters
    ----------
    frame
        One row per bar, in the order from top to bottom.
    label, value
        Columns of names and lengths.
    title
        What is shown.
    unit
        share, count, number, or what values count.
    group
        Column of groups, told apart by colour.
    stacked
        Whether bars of one label stand in one row.
    upright
        Whether bars stand, as those along a scale (days) do.
    x_title
        What the horizontal axis of upright bars counts.
    """
    figure = go.Figure()
    groups: list[Any] = [None] if group is None else list(dict.fromkeys(frame[group]))
    for place, name in enumerate(groups):
        part = frame if group is None else frame[frame[group] == name]
        labels = [on_scale(text) for text in part[label]] if upright else [wrapped(text) for text in part[label]]
        texts = [letters(words.figure(cell, unit)) for cell in part[value]]
        figure.add_bar(
            x=labels if upright else part[value],
            y=part[value] if upright else labels,
            orientation="v" if upright else "h",
            name=named(name),
            showlegend=group is not None,
            marker={"color": COLOURS[place % len(COLOURS)]},
            text=None if upright or stacked else texts,
            textposition="outside",
            cliponaxis=False,
            customdata=texts,
            hovertemplate=f"{lead(name)}%{{{'x' if upright else 'y'}}}: <b>%{{customdata}}</b><extra></extra>",
        )
    labels_shown = len(dict.fromkeys(frame[label]))
    lines = max((wrapped(text).count("<br>") + 1 for text in frame[label]), default=1)
    thickness = max(ROW_HEIGHT, 18 * lines, 0 if stacked else 20 * len(groups))
    alt = f"{title}: {len(frame)} bars. {extremes(frame, label, value, unit)}"
    styled(figure, title, alt, height=320 if upright else 60 + thickness * max(labels_shown, 1) + (26 if group else 0))
    figure.update_layout(barmode="stack" if stacked else "group", bargap=0.3)
    # bars of one label stand on each other, those below the line apart
    ends = frame.groupby([label, frame[value] < 0])[value].sum() if stacked else frame[value]
    if upright:
        shown = day_ticks(frame[label])
        figure.update_xaxes(title={"text": letters(x_title)}, showgrid=False, **shown)
        if "range" in shown:
            # nothing beside it tells how wide the bar of one day is; in milliseconds
            figure.update_traces(width=DAY)
        figure.update_yaxes(title={"text": axis_title(unit)}, rangemode="tozero", **ticks(ends, unit))
    else:
        figure.update_yaxes(autorange="reversed", type="category", showgrid=False)
        longest = float(frame[value].max()) if len(frame) and frame[value].notna().any() else 1.0
        # room for the values, which stand behind the bars
        figure.update_xaxes(nticks=5, range=None if stacked else [0, longest * 1.18 or 1], **ticks(ends, unit))
    return figure


def sunburst(frame: pd.DataFrame, path: Sequence[str], value: str, title: str, unit: str = "users") -> go.Figure:
    """Returns rings of shares within shares.

    Parameters
    ----------
    frame
        One row per outermost part.
    path
        Columns of the rings, from the innermost one.
    value
        Column of counts.
    title
        What is shown.
    unit
        What is counted.
    """
    named_parts = frame.assign(**{column: frame[column].map(words.label) for column in path})
    # names may contain any separator, so parts are identified by number
    places: dict[tuple[str, ...], str] = {}
    labels, parents, values, colours, told = [], [], [], [], []
    tops = list(dict.fromkeys(named_parts[path[0]]))
    for depth in range(1, len(path) + 1):
        for key, total in named_parts.groupby(list(path[:depth]), sort=False)[value].sum().items():
            names = key if isinstance(key, tuple) else (key,)
            parents.append(places[names[:-1]] if depth > 1 else "")
            places[names] = str(len(places))
            labels.append(letters(names[-1]))
            told.append(letters("/".join(names)))
            values.append(int(total))
            colours.append(colour_with_alpha(COLOURS[tops.index(names[0]) % len(COLOURS)], 1 if depth == 1 else 0.35))
    figure = go.Figure(
        go.Sunburst(
            ids=list(places.values()),
            labels=labels,
            parents=parents,
            values=values,
            branchvalues="total",
            marker={"colors": colours},
            insidetextfont={"color": ["#1d2733" if parent else "#ffffff" for parent in parents]},
            customdata=told,
            hovertemplate=f"%{{customdata}}<br><b>%{{value:,}}</b> {letters(unit)}, %{{percentRoot:.1%}} of all<extra></extra>",
        )
    )
    inner = frame.groupby(path[0], sort=False, dropna=False)[value].sum().reset_index()
    alt = f"{title}: {' within '.join(words.label(part) for part in reversed(path))}. {extremes(inner, path[0], value, unit)}"
    return styled(figure, title, alt, height=440)


def scatter(
    frame: pd.DataFrame,
    *,
    x: str,
    y: str,
    title: str,
    group: str | None = None,
    x_title: str = "",
    y_title: str = "",
    hover: str | None = None,
) -> go.Figure:
    """Returns a map of points.

    Parameters
    ----------
    frame
        One row per point.
    x, y
        Columns of the axes.
    title
        What is shown.
    group
        Column of groups, told apart by colour and marker.
    x_title, y_title
        What the axes are.
    hover
        Column of what stands at the pointer, as plain text in lines.
    """
    figure = go.Figure()
    groups: list[Any] = [None] if group is None else list(dict.fromkeys(frame[group]))
    for place, name in enumerate(groups):
        part = frame if group is None else frame[frame[group] == name]
        figure.add_scattergl(
            x=part[x],
            y=part[y],
            mode="markers",
            name=named(name),
            showlegend=group is not None,
            marker={"color": COLOURS[place % 6], "symbol": MARKERS[place % 6], "size": 5, "opacity": 0.55},
            hovertext=named(name) if hover is None else part[hover].map(named),
            hoverinfo="text",
        )
    alt = f"{title}: {words.count(len(frame))} points" + ("." if group is None else f" of {len(groups)} groups.")
    styled(figure, title, alt, height=440)
    figure.update_xaxes(title={"text": letters(x_title)})
    figure.update_yaxes(title={"text": letters(y_title)})
    return figure
