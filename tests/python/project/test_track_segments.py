"""Four planted kinds of track are found and named; every figure is what pandas and scikit-learn give from the raw lines."""

import shutil

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_rand_score
from sklearn.preprocessing import StandardScaler

from tests.python.macros import SETTINGS
from tests.python.warehouse import Warehouse, write

Array = NDArray[np.float64]

FEATURES: list[str] = SETTINGS["track_segment_features"]
# plays, share of skips, share of shuffled plays
KINDS = {"Skipped": (12, 0.9, 0.5), "Favourite": (24, 0.05, 0.5), "Deep cut": (9, 0.05, 0.1), "Shuffled": (9, 0.4, 0.95)}
TRACKS_OF_A_KIND = 130
LISTENERS = 20
# tracks that are of no kind: their plays, and whether any is to the end
OTHERS = {"rare": (2, True), "just_enough": (3, True), "of_no_length": (3, False)}


def planted_plays() -> pd.DataFrame:
    """Plays of tracks of four kinds, and of three that are of none: one row each, in the order of time."""
    generator = np.random.default_rng(0)
    tracks = [(f"{kind}_{number}", *KINDS[kind]) for kind in KINDS for number in range(TRACKS_OF_A_KIND)]
    blocks = []
    for track, plays, skips, shuffles in tracks:
        times = max(3, generator.poisson(plays))
        skipped = generator.random(times) < skips
        # who does not skip hears all
        skipped[0] = False
        blocks.append(pd.DataFrame({"track": track, "skipped": skipped, "shuffle": generator.random(times) < shuffles}))
    for track, (times, is_heard) in OTHERS.items():
        blocks.append(pd.DataFrame({"track": track, "skipped": not is_heard, "shuffle": np.arange(times) == 0}))
    plays = pd.concat(blocks).sample(frac=1, random_state=0, ignore_index=True)
    length = plays["track"].map({track: generator.integers(150_000, 280_000) for track in sorted(plays["track"].unique())})
    heard = (length * generator.uniform(0.05, 0.3, len(plays))).round().astype(int)
    ends = pd.Timestamp("2025-01-01") + pd.to_timedelta(np.arange(len(plays)) * 10, unit="min")
    return pd.DataFrame(
        {
            "user_id": 1 + generator.integers(LISTENERS, size=len(plays)),
            "spotify_track_uri": plays["track"],
            "ts": ends.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "platform": "android",
            "ms_played": heard.where(plays["skipped"], length),
            "track_name": plays["track"],
            "artist_name": "Iron Kites",
            "album_name": "Orbit",
            "reason_start": "trackdone",
            "reason_end": np.where(plays["skipped"], "fwdbtn", "trackdone"),
            "shuffle": plays["shuffle"],
            "skipped": plays["skipped"],
        }
    )


@pytest.fixture(scope="module")
def plays() -> pd.DataFrame:
    """The raw lines; not to be written to."""
    return planted_plays()


@pytest.fixture(scope="module")
def built(sample: Warehouse, tmp_path_factory: pytest.TempPathFactory, plays: pd.DataFrame) -> Warehouse:
    """The sample's warehouse after another delivery of plays, these; not to be written to."""
    folder = tmp_path_factory.mktemp("tracks")
    warehouse = Warehouse(folder, write(folder / "raw", plays=plays.to_csv(index=False)), sample.sources)
    shutil.copy(sample.path, warehouse.path)
    marts = ("track_segments", "track_segment_profiles", "track_segment_summaries")
    between = [f"base_streaming__plays+,+{mart}" for mart in marts]
    run = warehouse.dbt("build", "--exclude-resource-type", "test", "unit_test", "--select", *between)
    assert run.succeeded, run.output
    return warehouse


@pytest.fixture(scope="module")
def observed(plays: pd.DataFrame) -> pd.DataFrame:
    """Features of the tracks played three times and more, from the raw lines, by track; not to be written to."""
    is_heard = plays["reason_end"] == "trackdone"
    length = plays["ms_played"].where(is_heard).groupby(plays["spotify_track_uri"]).transform("median")
    lines = plays.assign(seconds=plays["ms_played"] / 1000, percent=(100 * plays["ms_played"] / length).clip(upper=100))
    tracks = lines.groupby("spotify_track_uri").agg(
        play_count=("ts", "size"),
        avg_seconds_per_play=("seconds", "mean"),
        skip_rate=("skipped", "mean"),
        avg_percent_played=("percent", "mean"),
        shuffle_rate=("shuffle", "mean"),
    )
    return tracks.loc[tracks["play_count"] >= 3, FEATURES].sort_index()


@pytest.fixture(scope="module")
def prepared(observed: pd.DataFrame) -> pd.DataFrame:
    """The same with medians for what is missing and plays at their cap; not to be written to."""
    filled = observed.fillna(observed.median())
    low, high = filled["play_count"].quantile([0.25, 0.75])
    return filled.assign(play_count=filled["play_count"].clip(low - 1.5 * (high - low), high + 1.5 * (high - low)))


@pytest.fixture(scope="module")
def standardised(prepared: pd.DataFrame) -> Array:
    """The same in standard deviations, shape (tracks, features)."""
    return np.asarray(StandardScaler().fit_transform(prepared), dtype=np.float64)


@pytest.fixture(scope="module")
def segments(built: Warehouse, observed: pd.DataFrame) -> pd.DataFrame:
    """The mart's rows of the tracks that can be segmented, by track; not to be written to."""
    mart = built.query("select * from marts.track_segments").set_index("track_uri")
    assert len(mart) == len(KINDS) * TRACKS_OF_A_KIND + len(OTHERS)
    return mart.loc[observed.index]


def test_the_planted_kinds_are_found_and_named(built: Warehouse, segments: pd.DataFrame) -> None:
    """Four groups, stable, and of nearly all tracks the name is the kind."""
    [(verdict, k, finding)] = built.rows("select distinct verdict, k, finding from intermediate.int_track_counts_fitted where is_selected")
    assert (verdict, k) == ("structured", len(KINDS))
    assert "the density of tracks falls by" in finding
    assert built.rows("select count(*), bool_and(is_stable), sum(tracks) from marts.track_segment_summaries") == [(4, True, len(segments))]
    planted = segments.index.str.extract("^(.*)_", expand=False)
    is_of_a_kind = planted.isin(KINDS)
    assert (planted[is_of_a_kind] == segments.loc[is_of_a_kind, "segment_name"]).mean() > 0.95


def test_few_plays_are_no_segment(built: Warehouse, segments: pd.DataFrame) -> None:
    """Two are too few, three are not, and a track whose length is not known has one by its other features."""
    assert built.rows("select track_uri, play_count, segment_id from marts.track_segments where no_segment_reason = 'few_plays'") == [
        ("rare", 2, None)
    ]
    assert segments["no_segment_reason"].isna().all()
    assert segments.loc[["just_enough", "of_no_length"], "segment_id"].notna().all()


def test_tracks_are_assigned_as_by_scikit_learn(
    built: Warehouse, segments: pd.DataFrame, observed: pd.DataFrame, standardised: Array
) -> None:
    """Features of the raw lines and KMeans: its segment, its distance, the margin and the reasons for it."""
    centroids = built.query("select segment_id, feature, centroid from intermediate.int_track_segments_fitted")
    centres = centroids.pivot_table(index="segment_id", columns="feature", values="centroid")[FEATURES]
    model = KMeans(len(centres), init=centres.to_numpy(), n_init=1).fit(standardised)
    np.testing.assert_allclose(model.cluster_centers_, centres, atol=1e-7)
    assert (centres.index.to_numpy()[model.labels_] == segments["segment_id"]).all()
    again = KMeans(len(centres), n_init=10, random_state=99).fit(standardised)
    assert adjusted_rand_score(again.labels_, segments["segment_id"]) == 1
    own, other = np.sort(model.transform(standardised), axis=1)[:, :2].T
    np.testing.assert_allclose(segments["distance"], own, atol=1e-7)
    np.testing.assert_allclose(segments["margin"], other**2 - own**2, atol=1e-6)
    scores = PCA(2).fit_transform(standardised)
    np.testing.assert_allclose(np.abs(segments[["pca_1", "pca_2"]]), np.abs(scores), atol=1e-6)

    near, next_one = centres.loc[segments["segment_id"]].to_numpy(), centres.loc[segments["runner_up_segment_id"]].to_numpy()
    parts = (near - next_one) * (2 * standardised - near - next_one)
    np.testing.assert_allclose(parts.sum(axis=1), segments["margin"], atol=1e-6)
    names = np.array(FEATURES)[parts.argmax(axis=1)]
    assert (segments["top_reason_1"].str.split(":").str[0] == [name.replace("_", " ") for name in names]).all()
    largest = segments["top_reason_1"].str.extract(r"\(\+(.*)\)$", expand=False).astype(float)
    np.testing.assert_allclose(largest, parts.max(axis=1), atol=0.005 + 1e-6)
    assert observed["avg_percent_played"].isna().sum() == 1


def test_profiles_describe_the_tracks_of_each_segment(
    built: Warehouse, segments: pd.DataFrame, observed: pd.DataFrame, prepared: pd.DataFrame
) -> None:
    """Mean and quantiles as observed, lift over all tracks, distance from them in standard deviations as prepared."""
    mart = built.query("select * from marts.track_segment_profiles order by segment_id, place")
    for segment, found in mart.groupby("segment_id"):
        is_own = segments["segment_id"] == segment
        own = observed[is_own]
        assert found["feature"].tolist() == FEATURES
        assert (found["tracks"] == len(own)).all()
        assert found["values_known"].tolist() == own.count().tolist()
        np.testing.assert_allclose(found["mean"], own.mean(), rtol=1e-7)
        np.testing.assert_allclose(found["overall_mean"], observed.mean(), rtol=1e-7)
        np.testing.assert_allclose(found["lift"], own.mean() / observed.mean(), rtol=1e-7)
        for column, share in (("p10", 0.1), ("median", 0.5), ("p90", 0.9)):
            np.testing.assert_allclose(found[column], own.quantile(share), atol=1e-8)
        away = (prepared[is_own].mean() - prepared.mean()) / prepared.std(ddof=0)
        np.testing.assert_allclose(found["z_score"], away, atol=1e-7)
        np.testing.assert_allclose(found["centroid"], prepared[is_own].mean(), rtol=1e-6)


def test_popularity_and_chance_are_no_kinds(sample: Warehouse) -> None:
    """The sample's tracks differ in how often and how long they are played, by degrees: one segment, and the verdict says so."""
    summaries = "select segment_name, tracks, share, verdict, is_stable from marts.track_segment_summaries"
    [(name, tracks, share, verdict, is_stable)] = sample.rows(summaries)
    assert (name, share, verdict, is_stable) == ("All tracks", 1, "no_structure", None)
    assert sample.rows("select count(*) from marts.track_segments where no_segment_reason is null") == [(tracks,)]
    runs = "select rows, features, verdict, warnings from marts.model_runs where target = 'track_segment'"
    assert sample.rows(runs) == [(tracks, len(FEATURES), "no_structure", None)]
