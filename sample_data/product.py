"""The raw tables of the source `product`: accounts and logins of the population."""

from collections.abc import Mapping
from itertools import chain

import numpy as np
import pandas as pd

from sample_data.common import (
    CALENDAR_DAYS,
    DAY_SECONDS,
    FIRST_DAY,
    ID_OFFSET_WITHOUT_ACCOUNT,
    SEED,
    UNPARSABLE_TIME,
    activity_times,
    csv_lines,
    inserted,
    stream,
)
from sample_data.population import HABITS

FRAGMENT_LOGINS = 3
FRAGMENT_SECONDS = 540  # the delivery ends nine minutes after midnight
EXTRA_LOGINS_BEFORE_ADOPTION = 0.25

# Raw rows that a delivery should not have, per file and kind.
PRODUCT_DIRTY_ROWS: Mapping[str, Mapping[str, int]] = {
    "users": {
        "second_account": 2,
        "non_numeric_id": 1,
        "unparsable_creation_time": 1,
        "malformed_quote": 1,
    },
    "user_engagement": {
        "truncated_line": 1,
        "too_many_fields": 1,
        "empty_id": 1,
        "unparsable_time": 1,
        "login_without_account": 2,
        "exact_duplicate": 5,
    },
}
NON_NUMERIC_ID = "12x45"
UNCLOSED_NAME = '"User without an end'


def product_tables(users: pd.DataFrame, seed: int = SEED) -> dict[str, pd.DataFrame]:
    """Turns the population into the raw tables of the source `product`, without dirty rows.

    Parameters
    ----------
    users
        The population.
    seed
        Of the streams for clock times and the fragment.

    Returns
    -------
    `users` (one row per account, by id) and `user_engagement` (one row per login, by time), in the raw columns.
    """
    logins = _logins(users, seed)
    last_login = logins.groupby("user_id")["time_stamp"].max().reindex(users["user_id"]).reset_index(drop=True)
    number = users["user_id"].map("{:04d}".format)
    accounts = pd.DataFrame(
        {
            "object_id": users["user_id"],
            "creation_time": users["created_at"],
            "name": "User " + number,
            "email": "user" + number + "@example.com",
            "creation_source": users["creation_source"],
            "last_session_creation_time": _unix_seconds(last_login),
            "opted_in_to_mailing_list": users["opted_in_to_mailing_list"].astype(int),
            "enabled_for_marketing_drip": users["enabled_for_marketing_drip"].astype(int),
            "org_id": users["org_id"],
            "invited_by_user_id": users["invited_by_user_id"],
        }
    )
    return {"users": accounts, "user_engagement": logins.assign(visited=1)}


def _logins(users: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Returns time_stamp and user_id of every login, distinct and by time."""
    rng = stream(seed, "logins")
    day_counts = users["active_days"].map(len).to_numpy()
    user = np.repeat(np.arange(len(users)), day_counts)
    day = np.fromiter(chain.from_iterable(users["active_days"]), dtype=np.int64, count=int(day_counts.sum()))

    extra = users["persona"].map({persona: habit.extra_logins for persona, habit in HABITS.items()}).to_numpy(float)
    never = np.iinfo(np.int64).max
    is_habit = day > users["adoption_day"].fillna(never).to_numpy(np.int64)[user]
    times = 1 + rng.poisson(np.where(is_habit, extra[user], EXTRA_LOGINS_BEFORE_ADOPTION))
    user, day = np.repeat(user, times), np.repeat(day, times)

    logins = pd.DataFrame({"time_stamp": activity_times(rng, users, user, day), "user_id": users["user_id"].to_numpy()[user]})
    return pd.concat([logins, _fragment(users, seed)]).drop_duplicates().sort_values(["time_stamp", "user_id"], ignore_index=True)


def _fragment(users: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Returns the few logins of the day on which the delivery was cut.

    They belong to the adopted users who were active last, so that they change nobody's adoption.
    """
    last_day = users["sign_up_day"] + [days[-1] if days else 0 for days in users["active_days"]]
    is_adopted = users["sign_up_day"] + users["adoption_day"] < CALENDAR_DAYS
    chosen = last_day[is_adopted.fillna(value=False)].sort_values(kind="stable").index[-FRAGMENT_LOGINS:]
    seconds = stream(seed, "fragment").integers(0, FRAGMENT_SECONDS, len(chosen))
    midnight = FIRST_DAY + np.timedelta64(CALENDAR_DAYS * DAY_SECONDS, "s")
    return pd.DataFrame({"time_stamp": midnight + seconds.astype("timedelta64[s]"), "user_id": users.loc[chosen, "user_id"].to_numpy()})


def _unix_seconds(times: pd.Series) -> pd.Series:
    """Converts UTC times to whole seconds since 1970; missing stays missing."""
    return ((times - pd.Timestamp(0)) // pd.Timedelta(seconds=1)).astype("Int64")


def product_lines(tables: Mapping[str, pd.DataFrame], seed: int = SEED) -> dict[str, list[str]]:
    """Renders the tables of `product_tables` as CSV lines, header first, with the dirty rows at seeded positions."""
    return {
        "users": _with_dirty_accounts(csv_lines(tables["users"]), stream(seed, "dirty users")),
        "user_engagement": _with_dirty_logins(
            csv_lines(tables["user_engagement"]),
            without_account=len(tables["users"]) + ID_OFFSET_WITHOUT_ACCOUNT,
            rng=stream(seed, "dirty user_engagement"),
        ),
    }


def _with_dirty_accounts(lines: list[str], rng: np.random.Generator) -> list[str]:
    """Adds the dirty rows of users.csv; a second account comes after the first, in the file and in time."""
    counts = PRODUCT_DIRTY_ROWS["users"]
    columns = lines[0].split(",")
    dirty: list[tuple[int, dict[str, str]]] = []

    firsts = rng.choice(np.arange(1, len(lines) // 2), counts["second_account"], replace=False).tolist()
    for first in firsts:
        account = dict(zip(columns, lines[first].split(","), strict=True))
        created_at = pd.Timestamp(account["creation_time"]) + pd.Timedelta(days=int(rng.integers(30, 90)))
        account |= {"creation_time": f"{created_at:%Y-%m-%d %H:%M:%S}", "last_session_creation_time": ""}
        dirty.append((int(rng.integers(first + 1, len(lines) + 1)), account))

    mistakes = {
        "non_numeric_id": {"object_id": NON_NUMERIC_ID},
        "unparsable_creation_time": {"creation_time": UNPARSABLE_TIME},
        "malformed_quote": {"name": UNCLOSED_NAME},
    }
    kinds = [kind for kind in mistakes for _ in range(counts[kind])]
    templates = rng.choice(np.arange(1, len(lines)), len(kinds), replace=False).tolist()
    for object_id, (kind, template) in enumerate(zip(kinds, templates, strict=True), start=len(lines)):
        account = dict(zip(columns, lines[template].split(","), strict=True))
        account |= {"object_id": str(object_id), "name": f"User {object_id:04d}", "last_session_creation_time": ""}
        account |= {"email": f"user{object_id:04d}@example.com"} | mistakes[kind]
        dirty.append((int(rng.integers(1, len(lines) + 1)), account))

    return inserted(lines, [(position, ",".join(account.values())) for position, account in dirty])


def _with_dirty_logins(lines: list[str], without_account: int, rng: np.random.Generator) -> list[str]:
    """Adds the dirty rows of user_engagement.csv; the truncated line is the last one, as in a delivery that was cut.

    Parameters
    ----------
    lines
        The file, header first, rows by time.
    without_account
        The user id that has logins but no account.
    rng
        Of the positions and of the rows that the dirty ones resemble.
    """
    counts = PRODUCT_DIRTY_ROWS["user_engagement"]
    mistakes = {
        "too_many_fields": "{time_stamp},{user_id},1,1",
        "empty_id": "{time_stamp},,1",
        "unparsable_time": f"{UNPARSABLE_TIME},{{user_id}},1",
        "login_without_account": f"{{time_stamp}},{without_account},1",
        "exact_duplicate": "{time_stamp},{user_id},1",
    }
    kinds = [kind for kind in mistakes for _ in range(counts[kind])]
    templates = rng.choice(np.arange(1, len(lines)), len(kinds), replace=False).tolist()
    dirty = []
    for kind, template in zip(kinds, templates, strict=True):
        time_stamp, user_id, _ = lines[template].split(",")
        line = mistakes[kind].format(time_stamp=time_stamp, user_id=user_id)
        dirty.append((int(rng.integers(1, len(lines) + 1)), line))
    return inserted(lines, dirty) + [lines[-1][: len("YYYY-MM-DD HH:M")]] * counts["truncated_line"]
