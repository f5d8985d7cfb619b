"""Numbers and verdicts in words."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import pandas as pd

Tone = Literal["good", "plain", "caution"]


@dataclass(frozen=True)
class Verdict:
    """A verdict as people read it.

    Attributes
    ----------
    words
        A sentence.
    tone
        How to show it: good (there is something to rely on), plain, caution (read with care, or do not rely on it).
    """

    words: str
    tone: Tone


VERDICTS = {
    # of segments
    "structured": Verdict("The users fall into groups: three independent criteria agree.", "good"),
    "no_structure": Verdict(
        "The users do not fall into groups. What looks like segments would be an arbitrary cut through one continuous crowd.", "caution"
    ),
    "too_few_users": Verdict("There are too few users to tell.", "caution"),
    "too_few_tracks": Verdict("There are too few tracks to tell.", "caution"),
    # of tests
    "different": Verdict("The groups differ by more than chance explains.", "good"),
    "no_evidence": Verdict("There is no evidence of a difference. That is not evidence that there is none.", "plain"),
    "too_many_levels": Verdict("There are too many levels to compare.", "caution"),
    "sample_ratio_mismatch": Verdict(
        "The arms of the experiment have other sizes than declared. Something is wrong with the assignment, so nothing is compared.",
        "caution",
    ),
    "not_yet": Verdict("The experiment has not reached its read-out, so nothing is compared yet.", "plain"),
    "tested": Verdict("It was tested.", "plain"),
    "separated": Verdict("All or nobody of a level has the outcome, so the estimate is held back by a penalty.", "caution"),
    "no_variation": Verdict("Nothing varies, so there is nothing to fit.", "plain"),
    "too_few_outcomes": Verdict("There are too few outcomes to tell.", "caution"),
    # of models
    "useful": Verdict("The model says more than a guess, also of users or times that it did not see.", "good"),
    "leaks_outcome": Verdict("Its features contain what it is to predict. Its scores are no forecast.", "caution"),
    "never_predicts_action": Verdict("At a probability of one half the model predicts the action of nobody.", "caution"),
    "no_better_than_recency": Verdict("The model says no more than the days since the last activity say alone.", "caution"),
    "baseline": Verdict("What the model is compared with.", "plain"),
    "fitted": Verdict("Fitted.", "good"),
}

# Verdicts on models and on groups, as short as tables and tiles have them.
PHRASES = {
    "useful": "says more than a guess",
    "no_evidence": "no evidence that its probabilities are better than giving everybody the mean",
    "no_better_than_recency": "no better than recency alone",
    "baseline": "the yardstick",
    "structured": "groups found",
    "no_structure": "no groups found",
}

NO_MODEL_EVIDENCE = Verdict(f"There is {PHRASES['no_evidence']}.", "caution")

CHURN_BANDS = {
    "high": "likely to leave",
    "medium": "may leave",
    "low": "likely to stay",
}

# units whose name would say nothing behind the number
PLAIN_UNITS = {"number", "odds", "auc"}

AUC_IS = "AUC, 0.5 is a guess"

# What is below a thousand millionth is rounding of floating numbers.
FINEST = 9

# What pages read as markup wherever it stands, and what they do only at the beginning of a line.
MARKUP = re.compile(r"([\\`*_\[\]<>$~|&#:])|^(?:(\d+)(?=[.)]\s)|(?=[-+=]))")
# Names of pictures and addresses, which pages turn into such even behind a backslash, and the sign that keeps words in one piece.
PICTURES_AND_ADDRESSES = re.compile(r":(?=[\w+-]+:|material/|streamlit:|//)|\bwww(?=\.)|@(?=\w)", re.IGNORECASE)
WORD_JOINER = "\u2060"


def is_missing(value: Any) -> bool:
    """Returns whether there is no value: None, NaN, NaT, NA."""
    return bool(pd.isna(value))


def verdict(code: str | None) -> Verdict:
    """Returns the words of a verdict; one that is not known is given as it stands."""
    if is_missing(code) or code is None:
        return Verdict("There is no verdict.", "plain")
    return VERDICTS.get(code, Verdict(f"{label(code).capitalize()}.", "plain"))


def score_verdict(code: str | None) -> Verdict:
    """Returns the words of a verdict on how well a model predicts."""
    return NO_MODEL_EVIDENCE if code == "no_evidence" else verdict(code)


def phrase(code: str | None) -> str:
    """Returns a verdict on a model or on groups as a table or a tile has it."""
    return PHRASES.get(str(code), label(code))


def label(name: Any) -> str:
    """Returns a name of a column or a level as words."""
    return "(none)" if is_missing(name) else str(name).replace("_", " ")


def day(value: date | None) -> str:
    """Returns a day as people write it."""
    return "no date" if is_missing(value) or value is None else f"{value.day} {value:%B %Y}"


def count(value: Any) -> str:
    """Returns a whole number with thousands set off."""
    return "-" if is_missing(value) else f"{int(value):,}"


def counted(value: Any, one: str) -> str:
    """Returns how many there are of something: `1 user`, `1,057 users`."""
    return f"{count(value)} {one}{'' if count(value) == '1' else 's'}"


def rows_are(area: str, about: str) -> str:
    """Returns what the rows behind a key figure or a recommendation are.

    Parameters
    ----------
    area
        Its area.
    about
        Its metric, or the mart that it rests on.
    """
    if area == "plays":
        return "track" if about.startswith("track") else "play"
    # of a user there is one for every day from which leaving was predicted
    return "observation" if area == "churn" else "row"


def sample(users: Any, rows: Any = None, are: str = "row") -> str:
    """Returns what a figure rests on: `776 users`, `4,126 observations`, `20,000 plays of 763 listeners`; nothing where it is not known."""
    if is_missing(rows):
        return "" if is_missing(users) else counted(users, "user")
    if is_missing(users):
        return counted(rows, are)
    return f"{counted(rows, are)} of {counted(users, 'listener' if are == 'play' else 'user')}"


def _told_apart(low: Any, high: Any, digits: int, written: Callable[[float, int], str]) -> int:
    """Returns as many decimals as given, or as many more as the ends of an interval need to be told apart."""
    if is_missing(low) or is_missing(high) or round(float(low), FINEST) == round(float(high), FINEST):
        return digits
    while digits < FINEST and written(float(low), digits) == written(float(high), digits):
        digits += 1
    return digits


def _number_digits(value: Any, low: Any = None, high: Any = None) -> int:
    """Returns how many decimals a number and its interval have: small ones need more, and no interval looks like a point."""
    known = [round(abs(float(part)), FINEST) for part in (value, low, high) if not is_missing(part)]
    if all(part.is_integer() for part in known):
        return 0
    smallest = min(part for part in known if part > 0)
    digits = 0 if smallest >= 100 else 1 if smallest >= 10 else max(2, 1 - math.floor(math.log10(smallest)))
    return _told_apart(low, high, digits, lambda part, places: f"{part:.{places}f}")


def number(value: Any, digits: int | None = None) -> str:
    """Returns a number with as many digits as say something."""
    if is_missing(value):
        return "-"
    return f"{value:,.{_number_digits(value) if digits is None else digits}f}"


def numbers(value: Any, low: Any = None, high: Any = None, least: int = 0) -> str:
    """Returns a number with its interval: `0.71 (0.68 to 0.74)`.

    Parameters
    ----------
    value, low, high
        The number and the ends of its interval.
    least
        How many decimals it has at least.
    """
    digits = max(_number_digits(value, low, high), least)
    text = number(value, digits)
    return text if is_missing(value) or is_missing(low) or is_missing(high) else f"{text} ({low:,.{digits}f} to {high:,.{digits}f})"


def _percent_digits(value: Any, low: Any = None, high: Any = None) -> int:
    """Returns how many decimals a share and its interval have in per cent.

    What is small needs some, and so does what is little short of all: nothing but none is written as 0 %, nothing but all as 100 %, and
    no interval looks like a point.
    """
    known = [abs(float(part)) for part in (value, low, high) if not is_missing(part)]
    parts = [rounded for part in known for rounded in (round(part, FINEST), round(abs(1 - part), FINEST)) if rounded > 0]
    smallest = min(parts, default=1.0)
    digits = 0 if smallest >= 0.1 else 1 if smallest >= 0.01 else max(2, -2 - math.floor(math.log10(smallest)))
    return _told_apart(low, high, digits, lambda part, places: f"{100 * part:.{places}f}")


def percent(value: Any) -> str:
    """Returns a share in per cent."""
    return "-" if is_missing(value) else f"{100 * value:.{_percent_digits(value)}f} %"


def share(value: Any, low: Any = None, high: Any = None, users: Any = None, whom: str = "users") -> str:
    """Returns a share with its interval and what it rests on: `41 % (36 to 47), 520 users`."""
    if is_missing(value):
        return "not known" if is_missing(users) else f"not known, {count(users)} {whom}"
    digits = _percent_digits(value, low, high)
    text = f"{100 * value:.{digits}f} %"
    if not is_missing(low) and not is_missing(high):
        text += f" ({100 * low:.{digits}f} to {100 * high:.{digits}f})"
    return text if is_missing(users) else f"{text}, {count(users)} {whom}"


def figure(value: Any, unit: str | None = None) -> str:
    """Returns a value in its unit.

    Parameters
    ----------
    value
        The value.
    unit
        share, count, number, odds, auc, or what the value counts (days, minutes, users, ...).
    """
    if is_missing(value):
        return "-"
    if unit == "share":
        return percent(value)
    if unit == "count":
        return count(value)
    if is_missing(unit) or unit in PLAIN_UNITS:
        return number(value)
    return f"{number(value)} {label(unit)}"


def interval(low: Any, high: Any, unit: str | None = None) -> str:
    """Returns an interval in words: `36 to 47 %`; nothing where there is none."""
    if is_missing(low) or is_missing(high):
        return ""
    if unit == "share":
        digits = _percent_digits(None, low, high)
        return f"{100 * low:.{digits}f} to {100 * high:.{digits}f} %"
    if unit == "count":
        return f"{count(low)} to {count(high)}"
    digits = _number_digits(None, low, high)
    return f"{number(low, digits)} to {number(high, digits)}"


def odds(value: Any, low: Any = None, high: Any = None) -> str:
    """Returns an odds ratio in words: `2.3 times the odds (1.8 to 2.9)`."""
    if is_missing(value):
        return "not known"
    digits = _number_digits(value, low, high)
    text = f"{number(value, digits)} times the odds"
    return text if is_missing(low) or is_missing(high) else f"{text} ({number(low, digits)} to {number(high, digits)})"


def effect(name: str | None, size: Any, low: Any = None, high: Any = None) -> str:
    """Returns the size of an effect in words, with its interval where there is one.

    Parameters
    ----------
    name
        risk_difference, hedges_g or cramers_v.
    size, low, high
        The size and the ends of its interval.
    """
    if is_missing(size):
        return ""
    if name == "risk_difference":
        text, ends = f"{100 * size:+.1f} points", f"{100 * (low or 0):+.1f} to {100 * (high or 0):+.1f}"
    else:
        called = {"hedges_g": "Hedges' g", "cramers_v": "Cram\u00e9r's V"}.get(str(name), label(name))
        text, ends = f"{called} {size:.2f}", f"{low or 0:.2f} to {high or 0:.2f}"
    return text if is_missing(low) or is_missing(high) else f"{text} ({ends})"


def p_value(value: Any) -> str:
    """Returns a p-value as far as it is worth reading."""
    if is_missing(value):
        return "-"
    return "below 0.001" if value < 0.001 else f"{value:.{2 if value >= 0.1 else 3}f}"


def churn_band(band: str | None) -> str:
    """Returns a band of churn risk in words."""
    return "no score" if is_missing(band) or band is None else CHURN_BANDS.get(band, label(band))


def escaped(text: Any) -> str:
    """Returns a text of the data so that a page shows it letter by letter, whatever it has of Markdown, formulas or pictures."""
    joined = PICTURES_AND_ADDRESSES.sub(lambda found: f"{found[0]}{WORD_JOINER}", " ".join(str(text).split()))
    return MARKUP.sub(lambda found: f"\\{found[1]}" if found[1] else f"{found[2]}\\" if found[2] else "\\", joined)


def join(names: Sequence[str]) -> str:
    """Returns names as a list in a sentence."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""
