"""An incremental build gives what the raw tables say, whatever has happened to them since the build before."""

import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest

from tests.python.warehouse import LOGIN_AREAS, Warehouse, different, write

DAY = timedelta(days=1)
STARTED_AT = datetime(2025, 2, 1)  # so that the clocks of New York change within the data
DAYS = 60
# Wrong time stamps: what a clock says that was never set, and one that runs ahead.
STRAY = (datetime(1999, 12, 31, 12), datetime(2090, 1, 1, 12))
# Ids that no other figure contains, so that a search for one as text finds nothing else.
IDS = range(7_000_001, 7_000_041)
LATER_IDS = range(7_000_500, 7_000_600)
WITHOUT_ACCOUNT = 6
STEPS = 6
# What `expected` says something of, what lies between, and the views that name the files: enough of a build where the marts
# need not be compared as a whole.
JUDGED = [
    "base_product__users",
    "base_product__user_engagement",
    "user_activity_days",
    "int_users_adoption_found",
    "int_users_unioned",
    "int_days_counted",
    "int_observation_bounded",
    "user_adoption",
    "dates",
]
# Shorter than in the project, so that two months of data fill every mart.
SETTINGS: dict[str, Any] = {
    "adoption_horizon_days": 30,
    "curve_min_at_risk": 1,
    "threshold_window_days": [7, 14],
    "threshold_retention_starts_after_days": 14,
    "threshold_retention_days": 14,
    "model_min_outcomes": 2,
}

Login = tuple[int, datetime]
Rows = list[tuple[Any, ...]]


@dataclass
class Account:
    """One row of the accounts table."""

    created_at: datetime
    creation_source: str
    org_id: int | None
    invited_by: int | None


@dataclass
class Product:
    """The raw tables as they stand at one time; `accounts` in the order of its rows."""

    accounts: dict[int, Account]
    logins: list[Login]

    def save(self, folder: Path) -> Path:
        """Writes both tables as files, over those that are there."""
        users = [
            f"{user_id},{row.created_at},{row.creation_source},{row.org_id or ''},{row.invited_by or ''}"
            for user_id, row in self.accounts.items()
        ]
        logins = [f"{logged_in_at},{user_id}" for user_id, logged_in_at in self.logins]
        return write(
            folder,
            users="\n".join(["object_id,creation_time,creation_source,org_id,invited_by_user_id", *users]) + "\n",
            user_engagement="\n".join(["time_stamp,user_id", *logins]) + "\n",
        )

    def active_users(self) -> list[int]:
        """The users who have logged in."""
        return sorted({user_id for user_id, _ in self.logins})

    def days(self) -> list[date]:
        """The days with logins, in their order, without those that are years away."""
        times = {logged_in_at for _, logged_in_at in self.logins if abs(logged_in_at - STARTED_AT) < 1000 * DAY}
        return sorted({time.date() for time in times})


def moment(draw: random.Random, day: date) -> datetime:
    """Returns any second of a day."""
    return datetime(day.year, day.month, day.day) + timedelta(seconds=draw.randrange(86_400))


def any_day(draw: random.Random, product: Product) -> date:
    """Returns any day from the first to the last of the log."""
    return product.days()[0] + draw.randrange((product.days()[-1] - product.days()[0]).days + 1) * DAY


def new_account(draw: random.Random, created_at: datetime, inviters: Iterable[int]) -> Account:
    """Returns an account that one of the inviters or nobody brought in."""
    return Account(
        created_at,
        draw.choice(["SIGNUP", "ORG_INVITE", "GUEST_INVITE"]),
        draw.choice([None, *range(1, 7)]),
        draw.choice([None, *inviters]),
    )


def new_product(draw: random.Random) -> Product:
    """Returns a product of two months. Some users never log in, some log in without an account."""
    product = Product({}, [])
    for user_id in IDS:
        joined_at = STARTED_AT + timedelta(seconds=draw.randrange(45 * 86_400))
        if user_id in IDS[:-WITHOUT_ACCOUNT]:
            product.accounts[user_id] = new_account(draw, joined_at, product.accounts)
        habit = draw.choice([0.0, 0.03, 0.1, 0.3, 0.6])
        for day in range(DAYS):
            logged_in_at = STARTED_AT + day * DAY + timedelta(seconds=draw.randrange(86_400))
            if logged_in_at >= joined_at and draw.random() < habit:
                product.logins += [(user_id, logged_in_at)] * draw.choice([1, 2, 4, 8])
    return product


def add_new_day(draw: random.Random, product: Product) -> None:
    """A delivery arrives: a day, or a fragment of one."""
    day = product.days()[-1] + draw.choice([1, 1, 3]) * DAY
    users = sorted({*product.accounts, *product.active_users()})
    active = draw.sample(users, draw.choice([1, len(users) // 2]))
    product.logins += [(user_id, moment(draw, day)) for user_id in active]


def add_late_logins(draw: random.Random, product: Product) -> None:
    """Logins of any age arrive late, one of a user unknown so far among them."""
    for user_id in [*draw.choices(IDS, k=5), draw.choice(LATER_IDS)]:
        product.logins.append((user_id, moment(draw, any_day(draw, product))))


def repeat_logins(draw: random.Random, product: Product) -> None:
    """Rows are delivered twice."""
    product.logins += draw.sample(product.logins, 5)


def move_logins(draw: random.Random, product: Product) -> None:
    """Time stamps are corrected, and fall on another day; how many rows there are stays."""
    for index in draw.sample(range(len(product.logins)), 5):
        user_id, logged_in_at = product.logins[index]
        product.logins[index] = (user_id, logged_in_at + draw.choice([-2, -1, 1, 2]) * DAY)


def hand_logins_over(draw: random.Random, product: Product) -> None:
    """Rows turn out to be another user's; how many rows a day has stays."""
    for index in draw.sample(range(len(product.logins)), 3):
        product.logins[index] = (draw.choice(product.active_users()), product.logins[index][1])


def delete_logins(draw: random.Random, product: Product) -> None:
    """Some logins go."""
    for _ in range(8):
        product.logins.pop(draw.randrange(len(product.logins)))


def thin_last_week(draw: random.Random, product: Product) -> None:
    """Of the last seven days only an eighth has been delivered: none of them is complete, measured by the weeks before."""
    days = product.days()[-7:]
    keep_logins(product, lambda _, logged_in_at: logged_in_at.date() not in days or draw.random() < 1 / 8)


def keep_logins(product: Product, keep: Callable[[int, datetime], bool]) -> None:
    """Deletes the logins that are not to be kept."""
    product.logins = [login for login in product.logins if keep(*login)]


def delete_day(draw: random.Random, product: Product) -> None:
    """All logins of one day go."""
    day = draw.choice(product.logins)[1].date()
    keep_logins(product, lambda _, logged_in_at: logged_in_at.date() != day)


def delete_first_day(_: random.Random, product: Product) -> None:
    """The first day of the log goes, and the consecutive windows begin later."""
    day = product.days()[0]
    keep_logins(product, lambda _, logged_in_at: logged_in_at.date() != day)


def add_earlier_day(draw: random.Random, product: Product) -> None:
    """A day before all others arrives, and the consecutive windows begin earlier, but not by whole windows."""
    day = product.days()[0] - draw.choice([1, 2, 3, 4, 5, 6]) * DAY
    product.logins.append((draw.choice(product.active_users()), moment(draw, day)))


def add_stray_logins(draw: random.Random, product: Product) -> None:
    """Two logins arrive that are dated decades away: no part of the log, and no reason to begin the windows elsewhere."""
    product.logins += zip(draw.sample(product.active_users(), 2), STRAY, strict=True)


def reorder_rows(draw: random.Random, product: Product) -> None:
    """Both tables are delivered in another order."""
    draw.shuffle(product.logins)
    product.accounts = dict(draw.sample(sorted(product.accounts.items()), len(product.accounts)))


def erase_user(draw: random.Random, product: Product) -> None:
    """A user goes from both tables."""
    erased = draw.choice([user_id for user_id in product.active_users() if user_id in product.accounts])
    del product.accounts[erased]
    keep_logins(product, lambda user_id, _: user_id != erased)


def add_accounts(draw: random.Random, product: Product) -> None:
    """A user who logged in without an account gets one, and somebody signs up."""
    without = [user_id for user_id in product.active_users() if user_id not in product.accounts]
    for user_id in [*without[:1], draw.choice(LATER_IDS)]:
        product.accounts[user_id] = new_account(draw, moment(draw, any_day(draw, product)), product.accounts)


def remove_account(draw: random.Random, product: Product) -> None:
    """An account goes, its logins stay."""
    del product.accounts[draw.choice([user_id for user_id in product.active_users() if user_id in product.accounts])]


def silence_user(draw: random.Random, product: Product) -> None:
    """The logins of one user go, to the last; the account stays."""
    silenced = draw.choice([user_id for user_id in product.active_users() if user_id in product.accounts])
    keep_logins(product, lambda user_id, _: user_id != silenced)


CHANGES: list[Callable[[random.Random, Product], None]] = [
    add_new_day,
    add_late_logins,
    repeat_logins,
    move_logins,
    hand_logins_over,
    delete_logins,
    delete_day,
    delete_first_day,
    thin_last_week,
    add_earlier_day,
    add_stray_logins,
    reorder_rows,
    erase_user,
    add_accounts,
    remove_account,
    silence_user,
]


def days_between(first: date, last: date) -> list[date]:
    """Returns all days from the first to the last."""
    return [first + number * DAY for number in range((last - first).days + 1)]


def log_of(rows_of_day: Counter[date]) -> list[date]:
    """Returns the days of the log.

    Days that more than four weeks part from the others are none where they have under a hundredth of all rows, unless no
    others have more.
    """
    stretches: list[list[date]] = []
    for day in sorted(rows_of_day):
        if not stretches or day - stretches[-1][-1] > 28 * DAY:
            stretches.append([])
        stretches[-1].append(day)
    rows_of_stretch = [sum(rows_of_day[day] for day in stretch) for stretch in stretches]
    return [
        day
        for stretch, rows in zip(stretches, rows_of_stretch, strict=True)
        if 100 * rows >= rows_of_day.total() or rows == max(rows_of_stretch)
        for day in stretch
    ]


def last_complete_day(rows_of_day: Counter[date]) -> date:
    """Returns the last day of the log that has a fifth of the median rows of the 28 days of the log before it."""
    days, complete = log_of(rows_of_day), []
    for number, day in enumerate(days):
        earlier = [rows_of_day[day] for day in days[max(number - 28, 0) : number]]
        if 5 * rows_of_day[day] >= (median(earlier) if earlier else 0):
            complete.append(day)
    return complete[-1]


def reached(active: list[date], needed: int, shares_window: Callable[[date, date], bool]) -> list[date]:
    """Returns the active days up to the first that is the last of as many of its window as are needed, those of the window alone.

    Nothing where no day is.
    """
    for day in active:
        window = [earlier for earlier in active if earlier <= day and shares_window(earlier, day)]
        if len(window) >= needed:
            return window
    return []


def expected(product: Product, settings: dict[str, Any]) -> dict[str, Rows]:
    """Returns what three marts have to hold, each looked up day by day as its definition says."""
    zone = ZoneInfo(settings.get("timezone", "UTC"))
    needed: int = settings.get("adoption_days", 3)
    length: int = settings.get("adoption_window_days", 7)

    def local_day(moment: datetime) -> date:
        return moment.replace(tzinfo=UTC).astimezone(zone).date()

    logins = Counter((user_id, local_day(logged_in_at)) for user_id, logged_in_at in product.logins)
    created = {user_id: local_day(account.created_at) for user_id, account in product.accounts.items()}
    logged: Counter[date] = Counter()
    for (_, day), times in logins.items():
        logged[day] += times
    signups = Counter(created.values())
    as_of = date.fromisoformat(settings["as_of"]) if "as_of" in settings else last_complete_day(logged or signups)
    log_started = min(log_of(logged), default=date.min)
    dated_rows = logged + signups

    def share_any(earlier: date, day: date) -> bool:
        return (day - earlier).days < length

    def share_fixed(earlier: date, day: date) -> bool:
        return (earlier - log_started).days // length == (day - log_started).days // length

    def share_iso_week(earlier: date, day: date) -> bool:
        return earlier.isocalendar()[:2] == day.isocalendar()[:2]

    adoption: Rows = []
    for user_id in sorted({*created, *(user_id for user_id, _ in logins)}):
        days = sorted(day for other_id, day in logins if other_id == user_id)
        active = [day for day in days if day <= as_of]
        windows = [reached(active, needed, shares_window) for shares_window in (share_any, share_fixed, share_iso_week)]
        adopted, fixed, iso_week = (window[-1] if window else None for window in windows)
        window_started = windows[0][0] if adopted else None
        observed_from = max(created[user_id] if user_id in created else days[0], log_started)
        is_matured = (as_of - observed_from).days + 1 >= settings["adoption_horizon_days"]
        status = "adopted" if adopted else "not_adopted" if is_matured else "still_open"
        from_signup = bool(logged) and user_id in created and created[user_id] >= log_started
        span = (active[0], active[-1]) if active else (None, None)
        readings = (adopted, window_started, fixed, iso_week)
        adoption.append((user_id, status, from_signup, *readings, len(active), *span, as_of))
    return {
        "user_activity_days": sorted((user_id, day, times) for (user_id, day), times in logins.items()),
        "user_adoption": adoption,
        "dates": [(day, dated_rows[day]) for day in days_between(min(dated_rows), max(dated_rows))],
    }


def found(warehouse: Warehouse) -> dict[str, Rows]:
    """Returns what the warehouse holds of that."""
    return {
        "user_activity_days": warehouse.rows("select user_id, date_day, logins from marts.user_activity_days order by all"),
        "user_adoption": warehouse.rows(
            "select user_id, adoption_status, is_observed_from_signup, adopted_on, window_started_on,"
            " fixed_window_adopted_on, iso_week_adopted_on, active_days, first_active_on, last_active_on, as_of"
            " from marts.user_adoption order by user_id"
        ),
        "dates": warehouse.rows("select date_day, dated_rows from marts.dates order by date_day"),
    }


# marts without a row where there are accounts and logins alone
NEEDS_OTHER_SOURCES = ("rejected_rows", "segments", "user_actions")


def build(warehouse: Warehouse, *arguments: str, settings: dict[str, Any] | None = None) -> None:
    """Builds without the data tests, with SETTINGS and those given."""
    areas = () if "--select" in arguments else LOGIN_AREAS
    warehouse.build("--exclude-resource-type", "test", *arguments, areas=areas, settings=SETTINGS | (settings or {}))


def from_nothing(warehouse: Warehouse, settings: dict[str, Any] | None = None) -> dict[str, Rows]:
    """Returns the marts of a build without an earlier one, and leaves the warehouse as it was.

    The file is put aside, so that the parsed project of the folder is used again.
    """
    aside = warehouse.folder / "aside.duckdb"
    warehouse.path.rename(aside)
    build(warehouse, settings=settings)
    marts = warehouse.marts("row_number")
    aside.replace(warehouse.path)
    return marts


@pytest.fixture(scope="module")
def product() -> Product:
    """A product, not to be changed."""
    return new_product(random.Random(7))


@pytest.fixture(scope="module")
def origin(product: Product, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The warehouse file of that product, built once; not to be written to."""
    folder = tmp_path_factory.mktemp("origin")
    warehouse = Warehouse(folder, product.save(folder / "raw"))
    build(warehouse)
    return warehouse.path


@pytest.fixture
def built(origin: Path, product: Product, tmp_path: Path) -> Warehouse:
    """A warehouse of that product that may be written to."""
    warehouse = Warehouse(tmp_path / "built", product.save(tmp_path / "raw"))
    warehouse.folder.mkdir()
    shutil.copy(origin, warehouse.path)
    return warehouse


@pytest.mark.parametrize("seed", [1, 2])
def test_every_build_of_a_history_gives_what_the_raw_tables_say(seed: int, tmp_path: Path) -> None:
    """A warehouse is built again after every step of a random history in which each kind of change comes once.

    After each step activity, adoption and clock are those of the definition; at the end and once on the way all marts are
    those of a build without an earlier one.
    """
    draw = random.Random(seed)
    product = new_product(draw)
    warehouse = Warehouse(tmp_path / "warehouse", product.save(tmp_path / "raw"))
    build(warehouse)
    assert found(warehouse) == expected(product, SETTINGS)

    changes = draw.sample(CHANGES, len(CHANGES))
    compared = {draw.randrange(1, STEPS - 1), STEPS - 1}
    for step in range(STEPS):
        before = deepcopy(product)
        for change in changes[step::STEPS]:
            change(draw, product)
        history = f"step {step}: {[change.__name__ for change in changes[step::STEPS]]}"
        assert product.logins != before.logins or product.accounts != before.accounts, history

        product.save(warehouse.raw)
        build(warehouse, *([] if step in compared else ["--select", *JUDGED]))
        results = found(warehouse)
        for mart, rows in expected(product, SETTINGS).items():
            assert results[mart] == rows, f"{mart} after {history}"
        if step in compared:
            marts = warehouse.marts("row_number")
            assert all(rows for mart, rows in marts.items() if not mart.startswith(NEEDS_OTHER_SOURCES))
            assert different(marts, from_nothing(warehouse)) == [], history


def test_a_change_of_the_settings_is_a_change_of_all_rows(built: Warehouse, product: Product) -> None:
    """What was built by other settings is built anew without being asked to, one after the other, and when they are taken back."""
    before = built.marts("row_number")
    settings: dict[str, Any] = {}
    steps: list[dict[str, Any]] = [
        {"adoption_days": 2, "as_of": "2025-03-20"},
        {"adoption_window_days": 14},
        {"timezone": "America/New_York"},
    ]
    for changed in steps:
        results, settings = found(built), settings | changed
        definition = expected(product, SETTINGS | settings)
        assert results["user_adoption"] != definition["user_adoption"]
        build(built, *([] if changed == steps[-1] else ["--select", *JUDGED]), settings=settings)
        results = found(built)
        for mart, rows in definition.items():
            assert results[mart] == rows, f"{mart} with {settings}"
    assert different(built.marts("row_number"), from_nothing(built, settings)) == []

    build(built)
    assert different(built.marts("row_number"), before) == []


@pytest.mark.parametrize("command", ["build", "test", "snapshot"])
def test_another_type_of_ids_is_refused(built: Warehouse, product: Product, command: str) -> None:
    """A call whose settings are not those of the warehouse stops before it changes anything, and says what to do."""
    before = built.marts()
    run = built.dbt(command, settings={"id_type": "text"})
    assert not run.succeeded
    said = " ".join(run.output.split())
    assert "This warehouse was built with id_type: bigint, and this call says id_type: text" in said
    assert "make build CONFIG=company.yml" in said
    assert "'make reset' writes a copy of what cannot be rebuilt" in said
    assert different(built.marts(), before) == []


def test_the_sample_does_not_take_the_place_of_a_companys_tables(built: Warehouse, product: Product) -> None:
    """A call without RAW_DATA_DIR, as without its settings, is refused."""
    before = built.marts()
    run = built.dbt("build", RAW_DATA_DIR="")
    assert not run.succeeded
    assert "built from your own tables, and this call would build it from the sample data" in " ".join(run.output.split())
    assert different(built.marts(), before) == []


def stored_days(warehouse: Warehouse) -> list[date]:
    """Returns the day of every row of user_activity_days in the order in which the rows were written."""
    return [day for (day,) in warehouse.rows("select date_day from marts.user_activity_days order by rowid")]


def test_days_are_built_anew_where_the_settings_name_them(built: Warehouse) -> None:
    """Rows that are as they should be stay where they are, but those of `rebuild_days` are written again, after all others."""
    with duckdb.connect(str(built.path)) as connection:
        # day by day, so that a day that is written again can be told by its place
        connection.execute("create table sorted as from marts.user_activity_days order by date_day, user_id")
        connection.execute("delete from marts.user_activity_days")
        connection.execute("insert into marts.user_activity_days from sorted")
        connection.execute("drop table sorted")
    before, days = built.marts("row_number"), stored_days(built)
    assert days == sorted(days)

    build(built, "--select", *JUDGED)
    assert stored_days(built) == days

    first, last = days[len(days) // 3], days[len(days) // 2]
    build(built, "--select", *JUDGED, settings={"rebuild_days": [str(first), str(last)]})
    others = [day for day in days if not first <= day <= last]
    rewritten = stored_days(built)
    assert rewritten[: len(others)] == others
    assert sorted(rewritten[len(others) :]) == [day for day in days if first <= day <= last]
    assert different(built.marts("row_number"), before) == []


def test_an_interrupted_build_is_made_good_by_the_next(built: Warehouse, product: Product) -> None:
    """The activity of new raw tables is built, the adoption that follows from it is not: the next build sees what is left."""
    draw, product = random.Random(8), deepcopy(product)
    for change in [add_earlier_day, add_late_logins, move_logins, delete_day, silence_user, erase_user]:
        change(draw, product)
    product.save(built.raw)
    run = built.dbt("run", "--select", "+user_activity_days", settings=SETTINGS)
    assert run.succeeded, run.output
    definition = expected(product, SETTINGS)
    assert found(built)["user_activity_days"] == definition["user_activity_days"]
    assert found(built)["user_adoption"] != definition["user_adoption"]

    build(built)
    assert found(built) == definition
    assert different(built.marts("row_number"), from_nothing(built)) == []


def places(warehouse: Warehouse, text: str) -> set[str]:
    """Returns the columns, of all tables of all schemas, in which a text stands."""
    columns = warehouse.rows(
        "select columns.schema_name, columns.table_name, columns.column_name from duckdb_columns() as columns"
        " semi join duckdb_tables() as tables using (schema_name, table_name)"
    )
    searches = [
        f"select '{schema}.{table}.{column}' from {schema}.{table} where contains(cast({column} as varchar), '{text}')"
        for schema, table, column in columns
    ]
    return {place for (place,) in warehouse.rows(" union ".join(searches))}


def test_who_is_gone_from_the_raw_tables_is_gone_from_all_tables(built: Warehouse, product: Product) -> None:
    """Three users go: one with account and logins, one with logins alone, and one who invited others.

    The last stands on only where the accounts of the others still name the inviter.
    """
    product = deepcopy(product)
    inviters = {account.invited_by for account in product.accounts.values()}
    active = product.active_users()
    with_account = next(user_id for user_id in active if user_id in product.accounts and user_id not in inviters)
    without_account = next(user_id for user_id in active if user_id not in product.accounts)
    inviter = next(user_id for user_id in active if user_id in inviters)
    erased = (with_account, without_account, inviter)
    for user_id in erased:
        assert {
            "marts.user_activity_days.user_id",
            "marts.user_overview.user_id",
            "intermediate.int_users_adoption_found.user_id",
        } <= places(built, str(user_id))

    product.accounts = {user_id: account for user_id, account in product.accounts.items() if user_id not in erased}
    keep_logins(product, lambda user_id, _: user_id not in erased)
    product.save(built.raw)
    build(built)
    assert places(built, str(with_account)) == set()
    assert places(built, str(without_account)) == set()
    assert places(built, str(inviter)) == {
        "intermediate.int_users_unioned.invited_by_user_id",
        "marts.user_overview.invited_by_user_id",
        "marts.users.invited_by_user_id",
    }


def test_raw_tables_without_rows_empty_the_marts_until_the_rows_are_back(built: Warehouse, product: Product) -> None:
    """Without logins nobody is active and the sign-ups set the clock; without accounts as well there is neither clock nor user."""
    before = built.marts("row_number")
    Product(product.accounts, []).save(built.raw)
    build(built, "--select", *JUDGED)
    assert found(built) == expected(Product(product.accounts, []), SETTINGS)

    Product({}, []).save(built.raw)
    build(built)
    rows = built.marts("row_number")
    assert rows.pop("source_row_counts") != before["source_row_counts"]
    assert [mart for mart in rows if rows[mart]] == ["adoption_model_scores"]
    assert built.rows("select distinct verdict from marts.adoption_model_scores") == [("too_few_outcomes",)]

    product.save(built.raw)
    build(built)
    assert different(built.marts("row_number"), before) == []
