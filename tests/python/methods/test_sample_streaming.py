"""The plays in the sample data hold the skip effects and the other truths that its README states."""

import re
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.stats import chi2, chi2_contingency
from sklearn.metrics import roc_auc_score

from sample_data.common import csv_fields
from sample_data.generate import LISTENING_TRUTH, SEED, SKIP_TRUTH, USERS, population
from sample_data.population import PERSONAS, SOURCE_SHARES, SOURCES
from sample_data.streaming import (
    ARTISTS,
    FIRST_REASONS,
    HAZARD_DAYS,
    LENGTH_LIMITS,
    LENGTH_SECONDS,
    NEXT_REASONS,
    PLATFORM_SHARES,
    PLATFORM_SPELLINGS,
    PLAY_COLUMNS,
    SKIPPED_BY,
    TRACKS,
    catalogue,
    listeners,
    plays,
    streaming_lines,
)

FOLDER = Path(__file__).parents[3] / "sample_data"
DRAWS = [(SEED, USERS), (11, 1_200), (4, 100)]
FULL_DRAWS = [(seed, USERS) for seed in range(1, 4)]
MANY = 100_000
YEAR_ENDS = pd.Timestamp("2026-01-01")


@cache
def people(seed: int, n_users: int) -> pd.DataFrame:
    """One population."""
    return population(seed, n_users)


@cache
def drawn(seed: int, n_users: int) -> pd.DataFrame:
    """The drawn plays, with the time at which each started."""
    played = plays(people(seed, n_users), seed)
    return played.assign(started_at=played["ts"] - pd.to_timedelta(played["ms_played"], unit="ms"))


@cache
def read(seed: int, n_users: int) -> pd.DataFrame:
    """What a careful reader finds in the raw lines: the plays of accounts within the year, nothing stated otherwise or missing.

    Of several rows of one user, track and time the longest play holds.
    """
    accounts = people(seed, n_users)[["user_id"]].rename(columns={"user_id": "object_id"})
    raw_columns = {"plays": drawn(seed, n_users)[list(PLAY_COLUMNS)], "users": accounts}
    header, *lines = streaming_lines(raw_columns, seed)["plays"]
    assert csv_fields(header) == list(PLAY_COLUMNS)
    rows = [fields for fields in map(csv_fields, lines) if len(fields) == len(PLAY_COLUMNS)]
    stated = pd.DataFrame(rows, columns=PLAY_COLUMNS)
    stated = stated[(stated["spotify_track_uri"] != "") & (stated["skipped"] != "")]
    stated = stated.assign(
        user_id=pd.to_numeric(stated["user_id"]),
        ts=pd.to_datetime(stated["ts"], format="%Y-%m-%dT%H:%M:%SZ", errors="coerce"),
        ms_played=pd.to_numeric(stated["ms_played"], errors="coerce"),
        shuffle=stated["shuffle"] == "True",
        skipped=stated["skipped"] == "True",
    )
    stated = stated[stated["user_id"].isin(accounts["object_id"]) & (stated["ts"] < YEAR_ENDS) & stated["ms_played"].between(0, 86_400_000)]
    longest_first = stated.sort_values(["ts", "user_id", "ms_played"], ascending=[True, True, False])
    return longest_first.drop_duplicates(["ts", "user_id", "spotify_track_uri"]).astype({"user_id": int, "ms_played": int})


@cache
def invented(seed: int) -> pd.DataFrame:
    """The listeners among very many users, whose sources and personas are apart from each other."""
    rng = np.random.default_rng(seed)
    users = pd.DataFrame(
        {
            "user_id": np.arange(1, MANY + 1),
            "sign_up_day": np.sort(rng.integers(0, 365, MANY)),
            "creation_source": rng.choice(np.array(SOURCES, dtype=object), MANY, p=SOURCE_SHARES),
            "persona": rng.choice(np.array(PERSONAS, dtype=object), MANY),
        }
    )
    return listeners(users, seed)


def skip_design(played: pd.DataFrame) -> pd.DataFrame:
    """The true covariates of a skip but for the listener, with the intercept."""
    columns = {
        "intercept": np.ones(len(played)),
        "shuffle": played["shuffle"],
        "minute": played["length_ms"] / 60_000 - 3.5,
        "night": played["started_at"].dt.hour < 6,
    }
    families = {family: played["platform_family"] == family for family in list(SKIP_TRUTH.skip_platform)[1:]}
    reasons = {reason: played["reason_start"] == reason for reason in list(SKIP_TRUTH.skip_reason_start)[1:]}
    return pd.DataFrame(columns | families | reasons).astype(float)


def skip_truth() -> pd.Series:
    """The planted value of each column of `skip_design`."""
    effects = {
        "intercept": SKIP_TRUTH.skip_intercept,
        "shuffle": SKIP_TRUTH.skip_shuffle,
        "minute": SKIP_TRUTH.skip_minute,
        "night": SKIP_TRUTH.skip_night,
    }
    references = {"android", "trackdone"}
    levels = {**SKIP_TRUTH.skip_platform, **SKIP_TRUTH.skip_reason_start}
    return pd.Series(effects | {level: effect for level, effect in levels.items() if level not in references})


@pytest.mark.parametrize(("seed", "n_users"), DRAWS)
def test_plays_realise_the_draw(seed: int, n_users: int) -> None:
    """Read from the raw lines: every play that was drawn, and no other."""
    expected = drawn(seed, n_users)[list(PLAY_COLUMNS)]
    stated = read(seed, n_users).reset_index(drop=True)
    pd.testing.assert_frame_equal(stated, expected.astype(stated.dtypes))


def test_the_committed_size_is_as_intended() -> None:
    """About 40,000 plays in less than 6 MB, about 900 listeners, about 42 % skipped, far more than 1,500 skips in the last quarter."""
    played = read(SEED, USERS)
    assert 38_000 < len(played) < 45_000
    assert (FOLDER / "plays.csv").stat().st_size < 6_000_000
    assert len(listeners(people(SEED, USERS))) == 900
    assert 700 < played["user_id"].nunique() <= 900
    assert abs(played["skipped"].mean() - 0.42) < 0.015
    assert played["skipped"][played["ts"] >= played["ts"].quantile(0.75)].sum() > 3_000
    per_user = played["user_id"].value_counts()
    assert per_user.iloc[0] > 5 * per_user.iloc[1]


@pytest.mark.parametrize(("seed", "n_users"), DRAWS)
def test_columns_keep_their_kinds(seed: int, n_users: int) -> None:
    """Addresses, spellings and reasons are the stated ones; a skip ends before the track does."""
    played = drawn(seed, n_users)
    assert played["spotify_track_uri"].str.fullmatch("[0-9A-Za-z]{22}").all()
    for family, spellings in PLATFORM_SPELLINGS.items():
        assert set(played.loc[played["platform_family"] == family, "platform"]) <= set(spellings), family
    assert set(played["reason_start"]) == set(SKIP_TRUTH.skip_reason_start)
    assert set(played.loc[played["skipped"], "reason_end"]) == set(SKIPPED_BY)
    assert set(played.loc[~played["skipped"], "reason_end"]) == {"trackdone", "endplay", "logout"}
    assert played["ms_played"].between(1, played["length_ms"]).all()
    is_whole = played["reason_end"] == "trackdone"
    assert (played["ms_played"] < played["length_ms"])[~is_whole].all()
    assert played["ms_played"][is_whole].ge(played["length_ms"][is_whole] - 5_000).all()
    assert (played["ms_played"] < 30_000)[played["skipped"]].mean() > 0.5
    assert played["ms_played"].min() > 0


def test_every_level_occurs_often() -> None:
    """In the committed size: each hour, spelling and reason has a hundred plays, and each track has some."""
    played = drawn(SEED, USERS)
    for values in (played["platform"], played["reason_start"], played["reason_end"], played["started_at"].dt.hour):
        assert values.value_counts().min() > 100, values.name
    assert played["started_at"].dt.hour.nunique() == 24
    assert played["spotify_track_uri"].nunique() == TRACKS
    assert set(played["platform"]) == {spelling for spellings in PLATFORM_SPELLINGS.values() for spelling in spellings}


def test_the_catalogue_is_as_stated() -> None:
    """Distinct addresses and names, all artists, typical lengths, and plays that go with the popularity."""
    tracks = catalogue()
    assert len(tracks) == TRACKS
    assert tracks["spotify_track_uri"].is_unique
    assert tracks["track_name"].is_unique
    assert tracks["artist_name"].nunique() == ARTISTS
    assert tracks.groupby("artist_name")["album_name"].nunique().max() == 2
    assert tracks["length_ms"].between(*(1_000 * limit for limit in LENGTH_LIMITS)).all()
    assert abs(tracks["length_ms"].median() / 1_000 - LENGTH_SECONDS) < 10
    begun = drawn(SEED, USERS)["spotify_track_uri"].value_counts().reindex(tracks["spotify_track_uri"]).to_numpy()
    expected = begun.sum() * tracks["popularity"].to_numpy()
    assert chi2.sf(((begun - expected) ** 2 / expected).sum(), TRACKS - 1) > 0.001


def test_lengths_are_found_again() -> None:
    """The median of the plays to the end is the length of at least 99 tracks in 100."""
    played = read(SEED, USERS)
    found = played[played["reason_end"] == "trackdone"].groupby("spotify_track_uri")["ms_played"].median()
    lengths = catalogue().set_index("spotify_track_uri")["length_ms"]
    assert (found.reindex(lengths.index) == lengths).mean() >= 0.99


@pytest.mark.parametrize(("seed", "n_users"), DRAWS)
def test_plays_follow_each_other(seed: int, n_users: int) -> None:
    """Nobody hears two tracks at once, before the sign-up or after the year; the start's reason follows from the play before."""
    played = drawn(seed, n_users).sort_values(["user_id", "ts"])
    assert played["ts"].max() < YEAR_ENDS
    of_user, of_session = played.groupby("user_id"), played.groupby("session")
    assert (played["started_at"] >= of_user["ts"].shift().fillna(pd.Timestamp(0))).all()
    created_at = people(seed, n_users).set_index("user_id")["created_at"].loc[played["user_id"]]
    assert (played["started_at"].to_numpy() >= created_at.to_numpy()).all()
    assert (played["position"] == of_session.cumcount()).all()

    is_first = played["position"] == 0
    assert set(played.loc[is_first, "reason_start"]) == set(FIRST_REASONS)
    assert (played["reason_start"] == of_session["reason_end"].shift().map(dict(NEXT_REASONS)))[~is_first].all()
    assert (played["hour"] == played["started_at"].dt.hour).all()
    for column in ("user_id", "platform", "shuffle"):
        assert of_session[column].nunique().eq(1).all(), column


@pytest.mark.parametrize(("seed", "n_users"), FULL_DRAWS)
def test_a_regression_recovers_the_skip_effects(seed: int, n_users: int) -> None:
    """Given the listeners' effects all coefficients together agree with the truth, with those of what has no effect among them."""
    played = drawn(seed, n_users)
    users = people(seed, n_users).set_index("user_id").loc[played["user_id"]]
    popularity = catalogue(seed).set_index("spotify_track_uri")["popularity"].loc[played["spotify_track_uri"]]
    design = skip_design(played).assign(
        weekend=(played["started_at"].dt.day_of_week >= 5).to_numpy(float),
        adopter=users["adoption_day"].notna().to_numpy(float),
        opted_in=users["opted_in_to_mailing_list"].to_numpy(float),
        popularity=np.log(popularity).to_numpy(),
        position=played["position"].to_numpy(float),
    )
    fit = sm.GLM(played["skipped"].astype(float), design, family=sm.families.Binomial(), offset=played["skip_effect"]).fit()
    truth = skip_truth().reindex(design.columns, fill_value=0.0)
    truth["intercept"] = SKIP_TRUTH.skip_intercept
    error = fit.params - truth
    assert chi2.sf(error @ np.linalg.solve(fit.cov_params(), error), len(error)) > 0.001, error / fit.bse
    found = (fit.params / fit.bse).abs()[truth.abs() >= 0.2]
    assert (found > 2).all(), found


@pytest.mark.parametrize(("seed", "n_users"), FULL_DRAWS)
def test_probabilities_are_those_of_the_skips(seed: int, n_users: int) -> None:
    """In each tenth of the probabilities the share of skips is theirs, and they order plays with an AUC near 0.71."""
    played = drawn(seed, n_users)
    probability = played["skip_probability"]
    tenth = pd.qcut(probability, 10, labels=False)
    error = (played["skipped"] - probability).groupby(tenth).sum() / np.sqrt((probability * (1 - probability)).groupby(tenth).sum())
    assert chi2.sf((error**2).sum(), 10) > 0.001, error
    assert abs(roc_auc_score(played["skipped"], probability) - 0.71) < 0.02


def test_listeners_have_their_shares() -> None:
    """Heavy listeners by persona, chances of listening, effects on skips and platforms, on 30,000 listeners."""
    found = invented(SEED)
    assert len(found) == LISTENING_TRUTH.listener_share * MANY
    assert found["is_devoted"].tolist() == [True] + [False] * (len(found) - 1)
    assert np.isinf(found["stay_days"]).tolist() == found["is_devoted"].tolist()
    for persona, share in LISTENING_TRUTH.heavy_share.items():
        is_heavy = found.loc[found["persona"] == persona, "is_heavy"]
        assert abs(is_heavy.mean() - share) < 4 * np.sqrt(share * (1 - share) / len(is_heavy)), persona
    for is_heavy, typical in ((False, LISTENING_TRUTH.light_days), (True, LISTENING_TRUTH.heavy_days)):
        log_days = np.log(found.loc[found["is_heavy"] == is_heavy, "listening_days"])
        assert abs(log_days.median() - np.log(typical)) < 5 * LISTENING_TRUTH.days_sd / np.sqrt(len(log_days)), is_heavy
    assert abs(found["skip_effect"].std() - SKIP_TRUTH.listener_sd) < 4 * SKIP_TRUTH.listener_sd / np.sqrt(2 * len(found))
    for family, share in PLATFORM_SHARES.items():
        assert abs((found["platform_family"] == family).mean() - share) < 4 * np.sqrt(share * (1 - share) / len(found)), family


def test_listeners_leave_with_the_planted_hazard() -> None:
    """Leavings per 28 days in each source, of light and of heavy listeners, as far as the calendar reaches; on 30,000 listeners."""
    found = invented(SEED).query("not is_devoted")
    observed = 365 - found["sign_up_day"]
    groups = pd.DataFrame(
        {
            "source": found["creation_source"],
            "is_heavy": found["is_heavy"],
            "leavings": found["stay_days"] < observed,
            "periods": np.minimum(found["stay_days"], observed) / HAZARD_DAYS,
        }
    ).groupby(["source", "is_heavy"])
    for (source, is_heavy), (leavings, periods) in groups[["leavings", "periods"]].sum().iterrows():
        hazard = LISTENING_TRUTH.leave_hazard * np.exp(LISTENING_TRUTH.leave_source[source] + LISTENING_TRUTH.leave_heavy * is_heavy)
        assert abs(np.log(leavings / periods / hazard)) < 4 / np.sqrt(leavings), (source, is_heavy)


@pytest.mark.parametrize(("seed", "n_users"), DRAWS)
def test_who_has_left_plays_no_more(seed: int, n_users: int) -> None:
    """The first play of every session lies between the sign-up and the day of leaving."""
    users = people(seed, n_users)
    stay_days = listeners(users, seed).set_index("user_id")["stay_days"]
    first = drawn(seed, n_users).query("position == 0")
    signed_up_on = users.set_index("user_id")["created_at"].dt.normalize().loc[first["user_id"]]
    day = (first["started_at"].dt.normalize().to_numpy() - signed_up_on.to_numpy()) // np.timedelta64(1, "D")
    assert (day <= stay_days.loc[first["user_id"]].to_numpy()).all()


def test_leaving_shows_in_the_committed_plays() -> None:
    """Of the listeners of the first nine months, those with personal projects are silent in December more often (p below 0.01)."""
    users = people(SEED, USERS).set_index("user_id")
    last_play = read(SEED, USERS).groupby("user_id")["ts"].max()
    early = users.loc[last_play.index].query("created_at < '2025-10-01'")
    is_silent = last_play.loc[early.index] < pd.Timestamp("2025-12-01")
    table = pd.crosstab(early["creation_source"] == "PERSONAL_PROJECTS", is_silent)
    assert chi2_contingency(table).pvalue < 0.01
    rates = table[True] / table.sum(axis=1)
    assert rates[True] > rates[False]


def test_listening_is_apart_from_adoption_and_logins() -> None:
    """Adopters listen as others do, and most days with a play have no login."""
    users = people(SEED, USERS)
    is_listener = users["user_id"].isin(listeners(users)["user_id"])
    assert chi2_contingency(pd.crosstab(is_listener, users["adoption_day"].notna())).pvalue > 0.001
    login_days = {
        (user_id, created_at.normalize() + pd.Timedelta(days=day))
        for user_id, created_at, days in users[["user_id", "created_at", "active_days"]].itertuples(index=False)
        for day in days
    }
    play_days = set(zip(drawn(SEED, USERS)["user_id"], drawn(SEED, USERS)["ts"].dt.normalize(), strict=True))
    assert 0.5 < len(play_days - login_days) / len(play_days) < 0.98


def test_readme_states_the_plays() -> None:
    """Platforms with their shares and spellings, and the best AUC, of all plays and of the last quarter."""
    readme = (FOLDER / "README.md").read_text()
    played = drawn(SEED, USERS)
    for family, share in PLATFORM_SHARES.items():
        spellings = ", ".join(f"`{spelling}`" for spelling in PLATFORM_SPELLINGS[family])
        assert f"| {family} | {share:.2f} | {spellings} |" in readme
    last_quarter = played[played["started_at"] >= played["started_at"].quantile(0.75)]
    best = [roc_auc_score(part["skipped"], part["skip_probability"]) for part in (played, last_quarter)]
    stated = re.search(r"AUC of (0\.\d+) on all plays and of (0\.\d+) on the last\squarter", readme)
    assert stated is not None
    assert [float(auc) for auc in stated.groups()] == [round(auc, 3) for auc in best]
