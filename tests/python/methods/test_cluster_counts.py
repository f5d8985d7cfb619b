"""The table of numbers of segments: what is in it, on what it depends, and what happens with little to go by."""

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score

from python_models.methods.alone import alone
from python_models.methods.cluster_counts import BOX_STARTS, COUNT_COLUMNS, REFERENCES, count_table
from python_models.methods.cluster_references import box_reference
from python_models.methods.tables import typed
from tests.python.methods.cluster_scenarios import framed, three

Array = NDArray[np.float64]
FIGURES = ["silhouette", "silhouette_reference", "excess", "valley", "min_jaccard", "mean_ari"]


def groups(users: int = 600) -> Array:
    """Some users of three groups."""
    return three(np.random.default_rng(0))[:users]


@pytest.fixture(scope="module")
def found() -> pd.DataFrame:
    """Numbers of segments of three groups; not to be written to."""
    return count_table(*framed(groups()), k_range=(2, 4), seed=3)


def test_three_groups_are_found(found: pd.DataFrame) -> None:
    """One row per k, the third selected."""
    assert found["k"].tolist() == [1, 2, 3, 4]
    assert found["is_selected"].tolist() == [False, False, True, False]
    (said,) = found[["users", "verdict", "best_k", "gap_k"]].drop_duplicates().values.tolist()
    assert said == [600, "structured", 3, 3]
    assert found["finding"].iloc[0].startswith("3 groups: the gap statistic chooses 3 segments, the silhouette of 3 segments is 0.")
    assert (found["needed_excess"] >= 0.03).all()
    np.testing.assert_allclose(found["silhouette"] - found["silhouette_reference"], found["excess"])
    assert found.loc[0, FIGURES].isna().all()
    assert found.loc[1:, FIGURES].notna().all(axis=None)
    assert found[["inertia", "gap", "gap_se"]].notna().all(axis=None)


@alone
def test_figures_are_those_of_scikit_learn(found: pd.DataFrame) -> None:
    """Inertia and silhouette of ten starts; the gap of ten boxes, by hand."""
    matrix, boxes = groups(), []
    fits = [KMeans(k, n_init=10, random_state=3).fit(matrix) for k in (1, 2, 3, 4)]
    np.testing.assert_allclose(found["inertia"], [fit.inertia_ for fit in fits])
    np.testing.assert_allclose(found["silhouette"][1:], [silhouette_score(matrix, fit.labels_) for fit in fits[1:]], atol=1e-6)
    generator = np.random.default_rng(3)
    for number in range(REFERENCES):
        box = box_reference(matrix, generator)
        boxes.append([KMeans(k, n_init=BOX_STARTS, random_state=3 + number).fit(box).inertia_ for k in (1, 2, 3, 4)])
    gap = np.log(boxes).mean(axis=0) - np.log([fit.inertia_ for fit in fits])
    np.testing.assert_allclose(found["gap"], gap, atol=1e-9)
    np.testing.assert_allclose(found["gap_se"], np.log(boxes).std(axis=0) * np.sqrt(1 + 1 / REFERENCES), atol=1e-9)
    assert gap[1] < gap[2] - found["gap_se"][2]
    assert gap[2] >= gap[3] - found["gap_se"][3]


def test_only_place_is_an_order(found: pd.DataFrame) -> None:
    """Rows and features in another order, a constant feature, users beyond the first, features in halves: the same table."""
    sample, features = framed(groups())
    others = sample.assign(place=sample["place"] + 600, **dict.fromkeys(features, 9.0), constant=1.0)
    shuffled = pd.concat([others, sample.assign(constant=1.0)]).sample(frac=1, random_state=1)
    again = count_table(shuffled, ["constant", *features[::-1]], k_range=(2, 4), seed=3, verdict_users=600)
    pd.testing.assert_frame_equal(again, found, check_exact=True)
    halved = sample.assign(**{feature: sample[feature] / 2 for feature in features})
    other = count_table(halved, features, k_range=(2, 4), seed=3)
    pd.testing.assert_frame_equal(other, found.assign(inertia=found["inertia"] / 4), rtol=1e-12)


def test_small_numbers_may_be_left_out(found: pd.DataFrame) -> None:
    """Their rows stay, without figures."""
    table = count_table(*framed(groups()), k_range=(3, 3), seed=3)
    assert table["k"].tolist() == [1, 2, 3]
    assert table.loc[1, ["inertia", "gap", "gap_se", *FIGURES]].isna().all()
    assert table.loc[2, ["inertia", "silhouette"]].tolist() == found.loc[2, ["inertia", "silhouette"]].tolist()
    assert table["verdict"].tolist() == ["structured"] * 3


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("matrix", "verdict", "numbers"),
    [
        (np.zeros((0, 2)), None, []),
        (np.zeros((600, 0)), None, []),
        (np.zeros((1, 2)), "too_few_users", [1]),
        (np.arange(10.0).reshape(5, 2), "too_few_users", [1]),
        (groups(499), "too_few_users", [1]),
        (groups(500), "structured", [1, 2, 3]),
        (np.zeros((600, 2)), "no_structure", [1]),
        (np.repeat([[0.0], [1.0]], [550, 50], axis=0), "no_structure", [1, 2]),
        (np.random.default_rng(0).normal(size=(600, 1)), "no_structure", [1, 2, 3]),
        (np.repeat(np.arange(3.0), 200)[:, None] * [1.0, 2.0], "no_structure", [1, 2, 3]),
    ],
)
def test_little_to_go_by(matrix: Array, verdict: str | None, numbers: list[int]) -> None:
    """No user, no feature, few users, users who are all alike or of few kinds: no more segments than kinds, and no warning."""
    table = count_table(*framed(matrix), k_range=(2, 3), seed=0)
    assert table["k"].tolist() == numbers
    assert table["verdict"].unique().tolist() == [verdict][: len(numbers)]
    assert table["is_selected"].sum() == min(len(numbers), 1)
    assert typed(table, COUNT_COLUMNS).num_rows == len(numbers)


def test_equal_users() -> None:
    """What is said of them."""
    table = count_table(*framed(np.zeros((600, 2))), seed=0)
    assert table["finding"].tolist() == ["No groups: all users are alike."]
    assert table[["best_k", "gap_k", "inertia"]].values.tolist() == [[1, 1, 0]]
    few = count_table(*framed(groups(499)), seed=0)
    assert few["finding"].tolist() == ["Too few users: 499 users are not enough to tell whether there are groups (500 are needed)."]
    assert few["inertia"].iloc[0] == pytest.approx(((groups(499) - groups(499).mean(axis=0)) ** 2).sum())
    assert few[["best_k", "gap_k", "needed_excess", "gap", "gap_se", *FIGURES]].isna().all(axis=None)


def test_rates_of_few_plays_are_no_groups() -> None:
    """Popularity by Zipf's law, every play skipped and shuffled by the toss of a coin: rates of three plays have four values."""
    generator = np.random.default_rng(0)
    plays = generator.poisson(6000 * np.arange(1, 1501) ** -0.8 / (np.arange(1, 1501) ** -0.8).sum())
    plays = plays[plays >= 3]
    rates = [generator.binomial(plays, 0.5) / plays for _ in range(2)]
    matrix = generator.permutation(np.stack([np.minimum(plays, 10), *rates], axis=1))
    table = count_table(*framed((matrix - matrix.mean(axis=0)) / matrix.std(axis=0)), k_range=(2, 5), seed=0, counted="tracks")
    assert table["verdict"].unique().tolist() == ["no_structure"]


def test_points_without_any_spread_are_groups() -> None:
    """Four of the eight kinds that three flags could make, no two flags correlated: an inertia of 0 has no logarithm, and needs none."""
    matrix = np.repeat([[0.0, 0.0, 0.0], [1.0, 1.0, 0.0], [1.0, 0.0, 1.0], [0.0, 1.0, 1.0]], 150, axis=0)
    table = count_table(*framed(np.random.default_rng(1).permutation(matrix)), seed=0)
    assert table["k"].tolist() == [1, 2, 3, 4]
    assert np.isfinite(table["gap"]).all()
    assert table["verdict"].unique().tolist() == ["structured"]
    assert table["is_selected"].tolist() == [False, False, False, True]
