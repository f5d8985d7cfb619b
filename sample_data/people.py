"""The raw tables of the source `people`: what is known of the users beside their accounts, and what they did.

Profiles and actions have nothing to do with the rest of the population: neither depends on the organisation, the
creation source, the adoption or the persona. Of the users only the id, the sign-up and the peak hour are used.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from sample_data.common import (
    CALENDAR_DAYS,
    ID_OFFSET_WITHOUT_ACCOUNT,
    SEED,
    UNPARSABLE_TIME,
    Floats,
    activity_times,
    csv_lines,
    inserted,
    sigmoid,
    stream,
)

GENDERS = ("Female", "Male")
GENDER_SHARES = (0.5, 0.5)
AGES = (18, 60)  # youngest and oldest; every whole year is equally likely
HOMETOWNS = ("TownA", "TownB", "TownC")
HOMETOWN_SHARES = (0.5, 0.3, 0.2)
NO_PROFILE_SHARE = 0.01
NO_AGE_SHARE = 0.01
NO_HOMETOWN_SHARE = 0.01

REPEAT_SHARE = 0.45  # chance of every performance that another one follows, on a day of its own draw
SAME_DAY_REPEAT_SHARE = 0.10
ACTION_DAYS = 60  # mean days from the sign-up to an action, were the year endless


@dataclass(frozen=True)
class ActionTruth:
    """The planted probabilities of performing each action at least once.

    Attributes
    ----------
    post_*
        Probabilities, additive: that of a man of 60, what is added for women, and what is added for each year under 60.
        They are the average marginal effects; there is no interaction of probabilities.
    share_*
        Log odds: of a man of age 0, what is added for a woman of age 0, per year of age of men, and what is added to
        that per year for women (the interaction).
    invite_rate, purchase_rate
        Probabilities, the same for everybody.
    export_*
        Log odds in TownA, and what is added for each hometown.
    """

    post_base: float = 0.11
    post_female: float = 0.10
    post_year_younger: float = 0.002
    share_intercept: float = 1.0
    share_female: float = -1.3
    share_age: float = -0.065
    share_female_age: float = 0.045
    invite_rate: float = 0.15
    purchase_rate: float = 0.006
    export_intercept: float = -2.2
    export_hometown: Mapping[str, float] = field(default_factory=lambda: {"TownA": 0.0, "TownB": 0.0, "TownC": 1.0})


ACTION_TRUTH = ActionTruth()

# their users have no other profile, so that it is these rows that leave them without one
WRONG_AGES: Mapping[str, tuple[str, ...]] = {"impossible_age": ("-3", "400"), "unparsable_age": ("thirty",)}
FEWEST_WITHOUT_PROFILE = sum(len(ages) for ages in WRONG_AGES.values())

# Raw rows that a delivery should not have, per file and kind.
PEOPLE_DIRTY_ROWS: Mapping[str, Mapping[str, int]] = {
    "user_profiles": {
        "exact_duplicate": 3,
        "contradicting_profile": 1,
        **{kind: len(ages) for kind, ages in WRONG_AGES.items()},
        "truncated_line": 1,
    },
    "user_actions": {
        "empty_id": 1,
        "empty_action": 1,
        "unparsable_time": 1,
        "action_without_account": 2,
        "exact_duplicate": 4,
    },
}


def profiles(users: pd.DataFrame, seed: int = SEED) -> pd.DataFrame:
    """Draws the attributes of all users, and which of them the raw table states.

    Parameters
    ----------
    users
        The population, or any frame with a user_id.
    seed
        Of the stream.

    Returns
    -------
    One row per user, in the order of `users`: user_id, gender, age (years), hometown; has_profile (whether the user has
    a profile row), has_age and has_hometown (whether such a row states them).
    """
    rng = stream(seed, "profiles")
    n = len(users)
    drawn = pd.DataFrame(
        {
            "user_id": users["user_id"],
            "gender": rng.choice(np.array(GENDERS, dtype=object), n, p=GENDER_SHARES),
            "age": rng.integers(*AGES, n, endpoint=True),
            "hometown": rng.choice(np.array(HOMETOWNS, dtype=object), n, p=HOMETOWN_SHARES),
            "has_age": rng.random(n) >= NO_AGE_SHARE,
            "has_hometown": rng.random(n) >= NO_HOMETOWN_SHARE,
        }
    )
    left_out = rng.choice(n, max(round(NO_PROFILE_SHARE * n), FEWEST_WITHOUT_PROFILE), replace=False)
    return drawn.assign(has_profile=~np.isin(np.arange(n), left_out))


def action_probabilities(profiles: pd.DataFrame) -> pd.DataFrame:
    """Returns each user's probability of performing each action at least once; users x actions, indexed as `profiles`."""
    is_female = (profiles["gender"] == "Female").to_numpy(float)
    age = profiles["age"].to_numpy(float)
    truth = ACTION_TRUTH
    post = truth.post_base + truth.post_female * is_female + truth.post_year_younger * (AGES[1] - age)
    share = truth.share_intercept + truth.share_female * is_female + truth.share_age * age + truth.share_female_age * is_female * age
    export = truth.export_intercept + np.asarray(profiles["hometown"].map(dict(truth.export_hometown)), dtype=np.float64)
    probabilities: dict[str, Floats | float] = {
        "post": post,
        "share": sigmoid(share),
        "invite": truth.invite_rate,
        "purchase": truth.purchase_rate,
        "export": sigmoid(export),
    }
    return pd.DataFrame(probabilities, index=profiles.index)


def performed_actions(profiles: pd.DataFrame, seed: int = SEED) -> pd.DataFrame:
    """Draws who performs which action, independently of the other actions; users x actions, boolean, indexed as `profiles`."""
    probabilities = action_probabilities(profiles)
    uniform = {action: stream(seed, f"performers of {action}").random(len(profiles)) for action in probabilities}
    return pd.DataFrame(uniform, index=profiles.index) < probabilities


def people_tables(users: pd.DataFrame, seed: int = SEED) -> dict[str, pd.DataFrame]:
    """Turns the population into the raw tables of the source `people`, without dirty rows.

    Parameters
    ----------
    users
        The population.
    seed
        Of the streams for profiles, performers and times.

    Returns
    -------
    `user_profiles` (one row per user who has one, by id) and `user_actions` (one row per performance, by time), in the
    raw columns.
    """
    drawn = profiles(users, seed)
    stated = drawn.assign(age=drawn["age"].astype("Int64").where(drawn["has_age"]), hometown=drawn["hometown"].where(drawn["has_hometown"]))
    performed = performed_actions(drawn, seed)
    performances = [_performances(users, performed[action], seed) for action in performed]
    actions = pd.concat(performances).drop_duplicates().sort_values(["occurred_at", "user_id", "action"], ignore_index=True)
    return {
        "user_profiles": stated.loc[stated["has_profile"], ["user_id", "gender", "age", "hometown"]].reset_index(drop=True),
        "user_actions": actions,
    }


def _performances(users: pd.DataFrame, is_performer: pd.Series, seed: int) -> pd.DataFrame:
    """Draws user_id, action and occurred_at of every performance of one action, the name of `is_performer`.

    Early days after the sign-up are likelier than late ones, and the days end with the calendar: who signed up late acts
    soon.
    """
    rng = stream(seed, f"times of {is_performer.name}")
    performers = np.flatnonzero(is_performer)
    user = np.repeat(performers, rng.geometric(1 - REPEAT_SHARE, len(performers)))
    days_left = CALENDAR_DAYS - users["sign_up_day"].to_numpy()[user]
    reach = 1 - np.exp(-days_left / ACTION_DAYS)
    day = np.floor(-ACTION_DAYS * np.log1p(-rng.random(len(user)) * reach)).astype(np.int64)
    times = 1 + (rng.random(len(user)) < SAME_DAY_REPEAT_SHARE)
    user, day = np.repeat(user, times), np.repeat(day, times)
    return pd.DataFrame(
        {
            "user_id": users["user_id"].to_numpy()[user],
            "action": is_performer.name,
            "occurred_at": activity_times(rng, users, user, day),
        }
    )


def people_lines(tables: Mapping[str, pd.DataFrame], seed: int = SEED) -> dict[str, list[str]]:
    """Renders the raw tables of the source as CSV lines, header first, with the dirty rows at seeded positions.

    Parameters
    ----------
    tables
        `user_profiles` and `user_actions`, as `people_tables` returns them, and the `users` of `product_tables`.
    seed
        Of the dirty rows.
    """
    user_ids = tables["users"]["object_id"]
    without_profile = user_ids[~user_ids.isin(tables["user_profiles"]["user_id"])].tolist()
    return {
        "user_profiles": _with_dirty_profiles(csv_lines(tables["user_profiles"]), without_profile, stream(seed, "dirty user_profiles")),
        "user_actions": _with_dirty_actions(
            csv_lines(tables["user_actions"]),
            # not the user who logs in without an account
            without_account=len(user_ids) + ID_OFFSET_WITHOUT_ACCOUNT + 1,
            rng=stream(seed, "dirty user_actions"),
        ),
    }


def _with_dirty_profiles(lines: list[str], without_profile: list[int], rng: np.random.Generator) -> list[str]:
    """Adds the dirty rows of user_profiles.csv; the truncated line is the last one, cut after its gender.

    Parameters
    ----------
    lines
        The file, header first, rows by id.
    without_profile
        User ids without a profile, three at least.
    rng
        Of the positions and of the rows that the dirty ones resemble.
    """
    counts = PEOPLE_DIRTY_ROWS["user_profiles"]
    kinds = [kind for kind in ("exact_duplicate", "contradicting_profile") for _ in range(counts[kind])]
    ages = [age for kind in WRONG_AGES for age in WRONG_AGES[kind]]
    complete = [number for number, line in enumerate(lines[1:], start=1) if "" not in line.split(",")]
    templates = [lines[number] for number in rng.choice(complete, len(kinds) + len(ages), replace=False)]

    dirty = []
    for kind, line in zip(kinds, templates, strict=False):
        user_id, gender, age, hometown = line.split(",")
        other_gender = GENDERS[1 - GENDERS.index(gender)]
        dirty.append(line if kind == "exact_duplicate" else f"{user_id},{other_gender},{age},{hometown}")
    for user_id, wrong_age, line in zip(without_profile, ages, templates[len(kinds) :], strict=False):
        _, gender, _, hometown = line.split(",")
        dirty.append(f"{user_id},{gender},{wrong_age},{hometown}")
    positions = rng.integers(1, len(lines) + 1, len(dirty)).tolist()
    return inserted(lines, zip(positions, dirty, strict=True)) + [lines[-1].rsplit(",", 2)[0]] * counts["truncated_line"]


def _with_dirty_actions(lines: list[str], without_account: int, rng: np.random.Generator) -> list[str]:
    """Adds the dirty rows of user_actions.csv.

    Parameters
    ----------
    lines
        The file, header first, rows by time.
    without_account
        The user id that has actions but neither an account nor a profile.
    rng
        Of the positions and of the rows that the dirty ones resemble.
    """
    counts = PEOPLE_DIRTY_ROWS["user_actions"]
    mistakes = {
        "empty_id": ",{action},{occurred_at}",
        "empty_action": "{user_id},,{occurred_at}",
        "unparsable_time": f"{{user_id}},{{action}},{UNPARSABLE_TIME}",
        "action_without_account": f"{without_account},{{action}},{{occurred_at}}",
        "exact_duplicate": "{user_id},{action},{occurred_at}",
    }
    kinds = [kind for kind in mistakes for _ in range(counts[kind])]
    templates = rng.choice(np.arange(1, len(lines)), len(kinds), replace=False).tolist()
    dirty = []
    for kind, template in zip(kinds, templates, strict=True):
        user_id, action, occurred_at = lines[template].split(",")
        line = mistakes[kind].format(user_id=user_id, action=action, occurred_at=occurred_at)
        dirty.append((int(rng.integers(1, len(lines) + 1)), line))
    return inserted(lines, dirty)
