"""The users of the invented product: who they are, what becomes of them and on which days they are active."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from sample_data.common import CALENDAR_DAYS, DAY_SECONDS, FIRST_DAY, SEED, Bools, Floats, Ints, clock_seconds, sigmoid, stream

USERS = 3_000
USERS_PER_ORGANISATION = 30
MIN_USERS = 100  # fewer leave nobody for the inviters, the fragment and the dirty rows

FIRST_WEEKDAY = 2  # 1 January 2025 is a Wednesday; Monday is 0
WEEK = 7
SATURDAY = 5

SOURCES = ("GUEST_INVITE", "ORG_INVITE", "PERSONAL_PROJECTS", "SIGNUP", "SIGNUP_GOOGLE_AUTH")
SOURCE_SHARES = (0.18, 0.30, 0.16, 0.20, 0.16)
OPTED_IN_SHARE = 0.35
# the drip follows the mailing list, so its adoption rate differs although its effect is zero
DRIP_SHARE_OPTED_IN = 0.35
DRIP_SHARE_OTHERS = 0.15
# active days in days 0..6 of those who do not adopt in them: shares of 0, 1 and 2 days
FIRST_WEEK_SHARES: Mapping[str, tuple[float, float, float]] = {
    "GUEST_INVITE": (0.30, 0.40, 0.30),
    "ORG_INVITE": (0.36, 0.40, 0.24),
    "PERSONAL_PROJECTS": (0.46, 0.38, 0.16),
    "SIGNUP": (0.36, 0.40, 0.24),
    "SIGNUP_GOOGLE_AUTH": (0.30, 0.42, 0.28),
}
FIRST_WEEK_WEIGHTS = (6.0, 1.5, 1.0, 1.0, 1.0, 1.0, 1.0)  # most first visits follow the sign-up at once


@dataclass(frozen=True)
class AdoptionTruth:
    """The planted adoption effects, in log odds where no unit is given.

    Attributes
    ----------
    adoption_days, window_days
        Adopted: this many distinct active days within any so many days.
    horizon_days
        Later adoption is drawn for days 7 .. 7 + horizon_days - 1 after the sign-up date (day 0).
    week_one_*
        logit of adopting within days 0..6; the source effects are relative to SIGNUP.
    later_*
        logit of adopting in the horizon, for users who did not adopt in days 0..6; the source effects are relative
        to SIGNUP, `later_active_day` is per active day in days 0..6 (0, 1 or 2).
    organisation_sd
        Standard deviation of the organisations' normal effect on `later_*`.
    late_share
        Share, of the users who adopt in neither, that adopts after the horizon.
    """

    adoption_days: int = 3
    window_days: int = 7
    horizon_days: int = 90
    week_one_intercept: float = -3.2
    week_one_source: Mapping[str, float] = field(
        default_factory=lambda: {
            "GUEST_INVITE": 0.4,
            "ORG_INVITE": 0.0,
            "PERSONAL_PROJECTS": -0.4,
            "SIGNUP": 0.0,
            "SIGNUP_GOOGLE_AUTH": 0.4,
        }
    )
    week_one_opted_in: float = 0.4
    later_intercept: float = -2.7
    later_source: Mapping[str, float] = field(
        default_factory=lambda: {
            "GUEST_INVITE": 0.8,
            "ORG_INVITE": 0.0,
            "PERSONAL_PROJECTS": -0.9,
            "SIGNUP": 0.0,
            "SIGNUP_GOOGLE_AUTH": 0.6,
        }
    )
    later_opted_in: float = 0.6
    later_drip: float = 0.0
    later_active_day: float = 0.7
    later_inviter_adopted: float = 0.8
    organisation_sd: float = 0.3
    late_share: float = 0.02


@dataclass(frozen=True)
class Habit:
    """How users of one persona use the product after they adopted.

    Attributes
    ----------
    weekday, weekend
        Probability of being active on such a day, at the start of the habit and for a typical user.
    half_life_days
        Days in which these probabilities halve.
    spell_days
        Mean length of an unbroken spell of use.
    return_share
        Probability that a spell is followed by another one.
    extra_logins
        Mean number of logins beyond the first on an active day.
    """

    weekday: float
    weekend: float
    half_life_days: float
    spell_days: float
    return_share: float
    extra_logins: float


TRUTH = AdoptionTruth()
HABITS: Mapping[str, Habit] = {
    "casual": Habit(0.34, 0.20, 500, 150, 0.6, 0.15),
    "power": Habit(0.76, 0.35, 900, 300, 0.7, 0.70),
    "at_risk": Habit(0.50, 0.22, 60, 45, 0.4, 0.20),
    "explorer": Habit(0.50, 0.48, 400, 130, 0.6, 0.45),
}
PERSONAS = tuple(HABITS)
PERSONA_SHARES_ADOPTED = (0.20, 0.36, 0.16, 0.28)
PERSONA_SHARES_OTHERS = (0.48, 0.04, 0.30, 0.18)
PAUSE_DAYS = (21, 60)  # shortest and longest pause of those who come back


def first_adoption_day(days: Sequence[int]) -> int | None:
    """Returns the day that completes the adoption threshold for the first time.

    Parameters
    ----------
    days
        Distinct active days since sign-up, ascending.
    """
    back = TRUTH.adoption_days - 1
    for earlier, day in zip(days, days[back:], strict=False):
        if day - earlier < TRUTH.window_days:
            return day
    return None


def population(seed: int = SEED, n_users: int = USERS) -> pd.DataFrame:
    """Draws the users: their accounts, what becomes of them, their personas and their active days.

    Parameters
    ----------
    seed
        Of every stream.
    n_users
        At least 100.

    Returns
    -------
    One row per user in the order of sign-up:

    * user_id, created_at (UTC, seconds), sign_up_day (days since 2025-01-01), org_id, creation_source,
      opted_in_to_mailing_list, enabled_for_marketing_drip, peak_hour (UTC, [0, 24)), invited_by_user_id (missing where
      nobody did), as of the account;
    * org_effect, inviter_had_adopted, adopts_in_week_one, first_week_days (0, 1, 2; missing where adopts_in_week_one),
      later_probability (likewise), adopts_later (within the horizon), adopts_after_horizon, adoption_day (days since
      sign-up, also beyond the end of the calendar; missing where never): the draws;
    * persona; active_days (tuple of days since sign-up, ascending, within the calendar).

    Raises
    ------
    ValueError
        If n_users is below 100.
    """
    if n_users < MIN_USERS:
        raise ValueError(f"n_users must be at least {MIN_USERS}, got {n_users}")
    users = _with_fates(_accounts(seed, n_users), seed)
    users["persona"] = _personas(users["adoption_day"].notna().to_numpy(), seed)
    users["active_days"] = _active_days(users, seed)
    return users.drop(columns="early_days")


def _accounts(seed: int, n_users: int) -> pd.DataFrame:
    """Draws the sign-up facts except the inviter, which depends on who has adopted by then; one row per user."""
    sign_ups = stream(seed, "sign-ups")
    day = np.arange(CALENDAR_DAYS)
    weights = (1 + 0.4 * day / CALENDAR_DAYS) * np.where(_is_weekend(day), 0.55, 1.0)
    sign_up_day = np.sort(sign_ups.choice(day, n_users, p=weights / weights.sum()))
    peak_hour = sign_ups.normal(13.5, 3.5, n_users) % 24
    second = clock_seconds(sign_ups, peak_hour)
    order = np.lexsort((second, sign_up_day))
    created_at = FIRST_DAY + (sign_up_day * DAY_SECONDS + second[order]).astype("timedelta64[s]")

    organisations = stream(seed, "organisations")
    n_organisations = round(n_users / USERS_PER_ORGANISATION)
    sizes = organisations.lognormal(0.0, 0.9, n_organisations)
    organisation = organisations.choice(n_organisations, n_users, p=sizes / sizes.sum())
    effects = organisations.normal(0.0, TRUTH.organisation_sd, n_organisations)

    facts = stream(seed, "account facts")
    source = facts.choice(np.array(SOURCES, dtype=object), n_users, p=SOURCE_SHARES)
    opted_in = facts.random(n_users) < OPTED_IN_SHARE
    drip = facts.random(n_users) < np.where(opted_in, DRIP_SHARE_OPTED_IN, DRIP_SHARE_OTHERS)

    users = pd.DataFrame(
        {
            "user_id": np.arange(1, n_users + 1),
            "created_at": created_at,
            "sign_up_day": sign_up_day,
            "org_id": organisation + 1,
            "creation_source": source,
            "opted_in_to_mailing_list": opted_in,
            "enabled_for_marketing_drip": drip,
            "peak_hour": peak_hour[order],
            "org_effect": effects[organisation],
        }
    )
    # inviters signed up on an earlier day; where there is none yet, the user came alone
    has_colleague = users.groupby("org_id")["sign_up_day"].transform("min") < users["sign_up_day"]
    has_anybody = users["sign_up_day"] > users["sign_up_day"].min()
    comes_alone = ((source == "ORG_INVITE") & ~has_colleague) | ((source == "GUEST_INVITE") & ~has_anybody)
    return users.assign(creation_source=users["creation_source"].mask(comes_alone, "SIGNUP"))


def _with_fates(users: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Adds the inviter, the drawn outcomes and early_days: the active days up to the adoption, all where there is none.

    The users are walked in the order of sign-up, because a user's chance depends on the inviter's adoption.
    """
    n = len(users)
    outcomes = stream(seed, "outcomes")
    week_one = outcomes.random(n) < _week_one_probability(users)
    first_week_days = _first_week_days(users["creation_source"], outcomes.random(n))
    # the inviter adds one of two terms, so both probabilities are known before the walk
    later_probabilities = np.stack([_later_probability(users, first_week_days, inviter) for inviter in (0, 1)])
    later_draws = outcomes.random(n)
    late = outcomes.random(n) < TRUTH.late_share

    early = _EarlyDays(stream(seed, "early days"), np.where(week_one, TRUTH.adoption_days, first_week_days))
    inviters = _Inviters(stream(seed, "inviters"), users)
    inviter_had_adopted = np.zeros(n, dtype=bool)
    adopts_later = np.zeros(n, dtype=bool)
    adopts_after_horizon = np.zeros(n, dtype=bool)
    adoption_days: list[int | None] = []
    early_days: list[tuple[int, ...]] = []
    sign_up_days: list[int] = users["sign_up_day"].tolist()
    for i, sign_up_day in enumerate(sign_up_days):
        inviter_had_adopted[i] = inviters.invite(i)
        if week_one[i]:
            days = early.first_week(i)
        elif later_draws[i] < later_probabilities[int(inviter_had_adopted[i]), i]:
            adopts_later[i] = True
            days = early.until(i, early.horizon_targets[i])
        elif late[i]:
            adopts_after_horizon[i] = True
            days = early.until(i, early.late_targets[i])
        else:
            days = early.sporadic(i)
        adoption_day = first_adoption_day(days)
        if adoption_day is not None:
            days = [day for day in days if day <= adoption_day]
            inviters.adopted(i, sign_up_day + adoption_day)
        adoption_days.append(adoption_day)
        early_days.append(tuple(days))

    later_probability = later_probabilities[inviter_had_adopted.astype(int), np.arange(n)]
    return users.assign(
        invited_by_user_id=pd.array(inviters.user_ids, dtype="Int64"),
        inviter_had_adopted=inviter_had_adopted,
        adopts_in_week_one=week_one,
        first_week_days=pd.Series(first_week_days, dtype="Int64").mask(week_one),
        later_probability=np.where(week_one, np.nan, later_probability),
        adopts_later=adopts_later,
        adopts_after_horizon=adopts_after_horizon,
        adoption_day=pd.array(adoption_days, dtype="Int64"),
        early_days=pd.Series(early_days, dtype=object),
    )


def _week_one_probability(users: pd.DataFrame) -> Floats:
    """Returns each user's probability of adopting in days 0..6; (n,)."""
    return sigmoid(
        TRUTH.week_one_intercept
        + _by_source(users["creation_source"], TRUTH.week_one_source)
        + TRUTH.week_one_opted_in * users["opted_in_to_mailing_list"].to_numpy(float)
    )


def _first_week_days(source: pd.Series, uniform: Floats) -> Ints:
    """Turns uniform draws (n,) into the number of active days in days 0..6 of those who do not adopt in them."""
    up_to_zero = _by_source(source, {name: shares[0] for name, shares in FIRST_WEEK_SHARES.items()})
    up_to_one = _by_source(source, {name: shares[0] + shares[1] for name, shares in FIRST_WEEK_SHARES.items()})
    return (uniform >= up_to_zero).astype(np.int64) + (uniform >= up_to_one)


def _later_probability(users: pd.DataFrame, first_week_days: Ints, inviter_had_adopted: int) -> Floats:
    """Returns each user's probability of adopting in the horizon, given one state (0, 1) of the inviter; (n,)."""
    return sigmoid(
        TRUTH.later_intercept
        + _by_source(users["creation_source"], TRUTH.later_source)
        + TRUTH.later_opted_in * users["opted_in_to_mailing_list"].to_numpy(float)
        + TRUTH.later_drip * users["enabled_for_marketing_drip"].to_numpy(float)
        + TRUTH.later_active_day * first_week_days
        + TRUTH.later_inviter_adopted * inviter_had_adopted
        + users["org_effect"].to_numpy(float)
    )


class _Inviters:
    """Chooses inviters among those who signed up on an earlier day, and remembers who had adopted by then.

    An inviter is the first of three candidates who has adopted, else the first of the three: people invite others to
    what they use.
    """

    def __init__(self, rng: np.random.Generator, users: pd.DataFrame) -> None:
        """Draws the candidates' positions as shares; users in the order of sign-up."""
        n = len(users)
        day = users["sign_up_day"].to_numpy()
        self.user_ids: list[int | None] = [None] * n
        self._source: list[str] = users["creation_source"].tolist()
        self._sign_up_day: list[int] = day.tolist()
        self._signed_up_before: list[int] = np.searchsorted(day, day, side="left").tolist()
        self._shares: list[list[float]] = rng.random((n, 3)).tolist()
        self._organisation: list[int] = users["org_id"].tolist()
        self._members: dict[int, list[int]] = {org_id: [] for org_id in set(self._organisation)}
        self._adopted_on = [np.iinfo(np.int64).max] * n

    def invite(self, i: int) -> bool:
        """Chooses the inviter of user i, if the source has one, and returns whether that inviter had adopted."""
        members = self._members[self._organisation[i]]
        before = self._signed_up_before[i]
        candidates: Sequence[int] = ()
        if self._source[i] == "ORG_INVITE":
            candidates = members[: bisect_left(members, before)]
        elif self._source[i] == "GUEST_INVITE":
            candidates = range(before)
        members.append(i)
        if not candidates:
            return False
        chosen = [candidates[int(share * len(candidates))] for share in self._shares[i]]
        adopted = [j for j in chosen if self._adopted_on[j] < self._sign_up_day[i]]
        self.user_ids[i] = (adopted or chosen)[0] + 1
        return bool(adopted)

    def adopted(self, i: int, on_day: int) -> None:
        """Notes that user i adopts on a day, counted from the first day of the calendar."""
        self._adopted_on[i] = on_day


class _EarlyDays:
    """Lays out active days before the adoption, so that they realise the drawn outcome exactly.

    Sporadic visits never complete the threshold: every visit lies a window or more after the one before the last. To
    adopt by a target day, two companions within the window before the target are added.
    """

    def __init__(self, rng: np.random.Generator, first_week_counts: Ints) -> None:
        """Draws all ingredients at once; first_week_counts (n,) is the number of active days in days 0..6."""
        n = len(first_week_counts)
        ranks = np.argsort(rng.exponential(size=(n, WEEK)) / np.array(FIRST_WEEK_WEIGHTS), axis=1)
        self._first_week = [sorted(row[:count]) for row, count in zip(ranks.tolist(), first_week_counts.tolist(), strict=True)]
        visits = np.where(rng.random(n) < np.where(first_week_counts == 0, 0.55, 0.40), 0, rng.geometric(0.35, n))
        gaps = rng.geometric(1 / 14, (n, 10))
        self._gaps: list[list[int]] = [row[:k] for row, k in zip(gaps.tolist(), visits.tolist(), strict=True)]

        # the earliest target leaves room for two companions after day 6
        earliest, latest = WEEK + 2, WEEK + TRUTH.horizon_days - 1
        scale = 28.0
        reach = 1 - np.exp(-(latest + 1 - earliest) / scale)
        horizon = earliest + np.floor(-scale * np.log1p(-rng.random(n) * reach)).astype(int)
        self.horizon_targets: list[int] = horizon.tolist()
        # whole windows after the horizon, so that no companion completes one within it
        late = rng.integers(latest + TRUTH.window_days, latest + 120, n)
        self.late_targets: list[int] = late.tolist()
        self._companion_shares: list[list[float]] = rng.random((n, 2)).tolist()

    def first_week(self, i: int) -> list[int]:
        """Returns the active days of user i in days 0..6."""
        return self._first_week[i]

    def sporadic(self, i: int) -> list[int]:
        """Returns the active days of user i as long as nothing leads to an adoption."""
        days = list(self._first_week[i])
        for gap in self._gaps[i]:
            last = max([WEEK - 1, *days[-1:]])
            before_last = days[-2] if len(days) > 1 else -TRUTH.window_days
            days.append(max(last + gap, before_last + TRUTH.window_days))
        return days

    def until(self, i: int, target: int) -> list[int]:
        """Returns the active days of user i, who adopts on the target day or, with visits near it, a little before."""
        start = max(WEEK, target - TRUTH.window_days + 1)
        width = target - start
        share, other_share = self._companion_shares[i]
        companion = int(share * width)
        other = int(other_share * (width - 1))
        other += other >= companion
        return sorted({*(day for day in self.sporadic(i) if day < target), start + companion, start + other, target})


def _personas(adopts: Bools, seed: int) -> list[str]:
    """Draws each user's persona; adopts (n,) shifts the shares."""
    uniform = stream(seed, "personas").random(len(adopts))
    shares = np.where(adopts[:, None], PERSONA_SHARES_ADOPTED, PERSONA_SHARES_OTHERS)
    position = (uniform[:, None] >= shares.cumsum(axis=1)[:, :-1]).sum(axis=1)
    return [PERSONAS[k] for k in position]


def _active_days(users: pd.DataFrame, seed: int) -> pd.Series:
    """Returns per user the tuple of active days within the calendar: the early days, then the habit of adopters."""
    habits = stream(seed, "habits")
    active_days = []
    for row in users[["early_days", "adoption_day", "sign_up_day", "persona"]].itertuples(index=False):
        early_days, adoption_day, sign_up_day, persona = row
        days = [day for day in early_days if sign_up_day + day < CALENDAR_DAYS]
        if not pd.isna(adoption_day):
            first = sign_up_day + adoption_day + 1
            days += (_habit_days(habits, HABITS[persona], first) - sign_up_day).tolist()
        active_days.append(tuple(days))
    return pd.Series(active_days, index=users.index, dtype=object)


def _habit_days(rng: np.random.Generator, habit: Habit, first: int) -> Ints:
    """Draws the active days of one habit, as days of the calendar from `first` to its end."""
    calendar = np.arange(first, CALENDAR_DAYS)
    age = np.arange(len(calendar))
    in_use = np.zeros(len(calendar), dtype=bool)
    start = 0
    while start < len(calendar):
        stop = start + int(rng.exponential(habit.spell_days)) + 1
        in_use[start:stop] = True
        if rng.random() >= habit.return_share:
            break
        start = stop + int(rng.integers(*PAUSE_DAYS))
    level = rng.lognormal(0.0, 0.25) * 0.5 ** (age / habit.half_life_days)
    # each user has a weekend of their own: some never work then, some as on any other day
    weekend = habit.weekend * rng.uniform(0.0, 2.0)
    probability = level * np.where(_is_weekend(calendar), weekend, habit.weekday)
    return calendar[in_use & (rng.random(len(calendar)) < probability)]


def drawn_outcomes(users: pd.DataFrame) -> pd.DataFrame:
    """Returns what was drawn for each user, with dates: the truth that marts are held against.

    Parameters
    ----------
    users
        The population.

    Returns
    -------
    One row per user: user_id, the draws of `population`, created_on, and adopted_on, which is missing where the user
    never adopts or the calendar ends first.
    """
    columns = [
        "user_id",
        "org_id",
        "creation_source",
        "opted_in_to_mailing_list",
        "enabled_for_marketing_drip",
        "persona",
        "org_effect",
        "inviter_had_adopted",
        "adopts_in_week_one",
        "first_week_days",
        "later_probability",
        "adopts_later",
        "adopts_after_horizon",
        "adoption_day",
    ]
    adopted_day = users["sign_up_day"] + users["adoption_day"]
    first_day = pd.Timestamp(FIRST_DAY)
    return users[columns].assign(
        created_on=first_day + pd.to_timedelta(users["sign_up_day"], unit="D"),
        adopted_on=first_day + pd.to_timedelta(adopted_day.where(adopted_day < CALENDAR_DAYS), unit="D"),
    )


def _by_source(source: pd.Series, values: Mapping[str, float]) -> Floats:
    """Looks up a value for each user's creation_source; (n,)."""
    return np.asarray(source.map(dict(values)), dtype=np.float64)


def _is_weekend(day: Ints) -> Bools:
    """Tells for days of the calendar whether they are a Saturday or a Sunday."""
    return (day + FIRST_WEEKDAY) % WEEK >= SATURDAY
