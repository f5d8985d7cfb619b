"""The raw table of the source `telemetry`: what the application measured of each user, in one row.

Telemetry is a system of its own. Its figures depend on the user's archetype alone, which nearly always is the persona,
and not on the logins; only the age of the account follows the sign-up. Gender and age are those of the hidden profiles.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sample_data.common import CALENDAR_DAYS, ID_OFFSET_WITHOUT_ACCOUNT, SEED, Floats, Ints, csv_lines, inserted, stream
from sample_data.people import profiles
from sample_data.population import PERSONAS

ARCHETYPES = PERSONAS  # casual, power, at_risk, explorer


@dataclass(frozen=True)
class Behaviour:
    """How one figure is drawn.

    Every user has a normal draw z with standard deviation 1; its mean is the direction of the user's archetype times
    `UsageTruth.archetype_shift`. The figure is typical + spread * z or, where it is rooted, the square of
    sqrt(typical) + spread * z, so that the larger it is the more it varies, as counts and times do. It is then kept
    within its limits and rounded.

    Attributes
    ----------
    typical
        The figure at z = 0.
    spread
        Change per unit of z: of the figure, or of its root.
    directions
        -1, 0 or 1 for each of `ARCHETYPES`.
    is_rooted
        Whether the spread is that of the root.
    decimals
        To which the figure is rounded.
    lowest, highest
        The limits.
    """

    typical: float
    spread: float
    directions: tuple[int, int, int, int]
    is_rooted: bool = True
    decimals: int = 0
    lowest: float = 0.0
    highest: float = np.inf


@dataclass(frozen=True)
class UsageTruth:
    """The planted parameters that all figures share.

    Attributes
    ----------
    archetype_shift
        Distance of an archetype from the typical user, in standard deviations within the archetype.
    casual_as_power
        Share, of the users with the persona casual, whose archetype is power.
    no_usage_share
        Of the users: those who have no row.
    no_rating_share
        Of the users: those whose rating is missing.
    outlier_share
        Of the users: those of whom one figure is an outlier.
    outlier_factor
        An outlier is this many times the typical figure.
    """

    archetype_shift: float = 1.35
    casual_as_power: float = 0.12
    no_usage_share: float = 0.02
    no_rating_share: float = 0.10
    outlier_share: float = 0.01
    outlier_factor: float = 20.0


USAGE_TRUTH = UsageTruth()
BEHAVIOURS: Mapping[str, Behaviour] = {
    "sessions_per_week": Behaviour(8, 0.5, (-1, 1, 0, 0)),
    "avg_session_duration_min": Behaviour(12, 0.7, (-1, 1, 0, 0), decimals=2),
    "daily_active_minutes": Behaviour(15, 0.8, (-1, 1, 0, 0), decimals=2),
    "feature_clicks_per_session": Behaviour(11.5, 0.5, (-1, 0, 0, 1)),
    "notifications_opened_per_week": Behaviour(5.5, 0.5, (0, 1, -1, 0)),
    "in_app_search_count": Behaviour(4, 0.5, (-1, 0, 0, 1)),
    "pages_viewed_per_session": Behaviour(11.5, 0.5, (-1, 0, 0, 1)),
    "crash_events_last_30_days": Behaviour(1.2, 0.5, (0, 0, 1, 0)),
    "support_tickets_raised": Behaviour(1, 0.5, (0, 0, 1, 0)),
    "days_since_last_login": Behaviour(13, 0.9, (0, -1, 1, 0)),
    "ads_clicked_last_30_days": Behaviour(6, 0.5, (0, -1, 0, 1)),
    "content_downloads": Behaviour(3, 0.5, (0, 0, 0, 1)),
    "social_shares": Behaviour(2.2, 0.5, (0, 0, -1, 1)),
    "rating_given": Behaviour(3.7, 0.9, (0, 0, -1, 0), is_rooted=False, lowest=1, highest=5),
    "churn_risk_score": Behaviour(0.45, 0.15, (0, -1, 1, 0), is_rooted=False, decimals=2, highest=1),
    "engagement_score": Behaviour(55, 13, (-1, 1, 0, 0), is_rooted=False, decimals=2, highest=100),
}
OUTLIER_FIGURES = (
    "sessions_per_week",
    "avg_session_duration_min",
    "daily_active_minutes",
    "feature_clicks_per_session",
    "notifications_opened_per_week",
    "in_app_search_count",
    "crash_events_last_30_days",
    "support_tickets_raised",
    "ads_clicked_last_30_days",
    "content_downloads",
    "social_shares",
)

SUBSCRIPTIONS = ("Free", "Basic", "Premium")
SUBSCRIPTION_SHARES: Mapping[str, tuple[float, float, float]] = {
    "casual": (0.70, 0.22, 0.08),
    "power": (0.25, 0.35, 0.40),
    "at_risk": (0.55, 0.33, 0.12),
    "explorer": (0.45, 0.35, 0.20),
}
# what depends on nothing, with the shares of the levels
PLAIN_ATTRIBUTES: Mapping[str, Mapping[str, float]] = {
    "country": {"USA": 0.40, "India": 0.25, "UK": 0.15, "Germany": 0.12, "Canada": 0.08},
    "device_type": {"Android": 0.60, "iOS": 0.40},
    "app_version": {"2.0": 0.20, "2.1": 0.30, "3.0": 0.50},
    "marketing_source": {"Organic": 0.35, "Ads": 0.25, "Referral": 0.15, "Social Media": 0.15, "Email Campaign": 0.10},
}
USAGE_COLUMNS = (
    "user_id",
    "age",
    "gender",
    "country",
    "device_type",
    "app_version",
    "sessions_per_week",
    "avg_session_duration_min",
    "daily_active_minutes",
    "feature_clicks_per_session",
    "notifications_opened_per_week",
    "in_app_search_count",
    "pages_viewed_per_session",
    "crash_events_last_30_days",
    "support_tickets_raised",
    "days_since_last_login",
    "subscription_type",
    "ads_clicked_last_30_days",
    "content_downloads",
    "social_shares",
    "rating_given",
    "churn_risk_score",
    "engagement_score",
    "account_age_days",
    "marketing_source",
)

# their users have no other row, so that it is these rows that leave them without usage
WRONG_NUMBERS: Mapping[str, tuple[str, str]] = {
    "unparsable_number": ("sessions_per_week", "many"),
    "infinite_number": ("avg_session_duration_min", "inf"),
    "negative_number": ("crash_events_last_30_days", "-3"),
}
FEWEST_WITHOUT_USAGE = len(WRONG_NUMBERS)
CONTRADICTING_VERSION = "1.9"  # of no good row

# Raw rows that a delivery should not have, per file and kind.
TELEMETRY_DIRTY_ROWS: Mapping[str, Mapping[str, int]] = {
    "app_usage": {
        "exact_duplicate": 2,
        "contradicting_row": 1,
        **dict.fromkeys(WRONG_NUMBERS, 1),
        "empty_id": 1,
        "usage_without_account": 1,
        "truncated_line": 1,
    },
}


def archetypes(users: pd.DataFrame, seed: int = SEED) -> pd.Series:
    """Draws the hidden archetype of all users: the persona, but power for some of the casual ones.

    Only one user in eight has the persona power; with these, every archetype has more than 15 % of the users.

    Parameters
    ----------
    users
        The population, or any frame with a persona.
    seed
        Of the stream.

    Returns
    -------
    One of `ARCHETYPES` for each user, indexed as `users`.
    """
    becomes_power = stream(seed, "usage archetypes").random(len(users)) < USAGE_TRUTH.casual_as_power
    return users["persona"].mask((users["persona"] == "casual") & becomes_power, "power").rename("archetype")


def usage(users: pd.DataFrame, seed: int = SEED) -> pd.DataFrame:
    """Draws the usage of all users, and which of them the raw table has.

    Parameters
    ----------
    users
        The population, or any frame with user_id, persona and sign_up_day.
    seed
        Of the streams for profiles and usage.

    Returns
    -------
    One row per user, in the order of `users`: the raw columns of app_usage; archetype; outlier_figure (the column that
    holds an outlier, missing where none does); has_usage (whether the user has a row).
    """
    n = len(users)
    people = profiles(users, seed)
    archetype = archetypes(users, seed)
    place = archetype.map({name: place for place, name in enumerate(ARCHETYPES)}).to_numpy(np.int64)
    account_age_days = CALENDAR_DAYS - 1 - users["sign_up_day"]
    drawn = users[["user_id"]].assign(
        age=people["age"].to_numpy(),
        gender=people["gender"].to_numpy(),
        **{attribute: _levels(attribute, n, seed) for attribute in PLAIN_ATTRIBUTES},
        **{figure: _figure(figure, place, seed) for figure in BEHAVIOURS},
        subscription_type=_subscriptions(place, seed),
        account_age_days=account_age_days,
        archetype=archetype,
    )
    # nobody's last login lies before the sign-up
    drawn["days_since_last_login"] = drawn["days_since_last_login"].clip(upper=account_age_days)
    is_rated = stream(seed, "usage ratings").random(n) >= USAGE_TRUTH.no_rating_share
    drawn["rating_given"] = drawn["rating_given"].astype("Int64").where(is_rated)
    n_left_out = max(round(USAGE_TRUTH.no_usage_share * n), FEWEST_WITHOUT_USAGE)
    left_out = stream(seed, "users without usage").choice(n, n_left_out, replace=False)
    drawn = _with_outliers(drawn, seed).assign(has_usage=~np.isin(np.arange(n), left_out))
    return drawn[[*USAGE_COLUMNS, "archetype", "outlier_figure", "has_usage"]]


def _levels(attribute: str, n: int, seed: int) -> list[str]:
    """Draws the level of one plain attribute for n users."""
    levels, shares = zip(*PLAIN_ATTRIBUTES[attribute].items(), strict=True)
    position = stream(seed, f"usage {attribute}").choice(len(levels), n, p=shares)
    return [levels[k] for k in position]


def _figure(figure: str, place: Ints, seed: int) -> Floats | Ints:
    """Draws one figure; place (n,) is that of each user's archetype in `ARCHETYPES`."""
    behaviour = BEHAVIOURS[figure]
    mean = USAGE_TRUTH.archetype_shift * np.array(behaviour.directions)[place]
    change = behaviour.spread * stream(seed, f"usage {figure}").normal(mean)
    values = np.maximum(np.sqrt(behaviour.typical) + change, 0.0) ** 2 if behaviour.is_rooted else behaviour.typical + change
    rounded: Floats = np.round(np.clip(values, behaviour.lowest, behaviour.highest), behaviour.decimals)
    return rounded.astype(np.int64) if behaviour.decimals == 0 else rounded


def _subscriptions(place: Ints, seed: int) -> list[str]:
    """Draws the subscription; place (n,) is that of each user's archetype in `ARCHETYPES`."""
    up_to = np.array([SUBSCRIPTION_SHARES[name] for name in ARCHETYPES]).cumsum(axis=1)[place]
    uniform = stream(seed, "usage subscriptions").random(len(place))
    return [SUBSCRIPTIONS[k] for k in (uniform[:, None] >= up_to[:, :-1]).sum(axis=1)]


def _with_outliers(drawn: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Puts an outlier into one figure of some users, and adds outlier_figure."""
    rng = stream(seed, "usage outliers")
    chosen = rng.choice(len(drawn), round(USAGE_TRUTH.outlier_share * len(drawn)), replace=False)
    outlier_figure = pd.Series(None, index=drawn.index, dtype=object)
    outlier_figure.iloc[chosen] = [OUTLIER_FIGURES[k] for k in rng.integers(len(OUTLIER_FIGURES), size=len(chosen))]
    outliers = {
        figure: drawn[figure].mask(outlier_figure == figure, round(USAGE_TRUTH.outlier_factor * BEHAVIOURS[figure].typical))
        for figure in OUTLIER_FIGURES
    }
    return drawn.assign(**outliers, outlier_figure=outlier_figure)


def telemetry_tables(users: pd.DataFrame, seed: int = SEED) -> dict[str, pd.DataFrame]:
    """Turns the population into the raw table of the source `telemetry`, without dirty rows.

    Parameters
    ----------
    users
        The population.
    seed
        Of the streams for profiles and usage.

    Returns
    -------
    `app_usage` (one row per user who has one, by id), in the raw columns.
    """
    drawn = usage(users, seed)
    return {"app_usage": drawn.loc[drawn["has_usage"], list(USAGE_COLUMNS)].reset_index(drop=True)}


def telemetry_lines(tables: Mapping[str, pd.DataFrame], seed: int = SEED) -> dict[str, list[str]]:
    """Renders the raw table of the source as CSV lines, header first, with the dirty rows at seeded positions.

    Parameters
    ----------
    tables
        `app_usage`, as `telemetry_tables` returns it, and the `users` of `product_tables`.
    seed
        Of the dirty rows.
    """
    user_ids = tables["users"]["object_id"]
    return {
        "app_usage": _with_dirty_usage(
            csv_lines(tables["app_usage"]),
            without_usage=user_ids[~user_ids.isin(tables["app_usage"]["user_id"])].tolist(),
            # neither the user who logs in without an account nor the one who acts without
            without_account=len(user_ids) + ID_OFFSET_WITHOUT_ACCOUNT + 2,
            rng=stream(seed, "dirty app_usage"),
        )
    }


def _with_dirty_usage(lines: list[str], without_usage: list[int], without_account: int, rng: np.random.Generator) -> list[str]:
    """Adds the dirty rows of app_usage.csv; the truncated line is the last one, cut after its subscription.

    Parameters
    ----------
    lines
        The file, header first, rows by id.
    without_usage
        User ids without usage, three at least.
    without_account
        The user id that has usage but no account.
    rng
        Of the positions and of the rows that the dirty ones resemble.
    """
    counts = TELEMETRY_DIRTY_ROWS["app_usage"]
    mistakes: dict[str, dict[str, str]] = {
        "exact_duplicate": {},
        "contradicting_row": {"app_version": CONTRADICTING_VERSION},
        "empty_id": {"user_id": ""},
        "usage_without_account": {"user_id": str(without_account)},
    }
    for user_id, (kind, (figure, wrong_number)) in zip(without_usage, WRONG_NUMBERS.items(), strict=False):
        mistakes[kind] = {"user_id": str(user_id), figure: wrong_number}
    kinds = [kind for kind in mistakes for _ in range(counts[kind])]
    templates = rng.choice(np.arange(1, len(lines)), len(kinds), replace=False).tolist()
    dirty = []
    for kind, template in zip(kinds, templates, strict=True):
        row = dict(zip(USAGE_COLUMNS, lines[template].split(","), strict=True)) | mistakes[kind]
        dirty.append((int(rng.integers(1, len(lines) + 1)), ",".join(row.values())))
    columns_left = USAGE_COLUMNS.index("subscription_type") + 1
    truncated = ",".join(lines[-1].split(",")[:columns_left])
    return inserted(lines, dirty) + [truncated] * counts["truncated_line"]
