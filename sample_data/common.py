"""What the sources share: the calendar, the random streams, times of the day, and CSV lines with dirty rows among the good ones."""

import csv
from collections.abc import Iterable
from io import StringIO
from zlib import crc32

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

SEED = 1
FIRST_DAY = np.datetime64("2025-01-01", "s")
CALENDAR_DAYS = 365
DAY_SECONDS = 86_400

UNPARSABLE_TIME = "2025-13-40 99:00:00"
ID_OFFSET_WITHOUT_ACCOUNT = 1_000  # beyond the largest real id


def stream(seed: int, name: str) -> np.random.Generator:
    """Returns the random stream of one named part; streams of other names are independent of it."""
    return np.random.default_rng([seed, crc32(name.encode())])


def sigmoid(logits: Floats) -> Floats:
    """Returns the probabilities that belong to log odds, of the same shape."""
    return np.asarray(1.0 / (1.0 + np.exp(-logits)), dtype=np.float64)


def clock_seconds(rng: np.random.Generator, peak_hour: Floats) -> Ints:
    """Draws seconds of the day around each user's peak hour (n,)."""
    return (rng.normal(peak_hour, 2.5) * 3_600 % DAY_SECONDS).astype(np.int64)


def activity_times(rng: np.random.Generator, users: pd.DataFrame, user: Ints, day: Ints) -> npt.NDArray[np.datetime64]:
    """Draws when something happens: around the user's peak hour, on the day of the sign-up soon after it.

    Parameters
    ----------
    rng
        Of the seconds.
    users
        The population.
    user, day
        Positions in `users` and days since sign-up; both (m,).

    Returns
    -------
    Times in UTC, in seconds; (m,).
    """
    created_at = users["created_at"].to_numpy("datetime64[s]")
    signed_up_on = created_at.astype("datetime64[D]")
    created_second = (created_at - signed_up_on).astype(np.int64)[user]
    soon_after = np.minimum(created_second + rng.exponential(1_800, len(user)).astype(np.int64), DAY_SECONDS - 1)
    second = np.where(day == 0, soon_after, clock_seconds(rng, users["peak_hour"].to_numpy(float)[user]))
    return np.asarray(signed_up_on[user].astype("datetime64[s]") + (day * DAY_SECONDS + second).astype("timedelta64[s]"))


def csv_lines(table: pd.DataFrame) -> list[str]:
    """Renders a table as CSV lines, header first; missing values are empty."""
    text: str = table.to_csv(index=False, lineterminator="\n", date_format="%Y-%m-%d %H:%M:%S")
    return text.splitlines()


def csv_fields(line: str) -> list[str]:
    """Returns the fields of one CSV line, which may be quoted."""
    return next(csv.reader([line]))


def csv_line(fields: Iterable[str]) -> str:
    """Renders fields as one CSV line, quoted where they must be."""
    text = StringIO()
    csv.writer(text, lineterminator="").writerow(fields)
    return text.getvalue()


def inserted(lines: list[str], extra: Iterable[tuple[int, str]]) -> list[str]:
    """Returns the lines with extra ones, each before the line that has its position."""
    result = list(lines)
    for position, line in sorted(extra, reverse=True):
        result.insert(position, line)
    return result
