"""The sample data are what their generator writes, and hold exactly the truths that their README states."""

import re
from calendar import timegm
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from sample_data.generate import (
    DIRTY_ROWS,
    FIRST_WEEK_SHARES,
    HABITS,
    PERSONA_SHARES_ADOPTED,
    PERSONA_SHARES_OTHERS,
    SEED,
    SOURCE_SHARES,
    SOURCES,
    TRUTH,
    USERS,
    drawn_outcomes,
    main,
    population,
    product_tables,
    raw_lines,
)

FOLDER = Path(__file__).parents[3] / "sample_data"
FILES = ("users.csv", "user_engagement.csv")
LAST_DAY = date(2025, 12, 31)
DRAWS = [(SEED, USERS), (11, 1_200)]
LARGE = 100_000

Logins = dict[int, set[datetime]]


@cache
def drawn(seed: int, n_users: int) -> pd.DataFrame:
    """The drawn outcomes of one population."""
    return drawn_outcomes(population(seed, n_users))


@cache
def written(seed: int, n_users: int) -> dict[str, list[str]]:
    """The lines of both raw files, without their headers."""
    users = population(seed, n_users)
    return {table: lines[1:] for table, lines in raw_lines(product_tables(users, seed), seed).items()}


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


def test_too_few_users_are_refused() -> None:
    """A population needs inviters and a fragment."""
    with pytest.raises(ValueError, match="at least 100"):
        population(SEED, 99)


@pytest.mark.parametrize(("seed", "n_users"), DRAWS)
def test_dirty_rows_are_as_many_as_stated(seed: int, n_users: int) -> None:
    """And replace no good row."""
    kinds, accounts, _ = sorted_out(seed, n_users)
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
    assert {name: float(value) for name, value in stated.items()} == flattened(asdict(TRUTH))
    for source, share in zip(SOURCES, SOURCE_SHARES, strict=True):
        assert f"| {source} | " + " | ".join(f"{x:.2f}" for x in (share, *FIRST_WEEK_SHARES[source])) in readme
    for persona, *shares in zip(HABITS, PERSONA_SHARES_ADOPTED, PERSONA_SHARES_OTHERS, strict=True):
        row = re.search(rf"^\| {persona} \|(.*)\|$", readme, flags=re.MULTILINE)
        assert row is not None
        assert [float(cell) for cell in row[1].split("|")] == [*shares, *asdict(HABITS[persona]).values()]


def test_readme_states_the_rows() -> None:
    """The rows of both files, and the dirty ones by kind."""
    readme = (FOLDER / "README.md").read_text()
    stated_rows = re.findall(r"^\| `(\w+\.csv)` \| ([\d,]+) \| \w+; ([\d,]+) good ones", readme, flags=re.MULTILINE)
    kinds, _, _ = sorted_out(SEED, USERS)
    assert [(name, int(rows.replace(",", "")), int(good.replace(",", ""))) for name, rows, good in stated_rows] == [
        (f"{table}.csv", counts.total(), counts["good"]) for table, counts in kinds.items()
    ]
    stated_kinds = re.findall(r"^\| `(\w+)\.csv` \| `(\w+)` \| (\d+) \|", readme, flags=re.MULTILINE)
    assert [(table, kind, int(count)) for table, kind, count in stated_kinds] == [
        (table, kind, count) for table, counts in DIRTY_ROWS.items() for kind, count in counts.items()
    ]
