"""Data with and without groups on which the rule that looks for groups is tried: standardised features, shape (users, features)."""

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tests.python.warehouse import PROJECT

Array = NDArray[np.float64]
Scenario = Callable[[np.random.Generator], Array]

USERS = 2000
APP_USAGE = Path(os.environ.get("REFERENCE_DATA_DIR", PROJECT.parent / "shared" / "reference")) / "app_usage" / "app_usage.csv"
CAPPED = (
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
OTHERS = (
    "pages_viewed_per_session",
    "days_since_last_login",
    "rating_given",
    "churn_risk_score",
    "engagement_score",
    "account_age_days",
)
SHIFT = 1.35


def framed(matrix: Array) -> tuple[pd.DataFrame, list[str]]:
    """The frame of a matrix, as the methods take it, and the names of its features."""
    features = [f"feature_{number:02d}" for number in range(matrix.shape[1])]
    places = np.arange(1, len(matrix) + 1)
    return pd.DataFrame(matrix, columns=features).assign(place=places, user_id=1000 + places), features


def standardised(matrix: Array) -> Array:
    """Columns that vary, with mean 0 and standard deviation 1."""
    varying = matrix[:, np.ptp(matrix, axis=0) > 0]
    return np.asarray((varying - varying.mean(axis=0)) / varying.std(axis=0))


def prepared(users: pd.DataFrame) -> pd.DataFrame:
    """Usage with medians for what is missing, capped 1.5 quartile ranges beyond the quartiles where these differ."""
    filled = users[[*CAPPED, *OTHERS]].fillna(users[[*CAPPED, *OTHERS]].median())
    low, high = filled.quantile(0.25), filled.quantile(0.75)
    reach = 1.5 * (high - low)
    capped = [column for column in CAPPED if reach[column] > 0]
    return filled.assign(**{column: filled[column].clip(low[column] - reach[column], high[column] + reach[column]) for column in capped})


@cache
def app_usage() -> Array:
    """All users of the reference data; columns are independent of each other."""
    return standardised(prepared(pd.read_csv(APP_USAGE)).to_numpy(dtype=np.float64))


def usage(generator: np.random.Generator) -> Array:
    """Users of the reference data where these are at hand, else of independent columns of the same kinds."""
    if APP_USAGE.is_file():
        return standardised(generator.permutation(app_usage())[:USERS])
    counts = generator.poisson([5, 10, 6, 4, 3, 0.2, 1, 2, 1, 5], (USERS, 10))
    minutes = np.minimum(generator.exponential([10, 40], (USERS, 2)), [35, 140])
    ratings = np.where(generator.random((USERS, 1)) < 0.1, 3, generator.integers(1, 6, (USERS, 1)))
    uniform = generator.uniform(0, [30, 1, 1800], (USERS, 3)).round(1)
    return standardised(np.hstack([counts, minutes, ratings, uniform, generator.normal(50, 15, (USERS, 1))]))


def box(generator: np.random.Generator) -> Array:
    """Uniform numbers."""
    return standardised(generator.uniform(size=(USERS, 8)))


def correlated(generator: np.random.Generator) -> Array:
    """Normal numbers with three common factors."""
    loadings = generator.normal(size=(3, 12))
    return standardised(generator.normal(size=(USERS, 3)) @ loadings + generator.normal(size=(USERS, 12)))


def activity(generator: np.random.Generator) -> Array:
    """Counts that all rise with how active a user is, which is a matter of degree."""
    level = generator.normal(size=(USERS, 1))
    return standardised(generator.poisson(np.exp(1.5 + generator.uniform(0.3, 0.6, 12) * level)).astype(np.float64))


def heavy_tails(generator: np.random.Generator) -> Array:
    """Student's t with three degrees of freedom."""
    return standardised(generator.standard_t(3, size=(USERS, 10)))


def flags(generator: np.random.Generator) -> Array:
    """Yes and no, more or less often, correlated."""
    latent = 0.5 * generator.normal(size=(USERS, 1)) + generator.normal(size=(USERS, 12))
    return standardised((latent > generator.uniform(-1, 1.2, 12)).astype(np.float64))


def curve(generator: np.random.Generator) -> Array:
    """Users along a bent line, most of them half-way."""
    place = generator.normal(size=(USERS, 1))
    bent = np.hstack([place, place**2]) @ generator.normal(size=(2, 8))
    return standardised(bent + 0.5 * generator.normal(size=bent.shape))


def skewed(generator: np.random.Generator) -> Array:
    """Exponentials of correlated normal numbers."""
    return standardised(np.exp(0.8 * (generator.normal(size=(USERS, 10)) + 0.5 * generator.normal(size=(USERS, 1)))))


def members(generator: np.random.Generator, shares: list[float]) -> NDArray[np.int64]:
    """Groups of users, in random order, as large as their shares."""
    return generator.permutation(np.repeat(np.arange(len(shares)), np.round(np.array(shares) * USERS).astype(int)))


def archetypes(generator: np.random.Generator, groups: int, features: int, shifted: int) -> Array:
    """Mean of each feature in each group: every group is up or down on so many features of its own choice."""
    means = np.zeros((groups, features))
    for group in range(groups):
        means[group, generator.choice(features, shifted, replace=False)] = SHIFT * generator.choice([-1, 1], shifted)
    return means


def two(generator: np.random.Generator) -> Array:
    """Two equal groups that differ in all of six features by two shifts."""
    shifts = np.array([[1.0], [-1.0]])[members(generator, [0.5, 0.5])] * SHIFT * np.array([1, 1, 1, -1, -1, -1])
    return standardised(shifts + generator.normal(size=shifts.shape))


def three(generator: np.random.Generator) -> Array:
    """Three equal groups."""
    means = archetypes(generator, 3, 12, 6)[members(generator, [0.334, 0.333, 0.333])]
    return standardised(means + generator.normal(size=means.shape))


def four(generator: np.random.Generator) -> Array:
    """Four archetypes in 17 features."""
    means = archetypes(generator, 4, 17, 7)[members(generator, [0.35, 0.3, 0.2, 0.15])]
    return standardised(means + generator.normal(size=means.shape))


def five(generator: np.random.Generator) -> Array:
    """Five equal groups."""
    means = archetypes(generator, 5, 15, 8)[members(generator, [0.2] * 5)]
    return standardised(means + generator.normal(size=means.shape))


def unequal(generator: np.random.Generator) -> Array:
    """Groups of 70, 20 and 10 % of the users."""
    means = archetypes(generator, 3, 12, 8)[members(generator, [0.7, 0.2, 0.1])]
    return standardised(means + generator.normal(size=means.shape))


def counts(generator: np.random.Generator) -> Array:
    """Whole numbers whose rates differ between three groups."""
    rates = np.exp(1.5 + 0.6 * archetypes(generator, 3, 12, 8))[members(generator, [0.4, 0.3, 0.3])]
    return standardised(generator.poisson(rates).astype(np.float64))


def tails_within(generator: np.random.Generator) -> Array:
    """Three groups within which tails are heavy."""
    means = archetypes(generator, 3, 12, 7)[members(generator, [0.4, 0.3, 0.3])]
    return standardised(means + generator.standard_t(5, size=means.shape) / np.sqrt(5 / 3))


def beside_activity(generator: np.random.Generator) -> Array:
    """Four archetypes of users who are more or less active."""
    means = archetypes(generator, 4, 16, 8)[members(generator, [0.25] * 4)]
    level = generator.normal(size=(USERS, 1)) * generator.uniform(0.2, 0.5, 16)
    return standardised(means + level + generator.normal(size=means.shape))


GROUPLESS: dict[str, Scenario] = {
    "usage": usage,
    "box": box,
    "correlated": correlated,
    "activity": activity,
    "heavy_tails": heavy_tails,
    "flags": flags,
    "curve": curve,
    "skewed": skewed,
}
# with the number of groups
GROUPED: dict[str, tuple[Scenario, int]] = {
    "two": (two, 2),
    "three": (three, 3),
    "four": (four, 4),
    "five": (five, 5),
    "unequal": (unequal, 3),
    "counts": (counts, 3),
    "tails_within": (tails_within, 3),
    "beside_activity": (beside_activity, 4),
}
