"""The plays of one listener, published with a notebook, give the figures of their file; the data are not part of the project."""

import os
from pathlib import Path

import pandas as pd
import pytest

from tests.python.warehouse import PROJECT, Warehouse

STREAMING = Path(os.environ.get("REFERENCE_DATA_DIR", PROJECT.parent / "shared" / "reference")) / "streaming"
pytestmark = pytest.mark.skipif(
    not STREAMING.is_dir(), reason=f"the reference data are not at {STREAMING}; REFERENCE_DATA_DIR names their folder"
)


@pytest.fixture(scope="module")
def streaming(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The warehouse of the reference data: every mart, although there is one listener and nothing but plays."""
    warehouse = Warehouse(tmp_path_factory.mktemp("streaming"), STREAMING, ("streaming",))
    warehouse.build()
    return warehouse


@pytest.fixture(scope="module")
def raw() -> pd.DataFrame:
    """The raw file as pandas reads it."""
    plays = pd.read_csv(STREAMING / "plays.csv")
    ended_at = pd.to_datetime(plays["ts"]).dt.tz_localize(None)
    return plays.assign(ended_at=ended_at, started_at=ended_at - pd.to_timedelta(plays["ms_played"], unit="ms"))


def test_plays_are_those_of_the_file(streaming: Warehouse, raw: pd.DataFrame) -> None:
    """1,280 plays, 47.474 hours, 0.43828 of them skipped, on two platforms."""
    [(plays, hours, skipped, listeners)] = streaming.rows(
        "select count(*), sum(seconds_played) / 3600, avg(is_skip::integer), count(distinct user_id) from marts.plays"
    )
    assert (plays, listeners) == (1_280, 1)
    assert hours == pytest.approx(47.474, abs=5e-4)
    assert skipped == pytest.approx(0.43828, abs=5e-6)
    assert streaming.rows("select platform, count(*) from marts.plays group by all order by 1") == [("android", 1_263), ("windows", 17)]
    assert raw["ms_played"].sum() == streaming.rows("select sum(ms_played) from marts.plays")[0][0]


def test_two_plays_of_one_time_and_track_are_two(streaming: Warehouse, raw: pd.DataFrame) -> None:
    """They differ in the time played and in nothing else."""
    twins = raw[raw.duplicated(["ts", "spotify_track_uri"], keep=False)]
    assert len(twins) == 2
    found = streaming.rows(
        """
        select ms_played from (select *, count(*) over (partition by ended_at, track_uri) as times from marts.plays)
        where times > 1 order by 1
        """
    )
    assert found == [(length,) for length in sorted(twins["ms_played"])]
    assert streaming.rows("select raw_rows, accepted_rows, rejected_rows from marts.source_row_counts") == [(1_280, 1_280, 0)]


def test_tracks_and_hours_are_those_of_pandas(streaming: Warehouse, raw: pd.DataFrame) -> None:
    """Plays, skips and minutes of every track, and skips of every hour at which plays began."""
    features = streaming.query("select track_uri, play_count, skips, minutes_played from marts.track_features order by 1")
    tracks = features.set_index("track_uri")
    expected = raw.groupby("spotify_track_uri").agg(plays=("ts", "size"), skips=("skipped", "sum"), ms=("ms_played", "sum"))
    assert len(tracks) == len(expected)
    assert (tracks["play_count"] == expected["plays"]).all()
    assert (tracks["skips"] == expected["skips"]).all()
    assert (tracks["minutes_played"] - expected["ms"] / 60_000).abs().max() < 1e-9
    hours = dict(streaming.rows("select level::integer, skip_rate from marts.skip_rates where attribute = 'hour_of_day'"))
    assert hours == pytest.approx(raw.groupby(raw["started_at"].dt.hour)["skipped"].mean().to_dict())


def test_active_days_are_those_of_the_plays(streaming: Warehouse, raw: pd.DataFrame) -> None:
    """The day on which a play began is active; as_of is the last with enough plays."""
    days = raw["started_at"].dt.date.value_counts().to_dict()
    assert dict(streaming.rows("select date_day, plays from marts.user_activity_days")) == days
    assert streaming.rows("select distinct as_of from marts.listener_features") == [(max(days),)]


def test_few_tracks_are_played_often(streaming: Warehouse, raw: pd.DataFrame) -> None:
    """Those played three times and more are one segment, too few to tell of groups; the others are in none."""
    times = raw.groupby("spotify_track_uri").size()
    often = int((times >= 3).sum())
    assert 0 < often < 500
    rows = streaming.rows("select no_segment_reason, segment_name, count(*) from marts.track_segments group by all order by 3")
    assert sorted(rows, key=str) == sorted([("few_plays", None, len(times) - often), (None, "All tracks", often)], key=str)
    [(verdict, finding, tracks)] = streaming.rows("select verdict, finding, tracks from marts.track_segment_summaries")
    assert (verdict, tracks) == ("too_few_tracks", often)
    assert finding == f"Too few tracks: {often} tracks are not enough to tell whether there are groups (500 are needed)."
