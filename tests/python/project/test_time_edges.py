"""Times at the edges of the days that the project knows, in zones far from UTC: judged by the local day, and the build goes on."""

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.python.in_process import Build, connected
from tests.python.warehouse import Warehouse, write

ZONES = [
    "UTC",
    "America/New_York",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Kiritimati",
    "Etc/GMT+12",
    "Pacific/Apia",
    "Europe/Dublin",
]
SOURCES = ("product", "people", "streaming")
FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2099, 12, 31)
DAY, MICROSECOND = timedelta(days=1), timedelta(microseconds=1)
LOST_DAY = datetime(2011, 12, 30)
ROWS = 250
LONGEST_PLAY_MS = 86_400_000


@dataclass(frozen=True)
class Moment:
    """A time as a raw table says it.

    Attributes
    ----------
    text
        What stands there.
    at
        UTC, without a zone.
    """

    text: str
    at: datetime

    def local_day(self, zone: str, ms_before: int = 0) -> date:
        """Returns the day in a zone, of a moment so many milliseconds before."""
        at = (self.at - timedelta(milliseconds=ms_before)).replace(tzinfo=UTC)
        return at.astimezone(ZoneInfo(zone)).date()


@cache
def clock_changes(zone: str) -> list[datetime]:
    """Returns the hours, in UTC, in which the offset of a zone changes, from 1970 to 2099."""
    offset = [
        (at, at.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).utcoffset())
        for at in (datetime(1970, 1, 2) + number * DAY for number in range(47_000))
    ]
    changes = []
    for (before, old), (after, new) in pairwise(offset):
        if old != new:
            low, high = before, after
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) / 2
                if middle.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).utcoffset() == old:
                    low = middle
                else:
                    high = middle
            changes.append(high.replace(microsecond=0))
    return changes


def drawn_time(draw: random.Random, zone: str) -> datetime:
    """Returns a time in UTC at or near one of the edges."""
    midnights = [datetime(1970, 1, 1), datetime(2100, 1, 1), LOST_DAY, LOST_DAY + DAY, datetime(2025, 3, 9)]
    edges = [*midnights, *(local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).replace(tzinfo=None) for local in midnights)]
    edge = draw.choice([*edges, draw.choice(clock_changes(zone) or edges)])
    distances = [timedelta(), MICROSECOND, timedelta(seconds=1), timedelta(minutes=15), timedelta(hours=1), timedelta(hours=14), 2 * DAY]
    distance = draw.choice([*distances, timedelta(seconds=draw.randrange(172_800))])
    return edge + draw.choice([-1, 1]) * distance


def drawn_moment(draw: random.Random, zone: str, *, month_first: bool = False) -> Moment:
    """Returns a time in one of the forms that raw tables may write."""
    at = drawn_time(draw, zone)
    form = draw.choice(["plain", "T", "Z", "offset", "date", "month"])
    if form == "month" and month_first:
        at = at.replace(second=0, microsecond=0)
        return Moment(f"{at.month}/{at.day}/{at.year} {at.hour}:{at.minute:02}", at)
    if form == "date":
        local = datetime(at.year, at.month, at.day, tzinfo=ZoneInfo(zone))
        return Moment(f"{at:%Y-%m-%d}", local.astimezone(UTC).replace(tzinfo=None))
    if form == "offset":
        offset = timezone(timedelta(minutes=15 * draw.randrange(-48, 57)))
        return Moment(at.replace(tzinfo=UTC).astimezone(offset).isoformat(sep=draw.choice([" ", "T"])), at)
    return Moment(at.isoformat(sep="T" if form == "T" else " ") + ("Z" if form == "Z" else ""), at)


def expected_day(moment: Moment, zone: str, ms_played: int = 0) -> date | None:
    """Returns the day on which something happened or began, None where it or its end lies outside the days of the project."""
    began_on = moment.local_day(zone, ms_played)
    return began_on if began_on >= FIRST_DAY and moment.local_day(zone) <= LAST_DAY else None


@dataclass(frozen=True)
class Delivery:
    """Tables, and the day of each user's only row in each, None where it is to be rejected."""

    raw: Path
    days: dict[str, dict[int, date | None]]


def delivered(seed: int, zone: str, folder: Path) -> Delivery:
    """Writes accounts, logins, actions and plays, each row of a user of its own."""
    draw = random.Random(f"{seed} {zone}")
    users = range(1, ROWS + 1)
    accounts, logins, actions = ({user: drawn_moment(draw, zone) for user in users} for _ in range(3))
    ends = {user: drawn_moment(draw, zone, month_first=True) for user in users}
    lengths = {user: draw.choice([0, 1, 999, 1000, 180_000, LONGEST_PLAY_MS, draw.randrange(LONGEST_PLAY_MS)]) for user in users}
    raw = write(
        folder,
        users="\n".join(["object_id,creation_time", *(f"{user},{moment.text}" for user, moment in accounts.items()), ""]),
        user_engagement="\n".join(["time_stamp,user_id", *(f"{moment.text},{user}" for user, moment in logins.items()), ""]),
        user_profiles="user_id,gender,age,hometown\n",
        user_actions="\n".join(["user_id,action,occurred_at", *(f"{user},post,{moment.text}" for user, moment in actions.items()), ""]),
        plays="\n".join(
            ["user_id,spotify_track_uri,ts,ms_played", *(f"{user},t,{moment.text},{lengths[user]}" for user, moment in ends.items()), ""]
        ),
    )
    days = {
        name: {user: expected_day(moment, zone) for user, moment in moments.items()}
        for name, moments in (("users", accounts), ("user_engagement", logins), ("user_actions", actions))
    }
    return Delivery(raw, days | {"plays": {user: expected_day(moment, zone, lengths[user]) for user, moment in ends.items()}})


DAYS = {
    "users": "select user_id, created_on from intermediate.int_users_unioned where has_account",
    "user_engagement": "select user_id, date_day from marts.user_activity_days where logins > 0",
    "user_actions": "select user_id, date_day from marts.user_actions",
    "plays": "select user_id, date_day from marts.user_activity_days where plays > 0",
}


def assert_days_are_those_of_zoneinfo(connection: duckdb.DuckDBPyConnection, delivery: Delivery) -> None:
    """Every row is accepted on its local day, or rejected with a reason; and every day is one of those that the project lists."""
    for table, days in delivery.days.items():
        found = dict(connection.execute(DAYS[table]).fetchall())
        assert found == {user: day for user, day in days.items() if day}, table
        assert len(found) > ROWS / 4
        reasons = f"select row_number - 1, reason from marts.rejected_rows where table_name = '{table}' order by 1"
        rejected = connection.execute(reasons).fetchall()
        assert [row for row, _ in rejected] == [user for user, day in days.items() if not day], table
        assert rejected
        assert {reason for _, reason in rejected} <= {reason for _, reason in rejected if reason}
        listed = "select date_day from intermediate.int_days_listed"
        unlisted = f"select count(*) from ({DAYS[table]}) as of_users (user_id, day) where day not in ({listed})"
        assert connection.execute(unlisted).fetchall() == [(0,)], table
        counts = f"select raw_rows, accepted_rows, rejected_rows from marts.source_row_counts where table_name = '{table}'"
        assert connection.execute(counts).fetchall() == [(ROWS, len(found), len(rejected))], table


def assert_harness_agrees(seed: int, zone: str, folder: Path) -> None:
    """Builds what one seed draws, and compares."""
    delivery = delivered(seed, zone, folder)
    with connected() as connection:
        build = Build(connection, delivery.raw, {"raw_sources": list(SOURCES), "timezone": zone})
        for name in ("rejected_rows", "source_row_counts"):
            build.table(name)
        assert_days_are_those_of_zoneinfo(connection, delivery)


@pytest.mark.parametrize("zone", ZONES)
def test_rows_are_judged_by_their_local_day(zone: str, folder: Path) -> None:
    assert_harness_agrees(0, zone, folder)


@pytest.mark.slow
@pytest.mark.parametrize("zone", ZONES)
def test_many_rows_are_judged_by_their_local_day(zone: str, tmp_path: Path) -> None:
    for seed in range(1, 9):
        assert_harness_agrees(seed, zone, tmp_path / str(seed))


EXTREMES: dict[str, Any] = {
    "microseconds": pa.array([2**63 - 1, -(2**63) + 1, 2**63 - 2, -(2**62), -1, 4_102_444_800_000_000, 0, None], pa.timestamp("us")),
    "nanoseconds": pa.array([2**63 - 1, -(2**63) + 1, 2**62, -(2**62), -1_000, -1_000_000_000, 0, None], pa.timestamp("ns")),
    "seconds": pa.array([2**40, -(2**40), 4_102_444_800, -1, -(2**30), -86_400, 0, None], pa.timestamp("s")),
    "zoned": pa.array([2**63 - 1, -(2**63) + 1, 2**62, -(2**62), -1, 4_102_444_800_000_000, 0, None], pa.timestamp("us", "Asia/Kolkata")),
    "days": pa.array([2**31 - 1, -(2**31) + 1, 2**30, -(2**30), -1, 47_482, 0, None], pa.date32()),
    "floats": pa.array([float("inf"), float("-inf"), float("nan"), 1e300, -1.0, 1.7e9, 4_102_444_800.0, None]),
}


@pytest.mark.parametrize("kind", EXTREMES)
def test_extreme_times_of_parquet_are_rejected(kind: str, tmp_path: Path) -> None:
    """Of the times of a column, infinite ones among them, the epoch alone is one; of numbers none."""
    times = EXTREMES[kind]
    pq.write_table(pa.table({"object_id": range(8), "creation_time": times}), tmp_path / "users.parquet")
    pq.write_table(pa.table({"user_id": range(8), "time_stamp": times}), tmp_path / "user_engagement.parquet")
    lengths = pa.array([float("inf"), float("-inf"), float("nan"), 1e300, -1.0, 0.0, 0.0, None])
    plays = {"user_id": range(8), "spotify_track_uri": ["t"] * 8, "ts": times, "ms_played": lengths}
    pq.write_table(pa.table(plays), tmp_path / "plays.parquet")
    with connected() as connection:
        build = Build(connection, tmp_path, {"raw_sources": ["product", "streaming"]}, {"RAW_FORMAT": "parquet"})
        for name in ("rejected_rows", "source_row_counts"):
            build.table(name)
        accepted = [] if kind == "floats" else [(6, FIRST_DAY)]
        assert connection.execute(DAYS["users"]).fetchall() == accepted
        assert connection.execute(DAYS["user_engagement"]).fetchall() == accepted
        assert connection.execute(DAYS["plays"]).fetchall() == accepted
        columns = "table_name, raw_rows, accepted_rows, rejected_rows"
        counts = connection.execute(f"select {columns} from marts.source_row_counts order by 1").fetchall()
        assert counts == [(table, 8, len(accepted), 8 - len(accepted)) for table in ("plays", "user_engagement", "users")]
        assert connection.execute("select count(*) from marts.rejected_rows where reason is null").fetchall() == [(0,)]


@pytest.mark.slow
@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata", "Pacific/Apia"])
def test_rows_at_the_edges_do_not_stop_a_build(zone: str, tmp_path: Path) -> None:
    """The marts of activity, adoption and quality, with all their tests."""
    delivery = delivered(9, zone, tmp_path / "raw")
    warehouse = Warehouse(tmp_path / "warehouse", delivery.raw, SOURCES)
    settings = {"timezone": zone, "max_rejected_share": 1}
    warehouse.build(areas=("activity", "adoption", "quality"), settings=settings)
    with duckdb.connect(str(warehouse.path), read_only=True) as connection:
        assert_days_are_those_of_zoneinfo(connection, delivery)
