"""Files that leave: what a spreadsheet would run as a formula is a text in them, and everything else is as it was."""

import csv
import io
from datetime import date
from typing import Any

import pandas as pd
import pytest

from dashboard.parts import csv_of


def given(cell: Any, column: str = "cell") -> tuple[str, str]:
    """Returns the head and the cell that a reader of the file gets."""
    # beside a text, so that the column is not only of this one
    (head, _), (found, _), *_ = csv.reader(io.StringIO(csv_of(pd.DataFrame({column: [cell], "other": ["x"]})), newline=""))
    return head, found


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        '=HYPERLINK("https://evil.example";"a")',
        "+1",
        "-1+1",
        "-1",
        "@SUM(1)",
        "\t=1",
        "\tx",
        "\r\n=1",
        " =1",
        "\u00a0=1",
        "\uff1d1+1",
        "-",
    ],
)
def test_a_formula_is_a_text(text: str) -> None:
    """In cells and in the names of columns."""
    head, cell = given(text, text)
    assert head.startswith("'")
    assert cell.startswith("'")
    assert head.replace("'", "") == cell.replace("'", "") == text


@pytest.mark.parametrize("before", [";", "\t", "\n"])
def test_a_formula_is_none_behind_what_may_separate_cells(before: str) -> None:
    """Spreadsheets of some countries read a comma as part of a cell and a semicolon as its end."""
    assert given(f"a{before}=1+1")[1] == f"a{before}'=1+1"


@pytest.mark.parametrize("text", ["a", "a=b", "18-25", "x@y", "(all)", "'=1", "a - b", "1;2", "", "5-"])
def test_other_texts_are_as_they_were(text: str) -> None:
    assert given(text, "x")[1] == text


@pytest.mark.parametrize(
    ("number", "written"),
    [(-1, "-1"), (-1.5, "-1.5"), (-1e-20, "-1e-20"), (float("-inf"), "-inf"), (True, "True"), (None, ""), (pd.NA, "")],
)
def test_numbers_are_numbers(number: Any, written: str) -> None:
    assert given(number)[1] == written


def test_the_types_of_a_mart_are_as_pandas_writes_them() -> None:
    frame = pd.DataFrame(
        {
            "n": pd.array([-1, None], dtype="Int64"),
            "x": [-0.5, None],
            "on": pd.to_datetime(["2025-01-01", None]),
            "day": [date(2025, 1, 1), None],
            "is": [True, False],
            "level": ["a", None],
        }
    )
    assert csv_of(frame) == frame.to_csv(index=False)
    assert csv_of(frame.head(0)) == frame.head(0).to_csv(index=False)
