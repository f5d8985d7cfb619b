"""The raw table of the source `streaming`: what some users listened to, play by play.

A part of the users listens, whether they adopt or not; of the rest of the population only the id, the sign-up, the creation
source, the persona and the peak hour are used. Whether a play is skipped depends on what is known when it starts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product
from string import ascii_letters, digits

import numpy as np
import numpy.typing as npt
import pandas as pd

from sample_data.common import (
    CALENDAR_DAYS,
    DAY_SECONDS,
    FIRST_DAY,
    ID_OFFSET_WITHOUT_ACCOUNT,
    SEED,
    UNPARSABLE_TIME,
    Bools,
    Floats,
    Ints,
    activity_times,
    csv_fields,
    csv_line,
    csv_lines,
    inserted,
    sigmoid,
    stream,
)

Texts = npt.NDArray[np.object_]


@dataclass(frozen=True)
class ListeningTruth:
    """The planted parameters of who listens, how much, and how long.

    Attributes
    ----------
    listener_share
        Of the users.
    heavy_share
        Of the listeners of each persona: those who are heavy.
    light_days, heavy_days
        Chance of listening on a day, of a typical light and a typical heavy listener.
    days_sd
        Standard deviation of the log of that chance between listeners of a kind.
    session_plays
        Mean number of plays of a session.
    leave_hazard
        Rate of leaving per 28 days, of a light listener with the creation source SIGNUP.
    leave_source
        Log hazard ratios, against SIGNUP.
    leave_heavy
        Log hazard ratio of heavy listeners against light ones.
    """

    listener_share: float = 0.30
    heavy_share: Mapping[str, float] = field(default_factory=lambda: {"casual": 0.15, "power": 0.45, "at_risk": 0.10, "explorer": 0.30})
    light_days: float = 0.05
    heavy_days: float = 0.18
    days_sd: float = 0.4
    session_plays: float = 4.5
    leave_hazard: float = 0.15
    leave_source: Mapping[str, float] = field(
        default_factory=lambda: {
            "GUEST_INVITE": 0.0,
            "ORG_INVITE": 0.0,
            "PERSONAL_PROJECTS": 1.1,
            "SIGNUP": 0.0,
            "SIGNUP_GOOGLE_AUTH": 0.0,
        }
    )
    leave_heavy: float = -0.8


@dataclass(frozen=True)
class SkipTruth:
    """The planted skip effects, in log odds.

    Attributes
    ----------
    skip_intercept
        Of a track of 3.5 minutes on android, after one that was played to its end, by day, in order, for a typical listener.
    skip_shuffle
        Added where the session is shuffled.
    skip_platform, skip_reason_start
        Added by family of platforms and by reason of the start.
    skip_minute
        Added for each minute of the track's length above 3.5, and taken away for each below.
    skip_night
        Added for plays that start before 06:00 UTC.
    listener_sd
        Standard deviation of the listeners' normal effect.
    """

    skip_intercept: float = -0.82
    skip_shuffle: float = 0.6
    skip_platform: Mapping[str, float] = field(default_factory=lambda: {"android": 0.0, "ios": 0.0, "windows": -0.5, "web": 0.4})
    skip_reason_start: Mapping[str, float] = field(
        default_factory=lambda: {"trackdone": 0.0, "fwdbtn": 1.0, "clickrow": -0.7, "backbtn": -0.3, "playbtn": 0.0, "appload": 0.2}
    )
    skip_minute: float = 0.25
    skip_night: float = -0.5
    listener_sd: float = 0.2


LISTENING_TRUTH = ListeningTruth()
SKIP_TRUTH = SkipTruth()
HAZARD_DAYS = 28
NIGHT_ENDS_AT = 6  # hour, UTC
TYPICAL_MINUTES = 3.5

# one listener is there from the beginning to the end, with a great deal more plays than anybody else
DEVOTED_DAYS = 0.9
DEVOTED_SESSIONS = 2
MOST_DAYS = 0.8  # of any other listener

TRACKS = 600
ARTISTS = 120
ALBUMS_PER_ARTIST = 2
POPULARITY_EXPONENT = 0.8  # of the rank, as in Zipf's law
LENGTH_SECONDS = 215.0
LENGTH_SD = 0.25  # of the log
LENGTH_LIMITS = (90.0, 480.0)
URI_LETTERS = digits + ascii_letters
URI_LENGTH = 22
# fmt: off
TRACK_WORDS = (
    ("Amber", "Blue", "Broken", "Copper", "Distant", "Early", "Empty", "Faded", "Golden", "Green", "Hidden", "Hollow", "Late",
     "Little", "Lost", "Paper", "Quiet", "Red", "Second", "Silver", "Slow", "Summer", "Velvet", "White", "Winter"),
    ("Avenue", "Bridge", "Candle", "Circle", "Dance", "Echo", "Engine", "Field", "Garden", "Harbour", "Holiday", "Lantern", "Letter",
     "Light", "Mirror", "Morning", "Ocean", "Planet", "Radio", "River", "Shadow", "Signal", "Station", "Story", "Window"),
)
ARTIST_WORDS = (
    ("Arctic", "Brass", "Cedar", "Daily", "Electric", "Foggy", "Grand", "Honest", "Iron", "Jolly", "Kind", "Lunar"),
    ("Bears", "Clouds", "Drummers", "Foxes", "Gardeners", "Herons", "Islands", "Kites", "Lakes", "Neighbours", "Pilots", "Robots"),
)
ALBUM_WORDS = (
    "Arrivals", "Basement", "Cargo", "Daybreak", "Elsewhere", "Footnotes", "Gravity", "Horizon", "Inventory", "Junction", "Kitchen",
    "Landmarks", "Margins", "Northbound", "Orbit", "Postcards", "Quarters", "Rooftops", "Seasons", "Tides",
)
PLATFORM_SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "android": ("android", "Android", "Android OS 14 API 34 (Pixel, 8)", "Android OS 12 API 31 (SM, A515F)"),
    "ios": ("ios", "iOS", "iOS 17.2 (iPhone15,3)", "iOS 16.6 (iPhone12,1)"),
    "windows": ("windows", "Windows 10 (10.0.19045; x64)"),
    "web": ("web_player", "web_player windows 10;chrome"),
}
# fmt: on
PLATFORM_SHARES: Mapping[str, float] = {"android": 0.42, "ios": 0.24, "windows": 0.20, "web": 0.14}
OTHER_DEVICE_SHARE = 0.15  # of the sessions: those whose platform is drawn anew

FIRST_REASONS: Mapping[str, float] = {"clickrow": 0.5, "playbtn": 0.3, "appload": 0.2}
SKIPPED_BY: Mapping[str, float] = {"fwdbtn": 0.80, "backbtn": 0.08, "endplay": 0.12}
NEXT_REASONS: Mapping[str, str] = {"trackdone": "trackdone", "fwdbtn": "fwdbtn", "backbtn": "backbtn", "endplay": "clickrow"}
QUICK_SKIP_SHARE = 0.6  # of the skips: those within seconds
QUICK_SKIP_SECONDS = 10.0  # mean
LONGEST_PART = 0.95  # of a track's length that is not its end
STOPPED_SHARE = 0.03  # of the plays that are not skipped: those that stop part-way
CUT_SHARE = 0.05  # of the plays to the end: those with a few seconds less
LONGEST_CUT_SECONDS = 5
LONGEST_PAUSE_SECONDS = 2  # between plays of a session

PLAY_COLUMNS = (
    "user_id",
    "spotify_track_uri",
    "ts",
    "platform",
    "ms_played",
    "track_name",
    "artist_name",
    "album_name",
    "reason_start",
    "reason_end",
    "shuffle",
    "skipped",
)

MS_PLAYED_TEXT = "long"
IMPOSSIBLE_MS = 90_000_000  # more than a day
DAY_AFTER_AS_OF = "2026-01-02"

# Raw rows that a delivery should not have, per file and kind.
STREAMING_DIRTY_ROWS: Mapping[str, Mapping[str, int]] = {
    "plays": {
        "exact_duplicate": 3,
        "negative_ms_played": 1,
        "unparsable_time": 1,
        "empty_track": 1,
        "ms_played_text": 1,
        "impossible_length": 1,
        "empty_user_id": 1,
        "truncated_line": 1,
        "same_time_and_track": 1,
        "american_time": 3,
        "skipped_missing": 2,
        "play_after_as_of": 2,
        "listener_without_account": 1,
    },
}


def catalogue(seed: int = SEED) -> pd.DataFrame:
    """Draws the tracks, the most popular one first.

    Returns
    -------
    One row per track: spotify_track_uri, track_name, artist_name, album_name, length_ms (whole milliseconds), popularity
    (share of all plays that begin).
    """
    rng = stream(seed, "catalogue")
    names, artists = ([" ".join(words) for words in product(*parts)] for parts in (TRACK_WORDS, ARTIST_WORDS))
    artist = rng.permutation(np.concatenate([np.arange(ARTISTS), rng.integers(ARTISTS, size=TRACKS - ARTISTS)]))
    albums = np.stack([rng.choice(len(ALBUM_WORDS), ALBUMS_PER_ARTIST, replace=False) for _ in range(ARTISTS)])
    album = albums[artist, rng.integers(ALBUMS_PER_ARTIST, size=TRACKS)]
    seconds = np.clip(LENGTH_SECONDS * rng.lognormal(0.0, LENGTH_SD, TRACKS), *LENGTH_LIMITS)
    weight = np.arange(1, TRACKS + 1) ** -POPULARITY_EXPONENT
    letters = rng.integers(len(URI_LETTERS), size=(TRACKS, URI_LENGTH)).tolist()
    return pd.DataFrame(
        {
            "spotify_track_uri": ["".join(URI_LETTERS[k] for k in row) for row in letters],
            "track_name": [names[k] for k in rng.choice(len(names), TRACKS, replace=False)],
            "artist_name": np.array(artists, dtype=object)[rng.choice(len(artists), ARTISTS, replace=False)][artist],
            "album_name": np.array(ALBUM_WORDS, dtype=object)[album],
            "length_ms": np.round(1_000 * seconds).astype(np.int64),
            "popularity": weight / weight.sum(),
        }
    )


def listeners(users: pd.DataFrame, seed: int = SEED) -> pd.DataFrame:
    """Draws who listens, on how many days, and until when.

    Parameters
    ----------
    users
        The population, or any frame with user_id, sign_up_day, creation_source and persona, in the order of sign-up.
    seed
        Of the stream.

    Returns
    -------
    One row per listener, in the order and with the index of `users`: user_id, sign_up_day, creation_source, persona;
    is_devoted (the first listener, who never leaves); is_heavy; listening_days (chance of listening on a day); leave_hazard
    (per 28 days); stay_days (from the sign-up to the moment of leaving, also beyond the end of the calendar; infinite for the
    devoted one); skip_effect (log odds); shuffle_share (of the sessions); platform_family (of most sessions); spelling_* (how
    the listener's device of each family is spelled).
    """
    rng = stream(seed, "listeners")
    truth = LISTENING_TRUTH
    chosen = np.sort(rng.choice(len(users), round(truth.listener_share * len(users)), replace=False))
    drawn = users.iloc[chosen][["user_id", "sign_up_day", "creation_source", "persona"]]
    n = len(drawn)
    is_devoted = np.arange(n) == 0
    is_heavy = (rng.random(n) < drawn["persona"].map(dict(truth.heavy_share)).to_numpy(float)) | is_devoted
    typical_days = np.where(is_heavy, truth.heavy_days, truth.light_days)
    listening_days = np.minimum(typical_days * rng.lognormal(0.0, truth.days_sd, n), MOST_DAYS)
    log_ratio = drawn["creation_source"].map(dict(truth.leave_source)).to_numpy(float) + truth.leave_heavy * is_heavy
    leave_hazard = np.where(is_devoted, 0.0, truth.leave_hazard * np.exp(log_ratio))
    patience = rng.exponential(HAZARD_DAYS, n)
    return drawn.assign(
        is_devoted=is_devoted,
        is_heavy=is_heavy,
        listening_days=np.where(is_devoted, DEVOTED_DAYS, listening_days),
        leave_hazard=leave_hazard,
        stay_days=np.divide(patience, leave_hazard, out=np.full(n, np.inf), where=~is_devoted),
        skip_effect=rng.normal(0.0, SKIP_TRUTH.listener_sd, n),
        shuffle_share=rng.beta(2.0, 2.0, n),
        platform_family=_chosen(rng, PLATFORM_SHARES, n),
        **{
            f"spelling_{family}": np.array(spellings, dtype=object)[rng.integers(len(spellings), size=n)]
            for family, spellings in PLATFORM_SPELLINGS.items()
        },
    )


def skip_probabilities(plays: pd.DataFrame) -> Floats:
    """Returns the probability that each play is skipped; (m,).

    Parameters
    ----------
    plays
        shuffle, platform_family, reason_start, length_ms, hour (of the start, UTC) and skip_effect of the listener; (m rows).
    """
    truth = SKIP_TRUTH
    return sigmoid(
        truth.skip_intercept
        + truth.skip_shuffle * plays["shuffle"].to_numpy(float)
        + plays["platform_family"].map(dict(truth.skip_platform)).to_numpy(float)
        + plays["reason_start"].map(dict(truth.skip_reason_start)).to_numpy(float)
        + truth.skip_minute * (plays["length_ms"].to_numpy(float) / 60_000 - TYPICAL_MINUTES)
        + truth.skip_night * (plays["hour"].to_numpy() < NIGHT_ENDS_AT)
        + plays["skip_effect"].to_numpy(float)
    )


def plays(users: pd.DataFrame, seed: int = SEED) -> pd.DataFrame:
    """Draws all plays, and how likely each was to be skipped.

    Parameters
    ----------
    users
        The population.
    seed
        Of the streams for tracks, listeners, sessions and plays.

    Returns
    -------
    One row per play, by its end and user: the raw columns of plays, ts as a time; session (number), position (in the session,
    from 0), platform_family, length_ms (of the track), hour (of the start, UTC), skip_effect (of the listener) and
    skip_probability.
    """
    tracks = catalogue(seed)
    sessions = _sessions(users, listeners(users, seed), seed)
    drawn = _played(_planned_plays(sessions, tracks, seed))
    drawn = drawn.join(tracks.drop(columns=["length_ms", "popularity"]), on="track").sort_values(["ts", "user_id"], ignore_index=True)
    hidden = ["session", "position", "platform_family", "length_ms", "hour", "skip_effect", "skip_probability"]
    return drawn[[*PLAY_COLUMNS, *hidden]]


def _chosen(rng: np.random.Generator, shares: Mapping[str, float], n: int) -> Texts:
    """Draws n of the names that have shares."""
    return rng.choice(np.array(list(shares), dtype=object), n, p=list(shares.values()))


def _sessions(users: pd.DataFrame, listeners: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Draws the sessions, by listener and time: until when each lasts at most, how many plays it is to have, and its device.

    Times are whole seconds since the first day of the calendar. A session ends before the listener's next one and before the
    calendar does.
    """
    rng = stream(seed, "sessions")
    # the day of the sign-up is day 0, that of leaving the last one
    n_days = np.minimum(CALENDAR_DAYS - listeners["sign_up_day"], np.floor(listeners["stay_days"]) + 1).astype(int)
    days = [np.flatnonzero(rng.random(k) < chance) for k, chance in zip(n_days, listeners["listening_days"], strict=True)]
    times = np.where(listeners["is_devoted"], DEVOTED_SESSIONS, 1)
    listener = np.repeat(np.arange(len(listeners)), [len(of_listener) * k for of_listener, k in zip(days, times, strict=True)])
    day = np.concatenate([np.repeat(of_listener, k) for of_listener, k in zip(days, times, strict=True)])
    position = users.index.get_indexer(listeners.index)[listener]
    n = len(listener)

    starts = (activity_times(rng, users, position, day) - FIRST_DAY).astype(np.int64)
    order = np.lexsort((starts, listener))
    listener, starts = listener[order], starts[order]
    of_session = listeners.iloc[listener].reset_index(drop=True)
    main_family = of_session["platform_family"].to_numpy(object)
    family = np.where(rng.random(n) < OTHER_DEVICE_SHARE, _chosen(rng, PLATFORM_SHARES, n), main_family)
    spellings = np.stack([of_session[f"spelling_{name}"].to_numpy(object) for name in PLATFORM_SPELLINGS])
    next_start = of_session.assign(starts=starts).groupby("user_id")["starts"].shift(-1, fill_value=CALENDAR_DAYS * DAY_SECONDS)
    return of_session[["user_id", "skip_effect"]].assign(
        session=np.arange(n),
        session_starts=starts,
        session_ends=next_start,
        session_plays=rng.geometric(1 / LISTENING_TRUTH.session_plays, n),
        shuffle=rng.random(n) < of_session["shuffle_share"],
        platform_family=family,
        platform=spellings[pd.Index(list(PLATFORM_SPELLINGS)).get_indexer(pd.Index(family)), np.arange(n)],
    )


def _planned_plays(sessions: pd.DataFrame, tracks: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Draws what each play is to be like, by session and position, whether it is then skipped or not, or does not begin at all."""
    rng = stream(seed, "plays")
    of_play = sessions.loc[sessions.index.repeat(sessions["session_plays"])].reset_index(drop=True)
    n = len(of_play)
    position = of_play.groupby("session").cumcount()
    is_last = position == of_play["session_plays"] - 1
    track = rng.choice(TRACKS, n, p=tracks["popularity"])
    length = tracks["length_ms"].to_numpy()[track]

    quick = 1_000 * (1 + rng.exponential(QUICK_SKIP_SECONDS, n))
    somewhere = rng.uniform(0.05, LONGEST_PART, n) * length
    skipped_ms = np.where(rng.random(n) < QUICK_SKIP_SHARE, quick, somewhere)
    is_stopped = rng.random(n) < STOPPED_SHARE
    cut_ms = np.where(rng.random(n) < CUT_SHARE, 1_000 * rng.integers(1, LONGEST_CUT_SECONDS, n, endpoint=True), 0)
    return of_play.assign(
        position=position,
        is_last=is_last,
        track=track,
        length_ms=length,
        uniform=rng.random(n),
        pause=rng.integers(0, LONGEST_PAUSE_SECONDS, n, endpoint=True),
        first_reason=_chosen(rng, FIRST_REASONS, n),
        skipped_ms=np.minimum(skipped_ms, LONGEST_PART * length).astype(np.int64),
        skipped_by=_chosen(rng, SKIPPED_BY, n),
        kept_ms=np.where(is_stopped, somewhere, length - cut_ms).astype(np.int64),
        kept_until=np.where(is_stopped, np.where(is_last, "logout", "endplay"), "trackdone").astype(object),
    )


def _played(planned: pd.DataFrame) -> pd.DataFrame:
    """Lets the planned plays happen one after the other in all sessions at once, and returns those that begin.

    A play begins only if the whole track fits into what is left of the session, so that whether it does says nothing of
    whether it is skipped.
    """
    n = len(planned)
    uniform, pause, is_last = (planned[name].to_numpy() for name in ("uniform", "pause", "is_last"))
    track_seconds = -(-planned["length_ms"].to_numpy() // 1_000)
    session_ends = planned["session_ends"].to_numpy()
    starts = planned["session_starts"].to_numpy(copy=True)
    reason_start = planned["first_reason"].to_numpy(object, copy=True)
    probability = np.full(n, np.nan)
    is_skipped: Bools = np.zeros(n, dtype=bool)
    begins: Bools = np.zeros(n, dtype=bool)

    # when each play ends and why, if it is skipped and if it is not
    ms_played: Ints = planned["kept_ms"].to_numpy(copy=True)
    reason_end: Texts = planned["kept_until"].to_numpy(object, copy=True)
    ends = np.zeros(n, dtype=np.int64)
    rows = np.flatnonzero(planned["position"] == 0)
    while len(rows):
        rows = rows[starts[rows] + track_seconds[rows] < session_ends[rows]]
        begins[rows] = True
        known = planned.iloc[rows].assign(reason_start=reason_start[rows], hour=_hour(starts[rows]))
        probability[rows] = skip_probabilities(known)
        is_skipped[rows] = uniform[rows] < probability[rows]
        skips = rows[is_skipped[rows]]
        ms_played[skips] = planned["skipped_ms"].to_numpy()[skips]
        reason_end[skips] = planned["skipped_by"].to_numpy(object)[skips]
        # the end is a whole second, so a start that is counted back from it is less than a second late: within the hour
        ends[rows] = starts[rows] - (-ms_played[rows] // 1_000)
        before = rows[~is_last[rows]]
        rows = before + 1
        starts[rows] = ends[before] + pause[rows]
        reason_start[rows] = [NEXT_REASONS[reason] for reason in reason_end[before]]
    return planned.assign(
        ts=FIRST_DAY + ends.astype("timedelta64[s]"),
        hour=_hour(starts),
        ms_played=ms_played,
        reason_start=reason_start,
        reason_end=reason_end,
        skipped=is_skipped,
        skip_probability=probability,
    )[begins]


def _hour(second: Ints) -> Ints:
    """Returns the hour of the day of seconds since the first day of the calendar."""
    return second % DAY_SECONDS // 3_600


def streaming_tables(users: pd.DataFrame, seed: int = SEED) -> dict[str, pd.DataFrame]:
    """Turns the population into the raw table of the source `streaming`, without dirty rows.

    Parameters
    ----------
    users
        The population.
    seed
        Of the streams for tracks, listeners, sessions and plays.

    Returns
    -------
    `plays` (one row per play, by its end), in the raw columns.
    """
    return {"plays": plays(users, seed)[list(PLAY_COLUMNS)]}


def streaming_lines(tables: Mapping[str, pd.DataFrame], seed: int = SEED) -> dict[str, list[str]]:
    """Renders the raw table of the source as CSV lines, header first, with the dirty rows at seeded positions.

    Parameters
    ----------
    tables
        `plays`, as `streaming_tables` returns it, and the `users` of `product_tables`.
    seed
        Of the dirty rows.
    """
    played = tables["plays"]
    return {
        "plays": _with_dirty_plays(
            csv_lines(played.assign(ts=played["ts"].dt.strftime("%Y-%m-%dT%H:%M:%SZ"))),
            # none of those who log in, act or have usage without an account
            without_account=len(tables["users"]) + ID_OFFSET_WITHOUT_ACCOUNT + 3,
            rng=stream(seed, "dirty plays"),
        )
    }


def _with_dirty_plays(lines: list[str], without_account: int, rng: np.random.Generator) -> list[str]:
    """Adds the dirty rows of plays.csv; the truncated line is the last one, cut after its artist.

    All of them resemble plays that were skipped with the forward button, before the last days of the calendar.

    Parameters
    ----------
    lines
        The file, header first, rows by time.
    without_account
        The user id that has a play but no account.
    rng
        Of the positions and of the rows that the dirty ones resemble.
    """
    counts = STREAMING_DIRTY_ROWS["plays"]
    rows = [dict(zip(PLAY_COLUMNS, csv_fields(line), strict=True)) for line in lines[1:]]
    skipped = [row for row in rows if row["reason_end"] == "fwdbtn" and row["ts"] < "2025-12-30"]
    kinds = [kind for kind, count in counts.items() if kind != "truncated_line" for _ in range(count)]
    templates = rng.choice(len(skipped), len(kinds), replace=False).tolist()
    dirty = []
    for kind, template in zip(kinds, templates, strict=True):
        play = skipped[template]
        later = pd.Timestamp(play["ts"]) + pd.Timedelta(seconds=int(rng.integers(3_600, 10_800)))
        mistakes: dict[str, dict[str, str]] = {
            "exact_duplicate": {},
            "negative_ms_played": {"ms_played": f"-{play['ms_played']}"},
            "unparsable_time": {"ts": UNPARSABLE_TIME},
            "empty_track": {"spotify_track_uri": ""},
            "ms_played_text": {"ms_played": MS_PLAYED_TEXT},
            "impossible_length": {"ms_played": str(IMPOSSIBLE_MS)},
            "empty_user_id": {"user_id": ""},
            "same_time_and_track": {"ms_played": str(int(play["ms_played"]) // 2)},
            "american_time": {"ts": f"{later.month}/{later.day}/{later.year} {later.hour}:{later.minute:02d}"},
            "skipped_missing": {"ts": f"{later:%Y-%m-%dT%H:%M:%SZ}", "skipped": ""},
            "play_after_as_of": {"ts": DAY_AFTER_AS_OF + play["ts"][len(DAY_AFTER_AS_OF) :]},
            "listener_without_account": {"user_id": str(without_account)},
        }
        dirty.append((int(rng.integers(1, len(lines) + 1)), csv_line((play | mistakes[kind]).values())))
    columns_left = PLAY_COLUMNS.index("artist_name") + 1
    truncated = csv_line(csv_fields(lines[-1])[:columns_left])
    return inserted(lines, dirty) + [truncated] * counts["truncated_line"]
