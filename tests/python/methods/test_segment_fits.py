"""Segments as a table: sizes, centroids, ids and names from run to run."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from python_models.methods.cluster_counts import count_table
from python_models.methods.segment_fits import SEGMENT_COLUMNS, segment_table
from python_models.methods.tables import counted_as, typed
from tests.python.methods.cluster_scenarios import APP_USAGE, app_usage, framed, three, unequal

Array = NDArray[np.float64]
RULES = pd.DataFrame(
    {"rule": [1, 2], "segment_name": ["First", "Second"], "feature": ["feature_00", "feature_01"], "direction": "high", "threshold": 0.4}
)


def counted(users: int, k: int) -> pd.DataFrame:
    """What the verdict on so many users was."""
    return pd.DataFrame({"k": [1, 2, 3], "users": users, "is_selected": [number == k for number in (1, 2, 3)]})


def segments(
    matrix: Array, k: int = 3, *, previous: pd.DataFrame | None = None, mean: float = 10.0, std: float = 2.0, **given: Any
) -> pd.DataFrame:
    """The segments of users whose features had that mean and deviation."""
    sample, features = framed(matrix)
    scaling = pd.DataFrame({"feature": features[::-1], "mean": mean, "std": std})
    settings: dict[str, Any] = {"segment_count": "auto", "seed": 1, "starts": 5, "forced_starts": 5} | given
    return segment_table(sample, features, scaling, previous, RULES, counted(min(len(matrix), 400), k), **settings)


def of_segment(table: pd.DataFrame, column: str) -> list[Any]:
    """A column that is one value per segment."""
    rows = table[["segment_id", column]].drop_duplicates()
    assert rows["segment_id"].is_unique
    return list(rows[column])


def test_a_first_fit() -> None:
    """Largest first; centroids are means of users, in both units; one row per segment and feature."""
    matrix = unequal(np.random.default_rng(0))[:1000]
    table = segments(matrix)
    assert table[["segment_id", "place"]].values.tolist() == [[segment, place] for segment in (1, 2, 3) for place in range(1, 13)]
    users = of_segment(table, "users")
    assert sum(users) == 1000
    assert users == sorted(users, reverse=True)
    centroids = table["centroid"].to_numpy().reshape(3, -1)
    nearest = ((matrix[:, None] - centroids) ** 2).sum(axis=2)
    assert np.bincount(nearest.argmin(axis=1)).tolist() == users
    np.testing.assert_allclose(centroids, [matrix[nearest.argmin(axis=1) == segment].mean(axis=0) for segment in range(3)], atol=1e-9)
    np.testing.assert_allclose(table["centroid_value"], 10 + 2 * table["centroid"])
    assert table["inertia"].iloc[0] == pytest.approx(nearest.min(axis=1).sum())
    columns = ["is_forced", "last_segment_id", "segments_wanted", "starts", "fitted_users", "seed"]
    assert table[columns].drop_duplicates().values.tolist() == [[False, 3, 3, 5, 1000, 1]]
    assert table["matched_distance"].isna().all()
    assert (table["is_stable"] == (table["jaccard"] >= 0.75)).all()
    assert min(of_segment(table, "jaccard")) > 0.8
    assert typed(table, SEGMENT_COLUMNS).num_rows == 36


def test_only_place_is_an_order() -> None:
    """Rows and features in another order: the same segments."""
    matrix = three(np.random.default_rng(1))[:600]
    sample, features = framed(matrix)
    scaling = pd.DataFrame({"feature": features, "mean": 0.0, "std": 1.0})
    settings: dict[str, Any] = {"segment_count": "auto", "seed": 0, "starts": 5}
    one = segment_table(sample, features, scaling, None, RULES, counted(400, 3), **settings)
    shuffled = sample.sample(frac=1, random_state=0)
    other = segment_table(shuffled, features[::-1], scaling[::-1], None, RULES[::-1], counted(400, 3), **settings)
    columns = [name for name in SEGMENT_COLUMNS if name != "place"]
    keys = ["segment_id", "feature"]
    pd.testing.assert_frame_equal(
        one[columns].sort_values(keys, ignore_index=True), other[columns].sort_values(keys, ignore_index=True), check_exact=True
    )


def test_a_forced_number() -> None:
    """It is built whatever the verdict, and says so; the selected one is not."""
    matrix = np.random.default_rng(2).normal(size=(600, 3))
    forced = segments(matrix, 1, segment_count=4, forced_starts=7)
    assert forced["segment_id"].max() == 4
    assert forced[["is_forced", "segments_wanted", "starts"]].drop_duplicates().values.tolist() == [[True, 4, 7]]
    found = segments(matrix, 1)
    assert found[["is_forced", "segments_wanted", "starts"]].drop_duplicates().values.tolist() == [[False, 1, 5]]
    assert found["segment_name"].unique().tolist() == ["All users"]
    assert found[["named_by", "jaccard", "is_stable"]].isna().all(axis=None)
    assert of_segment(found, "users") == [600]


def test_rows_are_counted_as_what_they_are() -> None:
    """Tracks, where they are not users."""
    matrix = three(np.random.default_rng(0))[:100]
    sample, features = framed(matrix)
    scaling = pd.DataFrame({"feature": features, "mean": 0.0, "std": 1.0})
    counts = count_table(sample, features, seed=0, counted="tracks")
    assert counts[["tracks", "verdict"]].values.tolist() == [[100, "too_few_tracks"]]
    table = segment_table(sample, features, scaling, None, RULES, counts, segment_count="auto", seed=0, counted="tracks")
    assert table[["segment_name", "tracks", "fitted_tracks"]].drop_duplicates().values.tolist() == [["All tracks", 100, 100]]
    assert typed(table, counted_as(SEGMENT_COLUMNS, "tracks")).num_rows == len(features)
    nothing = segment_table(sample[:0], features, scaling, None, RULES, counts, segment_count="auto", seed=0, counted="tracks")
    assert typed(nothing, counted_as(SEGMENT_COLUMNS, "tracks")).num_rows == 0


def test_from_run_to_run() -> None:
    """The same segments, an equal table; more users, another seed: the same ids and names; one goes, another comes: a new id."""
    matrix = three(np.random.default_rng(3))
    first = segments(matrix[:1000])
    same = segments(matrix[:1000], previous=first)
    pd.testing.assert_frame_equal(same.drop(columns="matched_distance"), first.drop(columns="matched_distance"))
    np.testing.assert_allclose(same["matched_distance"], 0, atol=1e-8)
    more = segments(matrix[:1050][::-1], previous=same, seed=7)
    assert sorted(of_segment(more, "segment_name")) == sorted(of_segment(first, "segment_name"))
    assert np.abs(more["centroid"] - first["centroid"]).max() < 0.2
    assert more["last_segment_id"].unique().tolist() == [3]
    labels = ((matrix[:, None] - first["centroid"].to_numpy().reshape(3, -1)) ** 2).sum(axis=2).argmin(axis=1)
    moved = np.where((labels == 1)[:, None], -matrix - 3, matrix)
    replaced = segments(moved, previous=more)
    assert sorted(replaced["segment_id"].unique()) == [1, 3, 4]
    assert replaced["last_segment_id"].unique().tolist() == [4]
    assert replaced.groupby("segment_id")["matched_distance"].first().notna().tolist() == [True, True, False]
    gone = segments(matrix, 1, previous=replaced)
    again = segments(matrix, 3, previous=gone)
    assert gone["last_segment_id"].iloc[0] >= 4
    assert set(again["segment_id"]) - set(gone["segment_id"]) <= set(range(int(gone["last_segment_id"].iloc[0]) + 1, 9))


def test_another_scale_is_no_other_segment() -> None:
    """Where the deviation among all users has doubled, half as many deviations are the same value."""
    matrix = three(np.random.default_rng(4))[:600]
    first = segments(matrix, mean=10.0, std=2.0)
    again = segments(matrix / 2 - 1, previous=first, mean=14.0, std=4.0)
    assert again["segment_id"].tolist() == first["segment_id"].tolist()
    np.testing.assert_allclose(again["centroid_value"], first["centroid_value"], atol=1e-6)
    np.testing.assert_allclose(again["matched_distance"], 0, atol=1e-6)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("matrix", "users"),
    [
        (np.zeros((0, 2)), []),
        (np.zeros((4, 0)), []),
        (np.zeros((1, 2)), [1]),
        (np.zeros((600, 2)), [600]),
        (np.repeat([[0.0, 1.0], [1.0, 0.0]], [2, 3], axis=0), [3, 2]),
        (np.repeat([[0.0], [1.0], [5.0]], [2, 3, 2], axis=0), [3, 2, 2]),
    ],
)
def test_fewer_segments_than_wanted(matrix: Array, users: list[int]) -> None:
    """No user, no feature, fewer users that differ; equal sizes by centroid, lowest first; no warning."""
    table = segments(matrix, 1, segment_count=4)
    assert of_segment(table, "users") == users
    assert table["segments_wanted"].unique().tolist() == [4][: len(users)]
    assert typed(table, SEGMENT_COLUMNS).num_rows == len(users) * matrix.shape[1]
    if len(users) == 3:
        assert table["centroid"].tolist() == [1, 0, 5]
    empty = segments(matrix, 1, segment_count=4, previous=segments(np.zeros((0, 2)), 1))
    pd.testing.assert_frame_equal(empty, table)


def test_counts_decide() -> None:
    """The table that the search returns is what is built."""
    matrix = three(np.random.default_rng(5))[:500]
    sample, features = framed(matrix)
    scaling = pd.DataFrame({"feature": features, "mean": 0.0, "std": 1.0})
    counts = count_table(sample, features, k_range=(3, 3), seed=0)
    table = segment_table(sample, features, scaling, None, RULES, counts, segment_count="auto", seed=0, starts=5)
    assert table["segment_id"].max() == 3


@pytest.mark.skipif(not APP_USAGE.is_file(), reason=f"the reference data are not at {APP_USAGE}; REFERENCE_DATA_DIR names their folder")
def test_the_published_sizes() -> None:
    """Data without structure, forced into two: 8,910 and 41,090 users, within 2 %."""
    table = segments(app_usage(), 1, segment_count=2, forced_starts=20, seed=0)
    assert of_segment(table, "users") == [pytest.approx(41_090, rel=0.02), pytest.approx(8_910, rel=0.02)]
