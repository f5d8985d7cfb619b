"""Segments keep their ids while they are who they were, and no id is used twice."""

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from python_models.methods.segment_matching import Matched, matched

Array = NDArray[np.float64]
FEATURES = ["a", "b"]
SCALING = pd.DataFrame({"feature": FEATURES, "mean": [10.0, 100.0], "std": [2.0, 20.0]})
PLACES = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 6.0]])


def fit(places: Array, ids: list[int], last_id: int, scaling: pd.DataFrame = SCALING, features: list[str] = FEATURES) -> pd.DataFrame:
    """The table of a fit, as far as it counts here."""
    values = scaling["mean"].to_numpy() + scaling["std"].to_numpy() * places
    rows = [
        (segment, feature, value) for segment, row in zip(ids, values, strict=True) for feature, value in zip(features, row, strict=True)
    ]
    return pd.DataFrame(rows, columns=["segment_id", "feature", "centroid_value"]).assign(last_segment_id=last_id)


def after(previous: pd.DataFrame, places: Array, scaling: pd.DataFrame = SCALING) -> Matched:
    """Ids of today's segments."""
    return matched(previous, places, FEATURES, scaling)


def test_a_first_fit_counts_from_one() -> None:
    """Without distances."""
    first = after(pd.DataFrame(), PLACES)
    assert first.ids.tolist() == [1, 2, 3]
    assert first.last_id == 3
    assert np.isnan(first.distances).all()


def test_small_moves_keep_ids_in_any_order() -> None:
    """Also of a table in another order of rows."""
    again = after(fit(PLACES, [2, 7, 5], 9).sample(frac=1, random_state=0), PLACES[[2, 0, 1]] + 0.3)
    assert again.ids.tolist() == [5, 2, 7]
    assert again.last_id == 9
    np.testing.assert_allclose(again.distances, 0.3 * np.sqrt(2))


def test_centroids_are_compared_in_their_own_units() -> None:
    """Users who are as they were, among others who are twice as active: another scale, the same segments."""
    today = pd.DataFrame({"feature": FEATURES, "mean": [20.0, 90.0], "std": [4.0, 10.0]})
    values = SCALING["mean"].to_numpy() + SCALING["std"].to_numpy() * PLACES
    places = (values - today["mean"].to_numpy()) / today["std"].to_numpy()
    again = after(fit(PLACES, [1, 2, 3], 3), places, today)
    assert again.ids.tolist() == [1, 2, 3]
    np.testing.assert_allclose(again.distances, 0, atol=1e-12)
    assert after(fit(PLACES, [1, 2, 3], 3), PLACES, today.assign(mean=[30.0, 300.0])).ids.tolist() == [4, 5, 6]


@pytest.mark.parametrize(("moved", "ids"), [(2.9, [1, 2, 3]), (3.1, [1, 4, 3])])
def test_how_far_a_segment_may_move(moved: float, ids: list[int]) -> None:
    """0.75 of the 4 to its neighbour; the farther one is a new segment."""
    places = PLACES + np.array([[0, 0], [moved, 0], [0, 0]])
    assert after(fit(PLACES, [1, 2, 3], 3), places).ids.tolist() == ids


def test_an_id_that_is_gone_never_comes_back() -> None:
    """Not even where the segment does."""
    without = after(fit(PLACES, [1, 2, 3], 3), PLACES[:2])
    assert without.ids.tolist() == [1, 2]
    assert without.last_id == 3
    again = after(fit(PLACES[:2], [1, 2], without.last_id), PLACES)
    assert again.ids.tolist() == [1, 2, 4]
    assert again.last_id == 4
    assert np.isnan(again.distances).tolist() == [False, False, True]


def test_divided_and_merged_segments() -> None:
    """The larger part, which lies nearer to the whole, has the id."""
    parts = np.array([[4.0, -0.7], [4.0, 1.4]])
    divided = after(fit(PLACES, [1, 2, 3], 3), np.vstack([PLACES[[0, 2]], parts]))
    assert divided.ids.tolist() == [1, 3, 2, 4]
    merged = after(fit(np.vstack([PLACES[[0, 2]], parts]), [1, 3, 2, 4], 4), PLACES)
    assert merged.ids.tolist() == [1, 2, 3]


def test_the_only_segment() -> None:
    """It continues the only one wherever that was, also one of other features; among several it continues one that is near."""
    one = np.zeros((1, 2))
    assert after(fit(one + 9, [4], 6), one).ids.tolist() == [4]
    assert after(fit(one, [4], 6).assign(feature=["x", "y"]), one).ids.tolist() == [4]
    assert after(fit(one + 0.1, [4], 6), PLACES).ids.tolist() == [4, 7, 8]
    assert after(fit(PLACES + 5, [1, 2, 3], 3), one).ids.tolist() == [4]


def test_features_of_both_fits_count() -> None:
    """A feature that is new or gone says nothing; without a common one all segments are new."""
    before = fit(PLACES, [1, 2, 3], 3)
    assert after(before.replace({"feature": {"b": "c"}}), PLACES * [1, -1]).ids.tolist() == [4, 2, 5]
    assert after(before.replace({"feature": {"a": "c", "b": "d"}}), PLACES).ids.tolist() == [4, 5, 6]
