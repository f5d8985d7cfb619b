"""A company whose six raw tables change from delivery to delivery, and whose settings change with them."""

import random
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.python.project import test_increments as increments
from tests.python.warehouse import write

SOURCES = ("product", "people", "telemetry", "streaming")
ACTIONS = ["post", "purchase"]
FEATURES = ["sessions_per_week", "engagement_score"]
# Small fits, and periods that two months of data fill.
SETTINGS: dict[str, Any] = increments.SETTINGS | {
    "max_rejected_share": 1,
    "churn_days": 7,
    "retention_horizon_days": 28,
    "test_min_users": 5,
    "test_min_performers": 2,
    "min_group_users": 2,
    "evaluation_folds": 2,
    "churn_cutoffs": 2,
    "skip_model_features": [{"name": "platform", "type": "categorical"}, {"name": "is_shuffled", "type": "categorical"}],
    "skip_regression_features": ["platform", "is_shuffled"],
    "action_models": [{"name": "main_effects", "terms": ["age_group", "gender"]}],
    "segment_features": FEATURES,
    "capped_features": [],
    "segment_count": 2,
    "forced_segment_starts": 2,
    "segment_attributes": ["country", "gender"],
    "segment_kpis": ["engagement_score"],
    "track_segment_count": 2,
    "track_min_plays": 1,
}
AGES = {"name": "age", "type": "numeric", "range": [0, 120], "binned_as": "age_group"}
OTHERS = [{"name": "gender", "type": "categorical"}, {"name": "hometown", "type": "categorical"}]
CHANGED_SETTINGS: list[dict[str, Any]] = [
    {"timezone": "America/New_York"},
    {"timezone": "Asia/Kolkata"},
    {"timezone": "UTC"},
    {"adoption_days": 2},
    {"adoption_days": 3, "adoption_window_days": 10},
    {"adoption_attributes": ["creation_source", "signup_month"]},
    {"retention_attributes": ["creation_source"]},
    {"profile_attributes": [AGES | {"bins": [17, 30, 60], "labels": ["young", "old"]}, *OTHERS]},
]


@dataclass
class Company:
    """All raw tables as they stand at one time.

    Rows are texts without the user, whose id comes first. A user has at most one profile and one row of usage.

    Attributes
    ----------
    product
        Accounts and logins.
    profiles, usage
        By user.
    actions, plays
        User, time and the rest of each row.
    removed
        Rows of logins, actions and plays that have gone, and may come back.
    """

    product: increments.Product
    profiles: dict[int, str] = field(default_factory=dict)
    usage: dict[int, str] = field(default_factory=dict)
    actions: list[tuple[int, datetime, str]] = field(default_factory=list)
    plays: list[tuple[int, datetime, str]] = field(default_factory=list)
    removed: dict[str, list[Any]] = field(default_factory=lambda: {"logins": [], "actions": [], "plays": []})

    def save(self, folder: Path) -> Path:
        """Writes all tables, over those that are there."""
        self.product.save(folder)
        write(
            folder,
            user_profiles="\n".join(["user_id,gender,age,hometown", *(f"{user},{row}" for user, row in self.profiles.items()), ""]),
            app_usage="\n".join([f"user_id,country,{','.join(FEATURES)}", *(f"{user},{row}" for user, row in self.usage.items()), ""]),
            user_actions="\n".join(["user_id,action,occurred_at", *(f"{user},{row},{at}" for user, at, row in self.actions), ""]),
            plays="\n".join(
                [
                    "user_id,ts,spotify_track_uri,ms_played,platform,reason_start,reason_end,shuffle",
                    *(f"{user},{at},{row}" for user, at, row in self.plays),
                    "",
                ]
            ),
        )
        return folder

    def rows(self, table: str) -> list[Any]:
        """The rows of a table of events, to be changed in place."""
        tables: dict[str, list[Any]] = {"logins": self.product.logins, "actions": self.actions, "plays": self.plays}
        return tables[table]

    def users(self) -> list[int]:
        """Everybody whom any table knows."""
        of_events = {user for table in self.removed for user, *_ in self.rows(table)}
        return sorted({*self.product.accounts, *self.profiles, *self.usage, *of_events})


def any_time(draw: random.Random, company: Company) -> datetime:
    """Returns any second of the log."""
    return increments.moment(draw, increments.any_day(draw, company.product))


def profile(draw: random.Random) -> str:
    return f"{draw.choice(['Female', 'Male', ''])},{draw.choice([19, 28, 41, 59])},{draw.choice(['TownA', 'TownB'])}"


def usage(draw: random.Random) -> str:
    return f"{draw.choice(['India', 'Germany', ''])},{draw.randrange(1, 21)},{draw.randrange(100)}.5"


def play(draw: random.Random) -> str:
    seconds = draw.choice([3, 60, 180, 240])
    ending = draw.choice(["trackdone", "fwdbtn", "endplay"])
    return f"track{draw.randrange(12)},{seconds}000,{draw.choice(['android', 'ios'])},clickrow,{ending},{draw.choice(['true', 'false'])}"


def event(draw: random.Random, table: str, user: int, at: datetime) -> tuple[Any, ...]:
    """Returns a row of a table of events."""
    return (user, at) if table == "logins" else (user, at, draw.choice(ACTIONS) if table == "actions" else play(draw))


def new_company(draw: random.Random) -> Company:
    """Returns a company of two months and some forty users."""
    company = Company(increments.new_product(draw))
    for user in company.users():
        if draw.random() < 0.8:
            company.profiles[user] = profile(draw)
        if draw.random() < 0.8:
            company.usage[user] = usage(draw)
        for table, most in (("actions", 3), ("plays", 12)):
            company.rows(table).extend(event(draw, table, user, any_time(draw, company)) for _ in range(draw.randrange(most)))
    return company


def append(draw: random.Random, company: Company, table: str) -> None:
    """A day arrives."""
    day = company.product.days()[-1] + draw.choice([1, 1, 3]) * increments.DAY
    users = draw.sample(company.users(), draw.choice([1, len(company.users()) // 2]))
    company.rows(table).extend(event(draw, table, user, increments.moment(draw, day)) for user in users)


def come_late(draw: random.Random, company: Company, table: str) -> None:
    """Rows of any age arrive, of a user unknown so far among them."""
    for user in [*draw.sample(company.users(), 3), draw.choice(increments.LATER_IDS)]:
        company.rows(table).append(event(draw, table, user, any_time(draw, company)))


def correct(draw: random.Random, company: Company, table: str) -> None:
    """Rows turn out to be of another time or another user."""
    rows = company.rows(table)
    for place in draw.sample(range(len(rows)), min(4, len(rows))):
        user, at, *rest = rows[place]
        if draw.random() < 0.5:
            rows[place] = (draw.choice(company.users()), at, *rest)
        else:
            rows[place] = (user, at + draw.choice([-86_400, -7200, 7200, 86_400]) * timedelta(seconds=1), *rest)


def delete(draw: random.Random, company: Company, table: str) -> None:
    """Some rows, or all of a day, go."""
    rows = company.rows(table)
    if rows:
        day = draw.choice(rows)[1].date()
        gone = [row for row in rows if row[1].date() == day] if draw.random() < 0.5 else draw.sample(rows, min(6, len(rows)))
        company.removed[table] += gone
        rows[:] = [row for row in rows if row not in gone]


def add_again(draw: random.Random, company: Company, table: str) -> None:
    """Rows that have gone come back."""
    company.rows(table).extend(company.removed[table])
    company.removed[table].clear()


def repeat(draw: random.Random, company: Company, table: str) -> None:
    """Rows are delivered twice."""
    rows = company.rows(table)
    rows += draw.sample(rows, min(4, len(rows)))


def swap_kinds(draw: random.Random, company: Company, table: str) -> None:
    """Rows of one kind become rows of another: the same users on the same days, so that only the kind tells."""
    other = draw.choice([name for name in company.removed if name != table])
    for user, at, *_ in [company.rows(table).pop() for _ in range(min(3, len(company.rows(table))))]:
        company.rows(other).append(event(draw, other, user, at))


def erase(draw: random.Random, company: Company, _: str) -> None:
    """A user goes from all tables."""
    erased = draw.choice(company.users())
    for of_users in (company.product.accounts, company.profiles, company.usage):
        of_users.pop(erased, None)
    for table in company.removed:
        company.rows(table)[:] = [row for row in company.rows(table) if row[0] != erased]
        company.removed[table] = [row for row in company.removed[table] if row[0] != erased]


def describe_anew(draw: random.Random, company: Company, _: str) -> None:
    """Profiles and usage change, go and come."""
    for of_users, drawn in ((company.profiles, profile), (company.usage, usage)):
        for user in draw.sample(company.users(), 4):
            of_users[user] = drawn(draw)
        del of_users[draw.choice(list(of_users))]


def change_product(draw: random.Random, company: Company, _: str) -> None:
    """Accounts and logins change in one of the ways in which they do elsewhere."""
    draw.choice(increments.CHANGES)(draw, company.product)


CHANGES: list[Callable[[random.Random, Company, str], None]] = [
    append,
    come_late,
    correct,
    delete,
    add_again,
    repeat,
    swap_kinds,
    erase,
    describe_anew,
    change_product,
]


@dataclass
class Delivery:
    """One step of a history.

    Attributes
    ----------
    company
        The raw tables after it.
    settings
        Vars of its build.
    what
        What has changed.
    """

    company: Company
    settings: dict[str, Any]
    what: str


def deliveries(seed: int, company: Company) -> list[Delivery]:
    """Returns two to four steps from a company on; in each some tables change, and in some the settings.

    Regressions are fitted in one of four histories: they follow from tables that are compared in all, and take half of the time.
    """
    draw = random.Random(seed)
    steps, settings = [], SETTINGS if seed % 4 == 0 else SETTINGS | {"model_min_outcomes": 10_000}
    for _ in range(draw.choice([2, 3, 4])):
        company = deepcopy(company)
        changes = [(draw.choice(CHANGES), draw.choice(list(company.removed))) for _ in range(draw.choice([1, 2, 4]))]
        for change, table in changes:
            change(draw, company, table)
        changed = draw.choice(CHANGED_SETTINGS) if draw.random() < 0.3 else {}
        settings = settings | changed
        steps.append(Delivery(company, settings, f"{[f'{change.__name__} {table}' for change, table in changes]} {changed}"))
    return steps
