"""The sample data are what their generator writes, and hold exactly the truths that their README states."""

import re
import subprocess
import sys
from calendar import timegm
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.stats import chi2, chi2_contingency
from statsmodels.genmod.generalized_linear_model import GLMResults

from sample_data.common import csv_fields
from sample_data.generate import (
    ACTION_TRUTH,
    DIRTY_ROWS,
    LISTENING_TRUTH,
    SEED,
    SKIP_TRUTH,
    TRUTH,
    USAGE_TRUTH,
    USERS,
    drawn_outcomes,
    main,
    population,
    raw_lines,
    raw_tables,
)
from sample_data.people import (
    AGES,
    GENDER_SHARES,
    GENDERS,
    HOMETOWN_SHARES,
    HOMETOWNS,
    NO_AGE_SHARE,
    NO_HOMETOWN_SHARE,
    NO_PROFILE_SHARE,
    action_probabilities,
    performed_actions,
    profiles,
)
from sample_data.population import FIRST_WEEK_SHARES, HABITS, PERSONA_SHARES_ADOPTED, PERSONA_SHARES_OTHERS, SOURCE_SHARES, SOURCES

FOLDER = Path(__file__).parents[3] / "sample_data"
FILES = ("users.csv", "user_engagement.csv", "user_profiles.csv", "user_actions.csv", "app_usage.csv", "plays.csv")
USAGE_TEXTS = {"gender", "country", "device_type", "app_version", "subscription_type", "marketing_source"}
LAST_DAY = date(2025, 12, 31)
DRAWS = [(SEED, USERS), (11, 1_200)]
LARGE = 100_000
VERY_LARGE = 200_000

Logins = dict[int, set[datetime]]


@cache
def drawn(seed: int, n_users: int) -> pd.DataFrame:
    """The drawn outcomes of one population."""
    return drawn_outcomes(population(seed, n_users))


@cache
def written(seed: int, n_users: int) -> dict[str, list[str]]:
    """The lines of the raw files, without their headers."""
    users = population(seed, n_users)
    return {table: lines[1:] for table, lines in raw_lines(raw_tables(users, seed), seed).items()}


def parsed_time(text: str) -> datetime | None:
    """The time, or None where the text is no time."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def account_kind(line: str, seen: set[str]) -> str:
    """The kind of dirt in a line of users.csv, or 'good'; remembers the ids of good lines in `seen`."""
    object_id, creation_time, *_ = line.split(",")
    if line.count('"') % 2:
        return "malformed_quote"
    if not object_id.isdigit():
        return "non_numeric_id"
    if parsed_time(creation_time) is None:
        return "unparsable_creation_time"
    if object_id in seen:
        return "second_account"
    seen.add(object_id)
    return "good"


def login_kind(line: str, seen: set[str], accounts: set[str]) -> str:
    """The kind of dirt in a line of user_engagement.csv, or 'good'; remembers good lines in `seen`."""
    fields = line.split(",")
    if len(fields) != 3:
        return "truncated_line" if len(fields) < 3 else "too_many_fields"
    time_stamp, user_id, visited = fields
    if not user_id:
        return "empty_id"
    if parsed_time(time_stamp) is None:
        return "unparsable_time"
    if user_id not in accounts:
        return "login_without_account"
    if line in seen:
        return "exact_duplicate"
    seen.add(line)
    return "good" if visited == "1" else "not_visited"


@cache
def sorted_out(seed: int, n_users: int) -> tuple[dict[str, Counter[str]], pd.DataFrame, Logins]:
    """What a careful reader finds in the raw lines: rows by kind, the good accounts, the login times by user."""
    lines = written(seed, n_users)
    seen: set[str] = set()
    account_kinds = [account_kind(line, seen) for line in lines["users"]]
    rows = [line.split(",") for line, kind in zip(lines["users"], account_kinds, strict=True) if kind == "good"]
    header = (FOLDER / "users.csv").read_text().split("\n", 1)[0].split(",")
    accounts = pd.DataFrame(rows, columns=header)

    seen_logins: set[str] = set()
    login_kinds = [login_kind(line, seen_logins, seen) for line in lines["user_engagement"]]
    logins: Logins = {int(user_id): set() for user_id in accounts["object_id"]}
    for line in seen_logins:
        time_stamp, user_id, _ = line.split(",")
        logins[int(user_id)].add(datetime.fromisoformat(time_stamp))
    return {"users": Counter(account_kinds), "user_engagement": Counter(login_kinds)}, accounts, logins


def profile_kind(line: str, seen: dict[str, str]) -> str:
    """The kind of dirt in a line of user_profiles.csv, or 'good'; remembers good lines by id in `seen`."""
    fields = line.split(",")
    if len(fields) < 4:
        return "truncated_line"
    user_id, _, age, _ = fields
    if age and not age.removeprefix("-").isdigit():
        return "unparsable_age"
    if age and not 0 <= int(age) <= 120:
        return "impossible_age"
    if user_id in seen:
        return "exact_duplicate" if seen[user_id] == line else "contradicting_profile"
    seen[user_id] = line
    return "good"


def action_kind(line: str, seen: set[str], accounts: set[str]) -> str:
    """The kind of dirt in a line of user_actions.csv, or 'good'; remembers good lines in `seen`."""
    user_id, action, occurred_at = line.split(",")
    if not user_id:
        return "empty_id"
    if not action:
        return "empty_action"
    if parsed_time(occurred_at) is None:
        return "unparsable_time"
    if user_id not in accounts:
        return "action_without_account"
    if line in seen:
        return "exact_duplicate"
    seen.add(line)
    return "good"


@cache
def people_sorted_out(seed: int, n_users: int) -> tuple[dict[str, Counter[str]], pd.DataFrame, pd.DataFrame]:
    """What a careful reader finds in the raw lines of people: rows by kind, the profiles, every performance.

    A user of whom two profiles say different things has none.
    """
    lines = written(seed, n_users)
    seen: dict[str, str] = {}
    profile_kinds = [profile_kind(line, seen) for line in lines["user_profiles"]]
    contradicted = {
        line.split(",")[0] for line, kind in zip(lines["user_profiles"], profile_kinds, strict=True) if kind == "contradicting_profile"
    }
    rows = [line.split(",") for user_id, line in seen.items() if user_id not in contradicted]
    stated = pd.DataFrame(rows, columns=["user_id", "gender", "age", "hometown"])

    seen_actions: set[str] = set()
    accounts = {str(user_id) for user_id in range(1, n_users + 1)}
    action_kinds = [action_kind(line, seen_actions, accounts) for line in lines["user_actions"]]
    performances = pd.DataFrame([line.split(",") for line in sorted(seen_actions)], columns=["user_id", "action", "occurred_at"])
    return (
        {"user_profiles": Counter(profile_kinds), "user_actions": Counter(action_kinds)},
        stated.astype({"user_id": int}),
        performances.astype({"user_id": int, "occurred_at": "datetime64[s]"}),
    )


def wrong_number(fields: Iterable[str]) -> str | None:
    """The kind of dirt in the figures of a row, or None."""
    try:
        numbers = np.array([float(field) for field in fields])
    except ValueError:
        return "unparsable_number"
    if not np.isfinite(numbers).all():
        return "infinite_number"
    return "negative_number" if (numbers < 0).any() else None


def usage_kind(line: str, header: Sequence[str], seen: dict[str, str], accounts: set[str]) -> str:
    """The kind of dirt in a line of app_usage.csv, or 'good'; remembers good lines by id in `seen`."""
    row = dict(zip(header, line.split(","), strict=False))
    if len(row) < len(header):
        return "truncated_line"
    user_id = row.pop("user_id")
    if not user_id:
        return "empty_id"
    if kind := wrong_number(field for name, field in row.items() if field and name not in USAGE_TEXTS):
        return kind
    if user_id not in accounts:
        return "usage_without_account"
    if user_id in seen:
        return "exact_duplicate" if seen[user_id] == line else "contradicting_row"
    seen[user_id] = line
    return "good"


def usage_kinds(seed: int, n_users: int) -> Counter[str]:
    """What a careful reader finds in the raw lines of telemetry: rows by kind."""
    header = (FOLDER / "app_usage.csv").read_text().split("\n", 1)[0].split(",")
    accounts = {str(user_id) for user_id in range(1, n_users + 1)}
    seen: dict[str, str] = {}
    return Counter(usage_kind(line, header, seen, accounts) for line in written(seed, n_users)["app_usage"])


def play_kind(line: str, seen: set[str], keys: set[tuple[str, ...]], accounts: set[str]) -> str:
    """The kind of dirt in a line of plays.csv, or 'good'; remembers good lines in `seen`, their user, track and time in `keys`."""
    fields = csv_fields(line)
    if len(fields) < 12:
        return "truncated_line"
    user_id, track, ts, _, ms_played, *_, skipped = fields
    is_american = re.fullmatch(r"\d+/\d+/\d{4} \d+:\d\d", ts) is not None
    ended_at = datetime.strptime(f"{ts} +0000", "%m/%d/%Y %H:%M %z") if is_american else parsed_time(ts)
    is_number = ms_played.removeprefix("-").isdigit()
    key = (user_id, track, ts)
    kinds = {
        "empty_user_id": not user_id,
        "empty_track": not track,
        "unparsable_time": ended_at is None,
        "ms_played_text": not is_number,
        "negative_ms_played": is_number and int(ms_played) < 0,
        "impossible_length": is_number and int(ms_played) > 86_400_000,
        "listener_without_account": user_id not in accounts,
        "play_after_as_of": ended_at is not None and ended_at.date() > LAST_DAY,
        "american_time": is_american,
        "skipped_missing": not skipped,
        "exact_duplicate": line in seen,
        "same_time_and_track": key in keys,
    }
    if any(kinds.values()):
        return next(kind for kind, is_found in kinds.items() if is_found)
    seen.add(line)
    keys.add(key)
    return "good"


def play_kinds(seed: int, n_users: int) -> Counter[str]:
    """What a careful reader finds in the raw lines of streaming: rows by kind."""
    accounts = {str(user_id) for user_id in range(1, n_users + 1)}
    seen: set[str] = set()
    keys: set[tuple[str, ...]] = set()
    return Counter(play_kind(line, seen, keys, accounts) for line in written(seed, n_users)["plays"])


def kinds_of_rows(seed: int, n_users: int) -> dict[str, Counter[str]]:
    """The rows of every raw file, by kind."""
    own = {"app_usage": usage_kinds(seed, n_users), "plays": play_kinds(seed, n_users)}
    return sorted_out(seed, n_users)[0] | people_sorted_out(seed, n_users)[0] | own


def adoption_by_hand(days: set[date]) -> date | None:
    """The first day of a life that ends 7 days with 3 active ones in them."""
    day = min(days, default=LAST_DAY)
    while day <= max(days, default=date.min):
        if sum(day - timedelta(days=back) in days for back in range(7)) >= 3:
            return day
        day += timedelta(days=1)
    return None


def test_three_days_in_seven_are_counted_by_hand_as_defined() -> None:
    """Day 1 and day 7 share a window, day 1 and day 8 do not."""
    first = date(2025, 3, 1)
    assert adoption_by_hand({first, date(2025, 3, 4), date(2025, 3, 7)}) == date(2025, 3, 7)
    assert adoption_by_hand({first, date(2025, 3, 4), date(2025, 3, 8)}) is None
    assert adoption_by_hand(set()) is None


def test_committed_files_are_what_the_generator_writes(tmp_path: Path) -> None:
    """Byte for byte."""
    main(["--output", str(tmp_path)])
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(FILES)
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes(), name


def test_options_choose_users_and_seed(tmp_path: Path) -> None:
    """The command line reaches the same draws as the functions."""
    main(["--users", "150", "--seed", "3", "--output", str(tmp_path / "new")])
    lines = (tmp_path / "new" / "users.csv").read_text().splitlines()
    assert lines[1:] == written(3, 150)["users"]


def test_the_script_runs_from_any_folder(tmp_path: Path) -> None:
    """It finds the modules of its package, and writes what `main` does."""
    options = ["--users", "150", "--seed", "3", "--output", "new"]
    subprocess.run([sys.executable, str(FOLDER / "generate.py"), *options], cwd=tmp_path, check=True)
    for table, lines in written(3, 150).items():
        assert (tmp_path / "new" / f"{table}.csv").read_text().splitlines()[1:] == lines, table


def test_too_few_users_are_refused() -> None:
    """A population needs inviters and a fragment."""
    with pytest.raises(ValueError, match="at least 100"):
        population(SEED, 99)


@pytest.mark.parametrize(("seed", "n_users"), [*DRAWS, (3, 150), (4, 100)])
def test_dirty_rows_are_as_many_as_stated(seed: int, n_users: int) -> None:
    """And replace no good row."""
    kinds = kinds_of_rows(seed, n_users)
    _, accounts, _ = sorted_out(seed, n_users)
    clean = raw_tables(population(seed, n_users), seed)
    assert {table: counts["good"] for table, counts in kinds.items()} == {table: len(rows) for table, rows in clean.items()}
    assert accounts["object_id"].astype(int).tolist() == list(range(1, n_users + 1))
    for table, counts in DIRTY_ROWS.items():
        dirty = {kind: count for kind, count in kinds[table].items() if kind != "good"}
        assert dirty == counts, table


@pytest.mark.parametrize(("seed", "n_users"), DRAWS)
def test_second_accounts_come_later(seed: int, n_users: int) -> None:
    """Whether the first row or the earliest account wins, the same one does."""
    first: dict[str, str] = {}
    seconds = 0
    for line in written(seed, n_users)["users"]:
        object_id, creation_time, *_ = line.split(",")
        if object_id in first:
            seconds += 1
            assert creation_time > first[object_id]
        first.setdefault(object_id, creation_time)
    assert seconds == DIRTY_ROWS["users"]["second_account"]


@pytest.mark.parametrize(("seed", "n_users"), DRAWS)
def test_logins_realise_the_drawn_outcomes(seed: int, n_users: int) -> None:
    """Adoption counted by hand from the raw lines equals the draw, user by user, as far as the calendar reaches."""
    _, _, logins = sorted_out(seed, n_users)
    for user in drawn(seed, n_users).to_dict("records"):
        days = {login.date() for login in logins[user["user_id"]]}
        adopted_on = adoption_by_hand(days)
        assert adopted_on == (None if pd.isna(user["adopted_on"]) else user["adopted_on"].date()), user

        created_on = user["created_on"].date()
        if created_on + timedelta(days=6) <= LAST_DAY:
            first_week = sum(day < created_on + timedelta(days=7) for day in days)
            assert first_week >= 3 if user["adopts_in_week_one"] else first_week == user["first_week_days"], user
        if created_on + timedelta(days=96) <= LAST_DAY:
            age = -1 if adopted_on is None else (adopted_on - created_on).days
            assert (0 <= age <= 6) == user["adopts_in_week_one"], user
            assert (7 <= age <= 96) == user["adopts_later"], user


@pytest.mark.parametrize(("seed", "n_users"), [*DRAWS, (SEED, LARGE)])
def test_each_outcome_excludes_the_others(seed: int, n_users: int) -> None:
    """At most one of the three draws is positive, exactly those users have an adoption day, and it is in its range."""
    users = drawn(seed, n_users)
    positive = users[["adopts_in_week_one", "adopts_later", "adopts_after_horizon"]].sum(axis=1)
    assert positive.isin([0, 1]).all()
    assert (positive.astype(bool) == users["adoption_day"].notna()).all()
    assert users.loc[users["adopts_in_week_one"], "adoption_day"].between(0, 6).all()
    assert users.loc[users["adopts_later"], "adoption_day"].between(7, 96).all()
    assert users.loc[users["adopts_after_horizon"], "adoption_day"].gt(96).all()


@pytest.mark.parametrize(("seed", "n_users"), DRAWS)
def test_inviters_signed_up_before(seed: int, n_users: int) -> None:
    """Invited users, and they alone, have an inviter: earlier, and a colleague for ORG_INVITE."""
    _, accounts, logins = sorted_out(seed, n_users)
    rows = {row["object_id"]: row for row in accounts.to_dict("records")}
    had_adopted = []
    for row in rows.values():
        inviter_id = row["invited_by_user_id"]
        assert (inviter_id != "") == (row["creation_source"] in {"GUEST_INVITE", "ORG_INVITE"}), row
        adopted_on = None
        if inviter_id:
            inviter = rows[inviter_id]
            assert inviter["creation_time"] < row["creation_time"], row
            assert row["creation_source"] == "GUEST_INVITE" or inviter["org_id"] == row["org_id"], row
            adopted_on = adoption_by_hand({login.date() for login in logins[int(inviter_id)]})
        had_adopted.append(adopted_on is not None and str(adopted_on) < row["creation_time"][:10])
    assert had_adopted == drawn(seed, n_users)["inviter_had_adopted"].tolist()


@pytest.mark.parametrize(("seed", "n_users"), DRAWS)
def test_accounts_agree_with_logins(seed: int, n_users: int) -> None:
    """Nobody logs in before the sign-up, and the last session is the last login."""
    _, accounts, logins = sorted_out(seed, n_users)
    for row in accounts.to_dict("records"):
        times = logins[int(row["object_id"])]
        assert all(time >= datetime.fromisoformat(row["creation_time"]) for time in times), row
        last = str(timegm(max(times).timetuple())) if times else ""
        assert row["last_session_creation_time"] == last, row


def test_the_year_looks_like_the_product() -> None:
    """The committed size, its first and last days, and the habits that marts rely on."""
    _, accounts, logins = sorted_out(SEED, USERS)
    times = sorted(time for of_user in logins.values() for time in of_user)
    in_year = [time for time in times if time.date() <= LAST_DAY]
    fragment = times[len(in_year) :]
    assert 55_000 <= len(in_year) <= 65_000
    assert len(fragment) == 3
    assert max(fragment).isoformat() < "2026-01-01T00:10"
    assert times[0].date() == date(2025, 1, 1)
    assert min(accounts["creation_time"])[:10] == "2025-01-01"
    assert max(accounts["creation_time"])[:10] == "2025-12-31"
    assert 90 <= accounts["org_id"].nunique() <= 110

    per_day = Counter(time.date() for time in in_year)
    assert per_day[LAST_DAY] > 0.8 * np.median([per_day[LAST_DAY - timedelta(days=back)] for back in range(1, 29)])
    at_weekends = sum(time.weekday() >= 5 for time in in_year)
    assert 0.4 < (at_weekends / 2) / ((len(in_year) - at_weekends) / 5) < 0.8
    assert 0.15 <= np.mean([not of_user for of_user in logins.values()]) <= 0.20
    several_a_day = Counter(Counter((user, time.date()) for user, of_user in logins.items() for time in of_user).values())
    assert 0.2 < 1 - several_a_day[1] / several_a_day.total() < 0.5


def test_some_adopted_users_stop_and_some_come_back() -> None:
    """At least a tenth is gone for the last month of the year; at least a tenth returned after three weeks away."""
    _, _, logins = sorted_out(SEED, USERS)
    users = drawn(SEED, USERS).dropna(subset="adopted_on")
    lives = [sorted({time.date() for time in logins[user]}) for user in users["user_id"]]
    since = [[day for day in life if day >= on.date()] for life, on in zip(lives, users["adopted_on"], strict=True)]
    assert np.mean([days[-1] < date(2025, 12, 1) for days in since]) > 0.1
    assert np.mean([any(b - a >= timedelta(days=22) for a, b in pairwise(days)) for days in since]) > 0.1


def test_shares_are_as_intended() -> None:
    """About 5 % adopt in week one, about 20 % of the others within the horizon, two thirds are matured."""
    users = drawn(SEED, USERS)
    later = users[~users["adopts_in_week_one"]]
    assert 0.03 < users["adopts_in_week_one"].mean() < 0.07
    assert 0.17 < later["adopts_later"].mean() < 0.23
    assert 0.6 < (users["created_on"] + pd.Timedelta(days=96) <= pd.Timestamp(LAST_DAY)).mean() < 0.75


def design(users: pd.DataFrame) -> pd.DataFrame:
    """The true covariates of adoption in days 7..96, with the intercept."""
    covariates = {f"source[{name}]": users["creation_source"] == name for name in SOURCES if name != "SIGNUP"} | {
        "opted_in": users["opted_in_to_mailing_list"],
        "drip": users["enabled_for_marketing_drip"],
        "active_day": users["first_week_days"],
        "inviter_adopted": users["inviter_had_adopted"],
    }
    return pd.DataFrame({"intercept": 1.0} | {name: values.astype(float) for name, values in covariates.items()})


def later_truth() -> pd.Series:
    """The planted value of each column of `design`."""
    sources = {f"source[{name}]": effect for name, effect in TRUTH.later_source.items() if name != "SIGNUP"}
    return pd.Series(
        {"intercept": TRUTH.later_intercept}
        | sources
        | {
            "opted_in": TRUTH.later_opted_in,
            "drip": TRUTH.later_drip,
            "active_day": TRUTH.later_active_day,
            "inviter_adopted": TRUTH.later_inviter_adopted,
        }
    )


@pytest.mark.parametrize("seed", [SEED, 2])
def test_a_regression_recovers_the_later_effects(seed: int) -> None:
    """On 100,000 users, given the organisations' effects, every coefficient is within 3.3 standard errors and 0.15."""
    users = drawn(seed, LARGE)
    users = users[~users["adopts_in_week_one"]]
    fit = sm.GLM(
        users["adopts_later"].astype(float),
        design(users),
        family=sm.families.Binomial(),
        offset=users["org_effect"],
    ).fit()
    error = (fit.params - later_truth()).abs()
    assert (error < 3.3 * fit.bse).all(), error / fit.bse
    assert (error < 0.15).all(), error


def test_a_regression_recovers_the_week_one_effects() -> None:
    """As for the later effects."""
    users = drawn(SEED, LARGE)
    covariates = {name: users["creation_source"] == name for name in SOURCES if name != "SIGNUP"}
    covariates["opted_in"] = users["opted_in_to_mailing_list"]
    columns = pd.DataFrame({name: values.astype(float) for name, values in covariates.items()}).assign(intercept=1.0)
    fit = sm.GLM(users["adopts_in_week_one"].astype(float), columns, family=sm.families.Binomial()).fit()
    truth = pd.Series(dict(TRUTH.week_one_source) | {"opted_in": TRUTH.week_one_opted_in, "intercept": TRUTH.week_one_intercept}).drop(
        "SIGNUP"
    )
    error = (fit.params - truth).abs()
    assert (error < 3.3 * fit.bse).all(), error / fit.bse


def test_the_other_draws_have_their_shares() -> None:
    """First-week days by source, late adoption and the organisations' effects, on 100,000 users."""
    users = drawn(SEED, LARGE)
    others = users[~users["adopts_in_week_one"]]
    for source, shares in FIRST_WEEK_SHARES.items():
        days = others.loc[others["creation_source"] == source, "first_week_days"]
        for count, share in enumerate(shares):
            assert abs((days == count).mean() - share) < 4 * np.sqrt(share * (1 - share) / len(days)), (source, count)
    late = others.loc[~others["adopts_later"], "adopts_after_horizon"]
    assert abs(late.mean() - TRUTH.late_share) < 4 * np.sqrt(TRUTH.late_share / len(late))
    effects = users.groupby("org_id")["org_effect"].agg(["first", "nunique"])
    assert (effects["nunique"] == 1).all()
    assert abs(effects["first"].std() - TRUTH.organisation_sd) < 4 * TRUTH.organisation_sd / np.sqrt(2 * len(effects))


def test_effects_are_detectable_in_the_committed_size() -> None:
    """The matured of 3,000 users show each planted effect (z above 2), none of them far from its truth."""
    users = drawn(SEED, USERS)
    is_matured = users["created_on"] + pd.Timedelta(days=96) <= pd.Timestamp(LAST_DAY)
    users = users[is_matured & ~users["adopts_in_week_one"]]
    fit = sm.GLM(users["adopts_later"].astype(float), design(users), family=sm.families.Binomial()).fit()
    z = (fit.params / fit.bse).abs()
    assert (z.drop(["drip", "source[ORG_INVITE]"]) > 2).all(), z
    assert ((fit.params - later_truth()).abs() < 3.3 * fit.bse).all()


def test_personas_follow_adoption() -> None:
    """The persona's shares are as stated, and adopters' activity after adoption is ordered as the habits are."""
    users = population(SEED, LARGE)
    adopts = users["adoption_day"].notna()
    for is_adopter, shares in ((True, PERSONA_SHARES_ADOPTED), (False, PERSONA_SHARES_OTHERS)):
        observed = users.loc[adopts == is_adopter, "persona"].value_counts(normalize=True)
        for persona, share in zip(HABITS, shares, strict=True):
            assert abs(observed[persona] - share) < 0.02, (persona, is_adopter)
    active = users[adopts].groupby("persona")["active_days"].agg(lambda days: days.map(len).mean())
    assert active["power"] > active["explorer"] > active["casual"] > active["at_risk"]


@pytest.mark.parametrize(("seed", "n_users"), DRAWS)
def test_profiles_and_actions_realise_the_draw(seed: int, n_users: int) -> None:
    """Read from the raw lines: what is stated of a user is what was drawn, and who has a row performed the action."""
    _, stated, performances = people_sorted_out(seed, n_users)
    users = population(seed, n_users)
    drawn_profiles = profiles(users, seed).set_index("user_id")
    expected = pd.DataFrame(
        {
            "gender": drawn_profiles["gender"],
            "age": drawn_profiles["age"].astype(str).where(drawn_profiles["has_age"], ""),
            "hometown": drawn_profiles["hometown"].where(drawn_profiles["has_hometown"], ""),
        }
    )
    pd.testing.assert_frame_equal(stated.set_index("user_id").sort_index(), expected.loc[sorted(stated["user_id"])])
    without = set(users["user_id"]) - set(stated["user_id"])
    left_out = set(drawn_profiles.index[~drawn_profiles["has_profile"]])
    assert len(left_out) == round(NO_PROFILE_SHARE * n_users)
    assert left_out < without
    assert len(without - left_out) == DIRTY_ROWS["user_profiles"]["contradicting_profile"]

    performed = performed_actions(profiles(users, seed), seed)
    for action in performed:
        performers = set(performances.loc[performances["action"] == action, "user_id"])
        assert performers == set(users.loc[performed[action], "user_id"]), action
    assert set(performances["action"]) == set(performed)


@pytest.mark.parametrize(("seed", "n_users"), DRAWS)
def test_wrong_ages_are_of_users_without_another_profile(seed: int, n_users: int) -> None:
    """So their rejection leaves three users without a profile, and contradicts nobody's."""
    _, stated, _ = people_sorted_out(seed, n_users)
    rows = [line.split(",") for line in written(seed, n_users)["user_profiles"]]
    wrong = {row[2]: int(row[0]) for row in rows if len(row) == 4 and row[2] in {"-3", "400", "thirty"}}
    assert len(set(wrong.values())) == 3
    assert not set(wrong.values()) & set(stated["user_id"])
    assert set(wrong.values()) <= set(range(1, n_users + 1))


@pytest.mark.parametrize(("seed", "n_users"), DRAWS)
def test_actions_follow_the_sign_up(seed: int, n_users: int) -> None:
    """Nobody acts before the account exists or after the year."""
    _, accounts, _ = sorted_out(seed, n_users)
    _, _, performances = people_sorted_out(seed, n_users)
    created_at = pd.Series(pd.to_datetime(accounts["creation_time"]).to_numpy(), index=accounts["object_id"].astype(int))
    assert (performances["occurred_at"].to_numpy() >= created_at.loc[performances["user_id"]].to_numpy()).all()
    assert performances["occurred_at"].max().date() <= LAST_DAY


def test_some_actions_are_repeated() -> None:
    """On other days by a third of the performers, on the same day by some."""
    _, _, performances = people_sorted_out(SEED, USERS)
    days = performances.assign(day=performances["occurred_at"].dt.date).groupby(["user_id", "action"])["day"].agg(["size", "nunique"])
    assert 0.25 < (days["nunique"] > 1).mean() < 0.45
    assert 0.05 < (days["size"] > days["nunique"]).mean() < 0.25


@cache
def many_people(seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The profiles of very many users, with the columns of the regressions, and what they performed."""
    people = profiles(pd.DataFrame({"user_id": np.arange(VERY_LARGE)}), seed)
    return people, performed_actions(people, seed)


def profile_design(people: pd.DataFrame) -> pd.DataFrame:
    """The attributes as columns of a regression, with the intercept, and without any interaction."""
    columns = {
        "intercept": np.ones(len(people)),
        "female": people["gender"] == "Female",
        "age": people["age"],
        "TownB": people["hometown"] == "TownB",
        "TownC": people["hometown"] == "TownC",
    }
    return pd.DataFrame(columns, index=people.index).astype(float)


def fit_of_patterns(design: pd.DataFrame, performed: pd.Series, dropped: Sequence[str] = ()) -> GLMResults:
    """The logistic regression without the dropped columns, on one row per pattern of all of them.

    It has the coefficients of that on users, and its deviances with and without some columns may be compared.
    """
    counts = performed.groupby([design[name] for name in design]).agg(["sum", "size"])
    outcomes = np.column_stack([counts["sum"], counts["size"] - counts["sum"]])
    columns = counts.index.to_frame(index=False).drop(columns=list(dropped))
    return sm.GLM(outcomes, columns, family=sm.families.Binomial()).fit()


def likelihood_ratio_p(design: pd.DataFrame, performed: pd.Series, dropped: Sequence[str]) -> float:
    """The p-value of the hypothesis that the dropped columns have no effect."""
    statistic = fit_of_patterns(design, performed, dropped).deviance - fit_of_patterns(design, performed).deviance
    return float(chi2.sf(statistic, len(dropped)))


def with_interaction(design: pd.DataFrame) -> pd.DataFrame:
    """The design with the product of gender and age."""
    return design.assign(female_age=design["female"] * design["age"])


def test_profiles_have_their_shares() -> None:
    """Genders, towns, ages and what is left out, on 200,000 users."""
    people, _ = many_people(SEED)
    years = range(AGES[0], AGES[1] + 1)
    assert people["age"].between(*AGES).all()
    for column, shares in (
        ("gender", dict(zip(GENDERS, GENDER_SHARES, strict=True))),
        ("hometown", dict(zip(HOMETOWNS, HOMETOWN_SHARES, strict=True))),
        ("age", dict.fromkeys(years, 1 / len(years))),
        ("has_age", {False: NO_AGE_SHARE}),
        ("has_hometown", {False: NO_HOMETOWN_SHARE}),
        ("has_profile", {False: NO_PROFILE_SHARE}),
    ):
        for level, share in shares.items():
            observed = (people[column] == level).mean()
            assert abs(observed - share) < 4 * np.sqrt(share * (1 - share) / len(people)), (column, level)


def test_actions_have_their_shares() -> None:
    """A fifth posts, nearly a quarter shares, an eighth exports; probabilities are probabilities."""
    people, performed = many_people(SEED)
    probabilities = action_probabilities(people)
    assert probabilities.gt(0).all(axis=None)
    assert probabilities.lt(1).all(axis=None)
    for action, share in {"post": 0.20, "share": 0.23, "invite": 0.15, "purchase": 0.006, "export": 0.126}.items():
        assert abs(probabilities[action].mean() - share) < 0.005, action
    error = (performed.mean() - probabilities.mean()).abs() / np.sqrt((probabilities * (1 - probabilities)).mean() / len(people))
    assert (error < 4).all(), error


def test_actions_are_independent_given_the_profile() -> None:
    """What the probabilities leave unexplained is uncorrelated between actions."""
    people, performed = many_people(SEED)
    correlations = np.corrcoef(performed.astype(float) - action_probabilities(people), rowvar=False)
    assert np.abs(correlations - np.eye(len(correlations))).max() < 4 / np.sqrt(len(people))


def test_profiles_and_actions_are_independent_of_the_population() -> None:
    """Neither attributes nor actions go with the creation source, the adoption or the persona, on 100,000 users."""
    users = drawn(SEED, LARGE)
    people = profiles(users)
    has_adopted = users["adoption_day"].notna()
    ours = performed_actions(people).assign(gender=people["gender"], hometown=people["hometown"], age=people["age"] // 10)
    for name in ours:
        for theirs in (users["creation_source"], users["persona"], has_adopted):
            assert chi2_contingency(pd.crosstab(ours[name], theirs)).pvalue > 1e-4, (name, theirs.name)


@pytest.mark.parametrize("seed", [SEED, 2])
def test_average_marginal_effects_recover_post(seed: int) -> None:
    """On 200,000 users each is within 3.3 standard errors of the truth, and within a tenth of the planted effects."""
    people, performed = many_people(seed)
    effects = sm.Logit(performed["post"].astype(float), profile_design(people)).fit(disp=False).get_margeff(dummy=True)
    truth = np.array([ACTION_TRUTH.post_female, -ACTION_TRUTH.post_year_younger, 0.0, 0.0])
    error = np.abs(effects.margeff - truth)
    assert (error < 3.3 * effects.margeff_se).all(), error / effects.margeff_se
    assert (error[:2] < 0.1 * np.abs(truth[:2])).all(), error


@pytest.mark.parametrize("seed", [SEED, 2])
@pytest.mark.parametrize("action", ["share", "export"])
def test_a_regression_recovers_the_log_odds_of_actions(action: str, seed: int) -> None:
    """On 200,000 users every coefficient, the interaction and those of no effect among them, is within 3.3 standard errors."""
    people, performed = many_people(seed)
    design = with_interaction(profile_design(people))
    truth = {
        "share": {
            "intercept": ACTION_TRUTH.share_intercept,
            "female": ACTION_TRUTH.share_female,
            "age": ACTION_TRUTH.share_age,
            "female_age": ACTION_TRUTH.share_female_age,
        },
        "export": {"intercept": ACTION_TRUTH.export_intercept} | dict(ACTION_TRUTH.export_hometown),
    }[action]
    fit = fit_of_patterns(design, performed[action])
    error = (fit.params - pd.Series(truth).reindex(design.columns, fill_value=0.0)).abs()
    assert (error < 3.3 * fit.bse).all(), error / fit.bse


@pytest.mark.parametrize("action", ["invite", "purchase"])
def test_nothing_explains_the_null_actions(action: str) -> None:
    """All attributes and the interaction together, on 200,000 users."""
    people, performed = many_people(SEED)
    design = with_interaction(profile_design(people))
    assert likelihood_ratio_p(design, performed[action], list(design.columns[1:])) > 0.001


def known_people() -> tuple[pd.DataFrame, pd.DataFrame]:
    """The users of the committed files of whom all is stated, and what they performed."""
    _, stated, performances = people_sorted_out(SEED, USERS)
    known = stated[(stated["age"] != "") & (stated["hometown"] != "")].astype({"age": int}).set_index("user_id")
    performed = {action: known.index.isin(of_action["user_id"]) for action, of_action in performances.groupby("action")}
    return known, pd.DataFrame(performed, index=known.index)


def test_effects_on_actions_are_detectable_in_the_committed_size() -> None:
    """Each planted effect is found among 3,000 users (p below 0.05), the null action is not, and none is far from its truth."""
    known, performed = known_people()
    design = profile_design(known)
    interacting = with_interaction(design)
    found = [
        likelihood_ratio_p(design, performed["post"], ["female"]),
        likelihood_ratio_p(design, performed["post"], ["age"]),
        likelihood_ratio_p(interacting, performed["share"], ["female_age"]),
        likelihood_ratio_p(interacting, performed["share"], ["female", "female_age"]),
        likelihood_ratio_p(interacting, performed["share"], ["age", "female_age"]),
        likelihood_ratio_p(design, performed["export"], ["TownB", "TownC"]),
    ]
    assert max(found) < 0.05, found
    assert likelihood_ratio_p(design, performed["invite"], list(design.columns[1:])) > 0.05

    effects = sm.Logit(performed["post"].astype(float), design).fit(disp=False).get_margeff(dummy=True)
    truth = np.array([ACTION_TRUTH.post_female, -ACTION_TRUTH.post_year_younger, 0.0, 0.0])
    assert (np.abs(effects.margeff - truth) < 3.3 * effects.margeff_se).all()


def test_the_interaction_is_found_in_nearly_every_draw() -> None:
    """The likelihood-ratio test of gender by age on `share` at 5 %: in at least 97 of 100 draws of 3,000 users."""
    found = 0
    for seed in range(100, 200):
        people = profiles(pd.DataFrame({"user_id": np.arange(USERS)}), seed)
        design = with_interaction(profile_design(people)[["intercept", "female", "age"]])
        found += likelihood_ratio_p(design, performed_actions(people, seed)["share"], ["female_age"]) < 0.05
    assert found >= 97


def test_the_rare_action_makes_small_expected_counts() -> None:
    """A table of two rows and one of three expect fewer than 5 performers of `purchase` somewhere, though some performed it."""
    known, performed = known_people()
    assert performed["purchase"].sum() >= 5
    drip = drawn(SEED, USERS).set_index("user_id")["enabled_for_marketing_drip"].loc[known.index]
    for attribute in (drip, known["hometown"]):
        assert chi2_contingency(pd.crosstab(attribute, performed["purchase"])).expected_freq.min() < 5


def flattened(values: Mapping[str, float | Mapping[str, float]]) -> dict[str, float]:
    """Names each value as the README does."""
    flat: dict[str, float] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            flat |= {f"{name}[{key}]": inner for key, inner in value.items()}
        else:
            flat[name] = value
    return flat


def test_readme_states_the_parameters() -> None:
    """Every planted value, the shares by source and the habits stand in the README as in the code."""
    readme = (FOLDER / "README.md").read_text()
    stated = dict(re.findall(r"^\| `(\w+(?:\[\w+\])?)` \| (-?[\d.]+) \|", readme, flags=re.MULTILINE))
    truths = [flattened(asdict(truth)) for truth in (TRUTH, ACTION_TRUTH, USAGE_TRUTH, LISTENING_TRUTH, SKIP_TRUTH)]
    assert {name: float(value) for name, value in stated.items()} == {name: value for truth in truths for name, value in truth.items()}
    for source, share in zip(SOURCES, SOURCE_SHARES, strict=True):
        assert f"| {source} | " + " | ".join(f"{x:.2f}" for x in (share, *FIRST_WEEK_SHARES[source])) in readme
    for persona, *shares in zip(HABITS, PERSONA_SHARES_ADOPTED, PERSONA_SHARES_OTHERS, strict=True):
        row = re.search(rf"^\| {persona} \|(.*)\|$", readme, flags=re.MULTILINE)
        assert row is not None
        assert [float(cell) for cell in row[1].split("|")] == [*shares, *asdict(HABITS[persona]).values()]
    for level, share in zip([*GENDERS, *HOMETOWNS], [*GENDER_SHARES, *HOMETOWN_SHARES], strict=True):
        assert f"{level} {share:.2f}" in readme
    assert f"whole years from {AGES[0]} to {AGES[1]}" in readme


def test_readme_states_the_rows() -> None:
    """The rows of all files, and the dirty ones by kind."""
    readme = (FOLDER / "README.md").read_text()
    stated_rows = re.findall(r"^\| `(\w+\.csv)` \| ([\d,]+) \| \w+; ([\d,]+) good ones", readme, flags=re.MULTILINE)
    kinds = kinds_of_rows(SEED, USERS)
    assert [(name, int(rows.replace(",", "")), int(good.replace(",", ""))) for name, rows, good in stated_rows] == [
        (f"{table}.csv", counts.total(), counts["good"]) for table, counts in kinds.items()
    ]
    stated_kinds = re.findall(r"^\| `(\w+)\.csv` \| `(\w+)` \| (\d+) \|", readme, flags=re.MULTILINE)
    assert [(table, kind, int(count)) for table, kind, count in stated_kinds] == [
        (table, kind, count) for table, counts in DIRTY_ROWS.items() for kind, count in counts.items()
    ]
