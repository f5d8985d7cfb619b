"""Numbers in words: no interval looks like a point, and nothing but all is 100 %."""

from datetime import date
from typing import Any

import pandas as pd
import pytest

from dashboard import words
from dashboard.views.overview import tile
from report import page


@pytest.mark.parametrize(
    ("value", "low", "high", "expected"),
    [
        (0.41, 0.36, 0.47, "41 % (36 to 47)"),
        # below ten per cent, whichever of the three is
        (0.1, 0.1, 0.2, "10 % (10 to 20)"),
        (0.2, 0.0999, 0.3, "20.0 % (10.0 to 30.0)"),
        (0.0999, None, None, "10.0 %"),
        # below one
        (0.01, None, None, "1.0 %"),
        (0.0099, None, None, "0.99 %"),
        (0.0, 0.0, 0.0045, "0.00 % (0.00 to 0.45)"),
        (0.0001, None, None, "0.01 %"),
        (0.00009, None, None, "0.009 %"),
        # short of all
        (0.9, None, None, "90 %"),
        (0.9001, None, None, "90.0 %"),
        (0.99, None, None, "99.0 %"),
        (0.9901, None, None, "99.01 %"),
        (0.997, 0.9925, 0.9987, "99.70 % (99.25 to 99.87)"),
        (0.99991, None, None, "99.991 %"),
        # none and all
        (0.0, None, None, "0 %"),
        (1.0, None, None, "100 %"),
        (0.0, 0.0, 0.0, "0 % (0 to 0)"),
        (1.0, 0.9957, 1.0, "100.00 % (99.57 to 100.00)"),
        # what is left of floating sums is nothing
        (1 - 1e-16, None, None, "100 %"),
        (1e-17, 1e-17, 0.2, "0 % (0 to 20)"),
        # narrow, and a point
        (0.5, 0.4995, 0.5004, "50.00 % (49.95 to 50.04)"),
        (0.5, 0.494, 0.506, "50 % (49 to 51)"),
        (0.5, 0.5, 0.5, "50 % (50 to 50)"),
        # of changes
        (-0.05, -0.12, -0.02, "-5.0 % (-12.0 to -2.0)"),
        (None, None, None, "not known"),
    ],
)
def test_shares_have_the_decimals_that_their_smallest_part_needs(value: Any, low: Any, high: Any, expected: str) -> None:
    assert words.share(value, low, high) == expected


@pytest.mark.parametrize(
    ("value", "low", "high", "expected"),
    [
        (0.71, 0.68, 0.74, "0.71 (0.68 to 0.74)"),
        (0.0034, 0.0012, 0.0055, "0.0034 (0.0012 to 0.0055)"),
        (0.1, None, None, "0.10"),
        (0.0999, None, None, "0.100"),
        (0.01, None, None, "0.010"),
        (0.0099, None, None, "0.0099"),
        (9.99, None, None, "9.99"),
        (10.01, None, None, "10.0"),
        (99.9, None, None, "99.9"),
        (100.1, None, None, "100"),
        (37.18, 36.3, 38.06, "37.2 (36.3 to 38.1)"),
        (21.0, 18.0, 24.0, "21 (18 to 24)"),
        (0, 0, 0, "0 (0 to 0)"),
        (0.0, 0.0, 0.25, "0.00 (0.00 to 0.25)"),
        (1.0001, 1.00005, 1.00018, "1.0001 (1.0001 to 1.0002)"),
        (150.2, 150.1, 150.3, "150.2 (150.1 to 150.3)"),
        (1057, None, 2000, "1,057"),
        (None, None, None, "-"),
    ],
)
def test_numbers_have_the_decimals_that_their_smallest_part_needs(value: Any, low: Any, high: Any, expected: str) -> None:
    assert page.value_with_interval(value, low, high) == expected


def test_intervals_alone_are_no_points() -> None:
    assert words.interval(0.0, 0.0045, "share") == "0.00 to 0.45 %"
    assert words.interval(0.4, 0.45, "share") == "40 to 45 %"
    assert words.interval(0.0012, 0.0055) == "0.0012 to 0.0055"
    assert words.interval(None, 0.1) == ""


@pytest.mark.parametrize(
    ("users", "rows", "area", "about", "expected"),
    [
        (346, None, "adoption", "adoption_rates", "346 users"),
        (None, 4126, "churn", "churn_coefficients", "4,126 observations"),
        (763, 20000, "plays", "skip_coefficients", "20,000 plays of 763 listeners"),
        (1, 2, "plays", "skip_rates", "2 plays of 1 listener"),
        (None, 600, "plays", "track_segment_profiles", "600 tracks"),
        (pd.NA, 118798, "quality", "source_row_counts", "118,798 rows"),
        (None, None, "core", "users", ""),
    ],
)
def test_a_sample_says_what_it_counts(users: Any, rows: Any, area: str, about: str, expected: str) -> None:
    assert words.sample(users, rows, words.rows_are(area, about)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[x](y) *z* $20", r"\[x\](y) \*z\* \$20"),
        ("plain text, 41 % (36 to 47)", "plain text, 41 % (36 to 47)"),
        ("b2c4-e6", "b2c4-e6"),
        ("a_b `c` ~~d~~ <b> & e | f \\ g", r"a\_b \`c\` \~\~d\~\~ \<b\> \& e \| f \\ g"),
        ("# head", r"\# head"),
        ("1. one", r"1\. one"),
        ("1.5 hours", "1.5 hours"),
        ("- two", r"\- two"),
        ("two\n\n# lines", r"two \# lines"),
        (":red[x] 12:30", r"\:red\[x\] 12\:30"),
        (":smile:", "\\:\u2060smile\\:"),
        ("https://a.b", "https\\:\u2060//a.b"),
        (12, "12"),
    ],
)
def test_texts_of_the_data_are_no_markup(text: Any, expected: str) -> None:
    assert words.escaped(text) == expected


FIGURE = {
    "area": "adoption", "metric": "adoption_auc", "label": "How well", "value": 0.69, "ci_low": 0.62, "ci_high": 0.75, "unit": "auc",
    "users": 343, "rows": pd.NA, "verdict": "no_evidence", "note": None, "as_of": date(2025, 12, 31),
}  # fmt: skip


def test_a_tile_says_the_verdict_and_the_scale() -> None:
    shown = tile(FIGURE)
    assert shown.value == "0.69"
    assert shown.interval == "95 % interval 0.62 to 0.75"
    assert shown.note == "AUC, 0.5 is a guess, 343 users"
    assert shown.verdict == "Verdict: no evidence that its probabilities are better than giving everybody the mean"


def test_a_tile_without_a_verdict_has_none() -> None:
    plays = tile(FIGURE | {"area": "plays", "metric": "skip_rate", "unit": "share", "users": 776, "rows": 40727, "verdict": None})
    assert plays.verdict == ""
    assert plays.note == "40,727 plays of 776 listeners"
    counted = tile(
        FIGURE | {"area": "plays", "metric": "plays", "unit": "count", "value": 5.0, "users": pd.NA, "rows": 5, "verdict": pd.NA}
    )
    assert counted.note == ""


def test_the_words_on_a_model_without_evidence_are_one() -> None:
    """In a sentence, in a table and in a tile."""
    assert words.phrase("no_evidence") in words.score_verdict("no_evidence").words
