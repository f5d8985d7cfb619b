"""Pieces that pages are made of."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard import words

# rows of a table that stand on the page at once; the others are scrolled to
ROWS_IN_SIGHT = 10
ROW_HEIGHT = 35
# Where a spreadsheet finds a formula: at the start of a cell, and after a semicolon, tab or line break, which some spreadsheets take for
# the end of a cell even within quotes. Some also accept the full-width forms of the signs.
SIGNS = "=+@\\-\uff1d\uff0b\uff0d\uff20"
FORMULA = re.compile(rf"^(?=[\t\r\n]|\s*[{SIGNS}])|(?<=[;\t\r\n])(?=\s*[{SIGNS}])")


def chart(figure: go.Figure, key: str) -> None:
    """Shows a figure under its title.

    Parameters
    ----------
    figure
        A figure of `charts`.
    key
        A name, one of its kind on the page.
    """
    meta = figure.layout.meta
    if st.context.theme.type == "dark":
        figure = go.Figure(figure).update_layout(font={"color": "#d5dce3"})
        for axes in (figure.update_xaxes, figure.update_yaxes):
            axes(gridcolor="#39424c", zerolinecolor="#56616d", linecolor="#56616d")
    st.markdown(f"**{words.escaped(meta['title'])}**")
    st.plotly_chart(
        figure, key=key, theme=None, config={"displayModeBar": False, "responsive": True, "typesetMath": False}, alt=meta["alt"]
    )


def columns_shown(frame: pd.DataFrame) -> dict[str, Any]:
    """Returns how a table shows its columns: names as words, shares in per cent, days without the time."""
    shown: dict[str, Any] = {}
    for name in frame.columns:
        label = words.label(name)
        if pd.api.types.is_datetime64_any_dtype(frame[name]):
            has_time = bool((frame[name].dropna().dt.normalize() != frame[name].dropna()).any())
            shown[name] = st.column_config.DatetimeColumn(label, format="YYYY-MM-DD HH:mm" if has_time else "YYYY-MM-DD")
        elif pd.api.types.is_bool_dtype(frame[name]):
            shown[name] = st.column_config.CheckboxColumn(label)
        elif pd.api.types.is_float_dtype(frame[name]):
            shown[name] = st.column_config.NumberColumn(label, format="%.4g")
        elif pd.api.types.is_integer_dtype(frame[name]) and not str(name).endswith("_id"):
            shown[name] = st.column_config.NumberColumn(label, format="localized")
        else:
            shown[name] = st.column_config.Column(label)
    return shown


def table(frame: pd.DataFrame, name: str, total: int | None = None, folded: bool = True) -> None:
    """Shows a table, and hands it out as CSV.

    Parameters
    ----------
    frame
        The rows.
    name
        What the table is called, in words; the file is called so too. One of its kind on the page.
    total
        How many rows there are, where the frame has only the first of them.
    folded
        Whether the table is out of sight, and costs nothing, until it is asked for.
    """
    count = f"{words.count(len(frame))} {'row' if len(frame) == 1 else 'rows'}"
    if total is not None and total > len(frame):
        count = f"the first {words.count(len(frame))} of {words.count(total)} rows"
    if not folded:
        _open_table(frame, name, count)
        return
    folder = st.expander(f"Table: {words.escaped(name)} ({count})", key=f"folder_{stem(name)}", on_change="rerun")
    if folder.open:
        with folder:
            _open_table(frame, name, count)


def without_formula(cell: Any) -> Any:
    """Returns a cell of a file; a text that a spreadsheet would run as a formula gets an apostrophe before it."""
    return FORMULA.sub("'", cell) if isinstance(cell, str) else cell


def csv_of(frame: pd.DataFrame) -> str:
    """Returns a table as CSV, as SQL gave it, except that formulas in texts and column names are defused. Numbers stay numbers."""
    texts = frame.select_dtypes(exclude=["number", "bool", "datetime", "datetimetz", "timedelta"]).columns
    defused = frame.assign(**{name: frame[name].map(without_formula) for name in texts})
    return str(defused.rename(columns=without_formula).to_csv(index=False))


def stem(name: str) -> str:
    """Returns a name as one of a file."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def _open_table(frame: pd.DataFrame, name: str, count: str) -> None:
    height = ROW_HEIGHT * (min(len(frame), ROWS_IN_SIGHT) + 1) + 3
    st.dataframe(frame, hide_index=True, height=height, column_config=columns_shown(frame), key=f"table_{stem(name)}", alt=f"Table: {name}")
    left, right = st.columns([3, 1], vertical_alignment="center")
    left.caption(f"{words.escaped(name)}: {count}{', in the file as well' if count.startswith('the first') else ''}")
    right.download_button(
        "Download CSV",
        # made when it is asked for, so that a page does not wait for files that nobody wants
        data=lambda: csv_of(frame).encode(),
        file_name=f"{stem(name)}.csv",
        mime="text/csv",
        on_click="ignore",
        key=f"csv_{stem(name)}",
        width="stretch",
        help=f"All rows of this table: {words.escaped(name)}",
    )


@dataclass(frozen=True)
class Tile:
    """One figure in large type.

    Attributes
    ----------
    label
        What it is.
    value
        The figure in words.
    interval
        Its interval in words.
    note
        Sample size, or what the figure means.
    verdict
        What may be made of it, in a few words.
    """

    label: str
    value: str
    interval: str = ""
    note: str = ""
    verdict: str = ""


def tiles(figures: Sequence[Tile], heading: str = "") -> None:
    """Shows figures beside each other, as many in a row as there is room for, under or beside a heading."""
    cells = "".join(
        f"<div class='tile'><dt>{escape(figure.label)}</dt><dd class='value'>{escape(figure.value)}</dd>"
        + "".join(f"<dd>{escape(text)}</dd>" for text in (figure.interval, figure.note, figure.verdict) if text)
        + "</div>"
        for figure in figures
    )
    head = f"<h3>{escape(heading)}</h3>" if heading else ""
    st.html(f"<div class='{'area' if heading else ''}'>{head}<dl class='tiles'>{cells}</dl></div>")


def metric(label: str, value: str, interval: str = "", note: str = "") -> None:
    """Shows one figure as a tile of its own."""
    tiles([Tile(label, value, interval, note)])


def explain_empty(reason: str) -> None:
    """Says why there is nothing to see, and what would change that, in Markdown."""
    st.info(reason, icon=":material/info:")


def verdict(code: str | None, detail: str = "", is_score: bool = False) -> None:
    """Shows a verdict in words.

    Parameters
    ----------
    code
        The verdict as the mart has it.
    detail
        What it rests on, letter by letter.
    is_score
        Whether it judges how well a model predicts.
    """
    found = words.score_verdict(code) if is_score else words.verdict(code)
    text = f"**{words.escaped(found.words)}** {words.escaped(detail)}".strip()
    if found.tone == "good":
        st.success(text, icon=":material/check_circle:")
    elif found.tone == "caution":
        st.warning(text, icon=":material/warning:")
    else:
        st.info(text, icon=":material/info:")


def source(*marts: str, note: str = "") -> None:
    """Says from which marts the figures above come, and how they are meant."""
    names = words.join([f"`marts.{mart}`" for mart in marts])
    st.caption(f"{note} From {names}.".strip())


def choose(label: str, options: Sequence[Any], key: str, default: Any = None) -> Any:
    """Returns one of some options, chosen by the reader; the first one, or the default, until then."""
    index = list(options).index(default) if default in options else 0
    return st.selectbox(label, options, index=index, key=key, format_func=words.label)


def choose_some(label: str, options: Sequence[Any], key: str, default: Sequence[Any] | None = None) -> list[Any]:
    """Returns some options, chosen by the reader; all, or the default, until then."""
    return st.multiselect(label, options, default=list(options if default is None else default), key=key, format_func=words.label)
