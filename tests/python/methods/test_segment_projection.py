"""Components and assignments are those of scikit-learn, with signs that do not flip."""

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA

from python_models.methods.cluster_counts import count_table
from python_models.methods.segment_fits import segment_table
from python_models.methods.segment_projection import COMPONENT_COLUMNS, assigned_columns, assigned_table, component_table
from python_models.methods.tables import typed
from tests.python.methods.cluster_scenarios import framed, three

Array = NDArray[np.float64]


def segmented(matrix: Array, segments: int) -> pd.DataFrame:
    """The segments of some users."""
    sample, features = framed(matrix)
    scaling = pd.DataFrame({"feature": features, "mean": 0.0, "std": 1.0})
    rules = pd.DataFrame(columns=["rule", "segment_name", "feature", "direction", "threshold"])
    counts = count_table(sample, features, seed=0, min_users=10**9)
    return segment_table(sample, features, scaling, None, rules, counts, segment_count=segments, seed=0, forced_starts=5)


def test_components_are_those_of_scikit_learn() -> None:
    """Up to the sign, which makes the largest loading positive."""
    matrix = three(np.random.default_rng(0))[:700] + 0.5
    table = component_table(*framed(matrix))
    model = PCA(2).fit(matrix)
    loadings = table["loading"].to_numpy().reshape(2, -1)
    np.testing.assert_allclose(np.abs(loadings), np.abs(model.components_), atol=2e-9)
    assert (np.abs(loadings).max(axis=1) == loadings.max(axis=1)).all()
    np.testing.assert_allclose(table["center"].to_numpy().reshape(2, -1), [matrix.mean(axis=0)] * 2, atol=1e-9)
    np.testing.assert_allclose(table["explained_variance_ratio"].unique(), model.explained_variance_ratio_, atol=1e-9)
    assert table[["component", "place"]].values.tolist() == [[component, place] for component in (1, 2) for place in range(1, 13)]


def test_signs_of_equal_loadings_do_not_depend_on_rounding() -> None:
    """Of two features that are correlated both loadings are 0.7071: the first one is positive, whichever is larger by a bit."""
    generator = np.random.default_rng(1)
    for _ in range(20):
        matrix = generator.normal(size=(100, 2)) @ np.array([[1, 0.5], [0.5, 1]])
        matrix = (matrix - matrix.mean(axis=0)) / matrix.std(axis=0)
        table = component_table(*framed(matrix))
        assert (table.loc[table["place"] == 1, "loading"] > 0).all()
        np.testing.assert_allclose(table["loading"].abs(), np.sqrt(0.5))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("matrix", "components"),
    [
        (np.zeros((5, 3)), 0),
        (np.zeros((1, 3)), 0),
        (np.arange(5.0)[:, None], 1),
        (np.arange(5.0)[:, None] * [1.0, 2.0, 0.0], 1),
        (np.array([[0.0, 1.0], [2.0, 0.0]]), 1),
    ],
)
def test_components_that_do_not_exist(matrix: Array, components: int) -> None:
    """They have loadings and a share of 0, and users have scores of 0."""
    table = component_table(*framed(matrix))
    exists = table.groupby("component")["loading"].apply(lambda loadings: (loadings != 0).any())
    assert exists.tolist() == [components > 0, False]
    assert table.groupby("component")["explained_variance_ratio"].first().tolist() == pytest.approx([float(components > 0), 0.0])
    assigned = assigned_table(*framed(matrix), segmented(matrix, 1))
    assert (assigned["pca_2"] == 0).all()
    assert (assigned["pca_1"] == 0).all() == (components == 0)
    assert assigned["segment_id"].tolist() == [1] * len(matrix)


@pytest.mark.parametrize(("users", "features"), [(0, 2), (5, 0), (0, 0)])
def test_nothing_to_project(users: int, features: int) -> None:
    """Typed tables without rows."""
    sample, names = framed(np.zeros((users, features)))
    segments = segmented(np.zeros((0, 2)), 1)
    assert typed(component_table(sample, names), COMPONENT_COLUMNS).num_rows == 0
    assert typed(assigned_table(sample, names, segments), assigned_columns("bigint")).num_rows == 0
    assert typed(assigned_table(sample.astype({"user_id": str}), names, segments), assigned_columns("text")).num_rows == 0


def test_users_are_with_the_nearest_published_centroid() -> None:
    """As KMeans itself has them; scores are those of the published loadings; any order of rows."""
    matrix = three(np.random.default_rng(2))[:500]
    sample, features = framed(matrix)
    segments = segmented(matrix, 3)
    assigned = assigned_table(sample.sample(frac=1, random_state=0), features, segments)
    assert assigned["user_id"].tolist() == sample["user_id"].tolist()
    labels = KMeans(3, n_init=5, random_state=0).fit(matrix).labels_
    assert len(set(zip(labels, assigned["segment_id"], strict=True))) == 3
    assert assigned["segment_id"].value_counts().to_dict() == segments.groupby("segment_id")["users"].first().to_dict()
    components = component_table(sample, features)
    loadings = components["loading"].to_numpy().reshape(2, -1)
    centers = components["center"].to_numpy()[: len(features)]
    np.testing.assert_allclose(assigned[["pca_1", "pca_2"]], (matrix - centers) @ loadings.T, atol=1e-7)
    texts = assigned_table(sample.assign(user_id="u" + sample["user_id"].astype(str)), features, segments)
    assert typed(texts, assigned_columns("text")).column("user_id").to_pylist()[0] == "u1001"
    tracks = assigned_table(sample.rename(columns={"user_id": "track_uri"}), features, segments, key="track_uri")
    assert typed(tracks, assigned_columns("bigint", key="track_uri")).column("track_uri").to_pylist()[0] == 1001
