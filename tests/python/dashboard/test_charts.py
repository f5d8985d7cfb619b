"""Axes of charts that have little to show."""

from typing import Any

import pandas as pd
import pytest

from dashboard import charts

WEEKS = pd.to_datetime(["2025-03-03", "2025-03-10", "2025-03-17"])


def weekly(users: list[int]) -> pd.DataFrame:
    """Returns weeks with counts."""
    return pd.DataFrame({"week": WEEKS[: len(users)], "users": users})


@pytest.mark.parametrize(("most", "step", "form"), [(1, 1, ",d"), (9, 1, ",d"), (10, None, ",~s"), (1500, None, ",~s")])
def test_few_counts_have_whole_ticks(most: int, step: int | None, form: str) -> None:
    frame = weekly([1, most])
    for axis in (
        charts.lines(frame, x="week", y="users", unit="count", title="Users").layout.yaxis,
        charts.bars(frame, label="week", value="users", title="Users", upright=True).layout.yaxis,
        charts.bars(frame, label="week", value="users", title="Users").layout.xaxis,
    ):
        assert (axis.dtick, axis.tickformat) == (step, form)


def test_stacked_bars_are_as_long_as_all_their_parts() -> None:
    both = pd.concat([weekly([6]).assign(who=who) for who in ("new", "retained")], ignore_index=True)
    axis = charts.bars(both, label="week", value="users", title="Users", group="who", stacked=True, upright=True).layout.yaxis
    assert axis.dtick is None
    apart = pd.concat([weekly([6]).assign(who="new"), weekly([-6]).assign(who="churned")], ignore_index=True)
    axis = charts.bars(apart, label="week", value="users", title="Users", group="who", stacked=True, upright=True).layout.yaxis
    assert axis.dtick == 1


@pytest.mark.parametrize("upright", [True, False], ids=["bars", "lines"])
def test_days_are_ticked_where_they_are(upright: bool) -> None:
    def axis(frame: pd.DataFrame) -> Any:
        if upright:
            return charts.bars(frame, label="week", value="users", title="Users", upright=True).layout.xaxis
        return charts.lines(frame, x="week", y="users", title="Users").layout.xaxis

    assert axis(weekly([1, 2, 3])).ticktext == ("Mar 3<br>2025", "Mar 10<br>2025", "Mar 17<br>2025")
    alone = axis(weekly([1]))
    assert alone.ticktext == ("Mar 3<br>2025",)
    assert [f"{end:%Y-%m-%d}" for end in alone.range] == ["2025-03-02", "2025-03-04"]
    assert axis(weekly([])).ticktext is None
    year = pd.DataFrame({"week": pd.date_range("2025-01-01", periods=365), "users": 1})
    assert 5 <= len(axis(year).tickvals) <= charts.MOST_DAYS


def test_what_stands_alone_is_seen() -> None:
    (bar,) = charts.bars(weekly([3]), label="week", value="users", title="Users", upright=True).data
    assert bar.width == charts.DAY
    (bar,) = charts.bars(weekly([3, 2]), label="week", value="users", title="Users", upright=True).data
    assert bar.width is None
    (point,) = charts.lines(weekly([3]), x="week", y="users", title="Users").data
    assert point.mode == "markers"
