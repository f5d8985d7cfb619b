"""Oracles of retention that look at every user on every day, where the project goes by sums."""

import csv
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tests.python.people import is_time, raw_rows

DAY_MS = 86_400_000


@dataclass(frozen=True)
class Log:
    """Who was active when, up to as_of.

    Attributes
    ----------
    users
        Ids of all users, ascending.
    days
        Every day from the first active one to as_of.
    active
        Users x days.
    """

    users: pd.Index
    days: pd.DatetimeIndex
    active: NDArray[np.bool_]

    def within(self, first: date, last: date) -> NDArray[np.bool_]:
        """Returns whether each user was active on any day from the first to the last."""
        return np.asarray(self.active[:, (self.days >= pd.Timestamp(first)) & (self.days <= pd.Timestamp(last))].any(axis=1))


def moment(text: str) -> datetime | None:
    """Returns the time of a raw play, None where it is none."""
    for form in ("%Y-%m-%dT%H:%M:%SZ", "%m/%d/%Y %H:%M"):
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    return None


def plays_of(raw: Path) -> list[dict[str, str]]:
    """Returns the good rows of the raw plays, each once, as text."""
    with (raw / "plays.csv").open(newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if None not in row and None not in row.values()]
    return list(
        {
            tuple(row.values()): row
            for row in rows
            if row["user_id"].isdigit()
            and row["spotify_track_uri"].strip()
            and row["ms_played"].isdigit()
            and int(row["ms_played"]) <= DAY_MS
            and moment(row["ts"])
        }.values()
    )


def started_at(play: dict[str, str]) -> datetime:
    """Returns when a good play began."""
    ended_at = moment(play["ts"])
    assert ended_at is not None
    return ended_at - timedelta(milliseconds=int(play["ms_played"]))


def activity_of(raw: Path) -> pd.DataFrame:
    """Returns one row per login, dated action and play of the sample, from the raw lines: kind, user_id, date_day.

    A play is of the day on which it began.
    """
    parts = []
    for kind, table, time in (("logins", "user_engagement", "time_stamp"), ("actions", "user_actions", "occurred_at")):
        rows = raw_rows(raw / f"{table}.csv")
        rows = rows[rows["user_id"].str.isdigit() & rows[time].map(is_time)]
        if kind == "actions":
            rows = rows[rows["action"].str.strip() != ""]
        days = pd.to_datetime(rows[time].str[:10])
        parts.append(pd.DataFrame({"kind": kind, "user_id": rows["user_id"].astype(int), "date_day": days}))
    plays = plays_of(raw)
    started = [started_at(play) for play in plays]
    of_plays = {"kind": "plays", "user_id": [int(play["user_id"]) for play in plays], "date_day": pd.to_datetime(started).normalize()}
    return pd.concat([*parts, pd.DataFrame(of_plays)], ignore_index=True)


def log_of(activity: pd.DataFrame, users: pd.Index, as_of: date) -> Log:
    """Returns the log of the users who have an account or were active by as_of.

    Parameters
    ----------
    activity
        user_id and date_day, a day may be there many times.
    users
        Ids of those with an account.
    as_of
        Its last day.
    """
    known = activity[activity["date_day"] <= pd.Timestamp(as_of)]
    ids = pd.Index(sorted({*users, *known["user_id"]}), name="user_id")
    days = pd.date_range(known["date_day"].min(), as_of)
    active = np.zeros((len(ids), len(days)), dtype=bool)
    active[ids.get_indexer(known["user_id"]), (known["date_day"] - days[0]).dt.days] = True
    return Log(ids, days, active)


def daily_counts(log: Log) -> pd.DataFrame:
    """Returns, by day, the distinct users of that day and of the 7 and 28 days that end with it."""
    places = range(len(log.days))
    windows = {
        name: [int(log.active[:, max(0, place - length + 1) : place + 1].any(axis=1).sum()) for place in places]
        for name, length in (("active_users", 1), ("wau", 7), ("mau", 28))
    }
    return pd.DataFrame(windows, index=log.days.date)


def lifecycle(log: Log) -> pd.DataFrame:
    """Returns, by Monday, who is new, stays, comes back and went, from the sets of users of all weeks."""
    last = log.days[-1]
    mondays = pd.date_range(log.days[0] - timedelta(days=log.days[0].day_of_week), last, freq="7D")
    of_week = [set(log.users[log.within(monday, monday + timedelta(days=6))]) for monday in mondays]
    rows = []
    for place, users in enumerate(of_week):
        before = of_week[place - 1] if place else set()
        ever = set().union(*of_week[:place])
        rows.append(
            {
                "is_complete": mondays[place] >= log.days[0] and mondays[place] + timedelta(days=6) <= last,
                "active_users": len(users),
                "new_users": len(users - ever),
                "retained_users": len(users & before),
                "resurrected_users": len((users & ever) - before),
                "churned_users": len(before - users),
            }
        )
    return pd.DataFrame(rows, index=mondays.date)


def first_silences(log: Log, origins: pd.Series, churn_days: int) -> pd.DataFrame:
    """Returns, by user, the days at risk and whether the user left: day by day, the first on which the last activity is churn_days ago.

    Parameters
    ----------
    log
        All days from the first origin on.
    origins
        Day 0 by user_id, which counts as active.
    churn_days
        Days that make a silence.
    """
    rows = {}
    for user, origin in origins.items():
        days = log.active[log.users.get_loc(user)]
        start = (origin - log.days[0]).days
        silent = 0
        for place in range(start + 1, len(log.days)):
            silent = 0 if days[place] else silent + 1
            if silent == churn_days:
                rows[user] = (place - start, True)
                break
        else:
            rows[user] = (len(log.days) - 1 - start, False)
    return pd.DataFrame.from_dict(rows, orient="index", columns=["day_number", "has_left"])
