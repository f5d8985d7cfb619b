"""Groups are found where there are some, and none where there are none; one draw of each scenario."""

import numpy as np
import pytest

from python_models.methods import cluster_counts
from python_models.methods.cluster_counts import count_table
from python_models.methods.cluster_stability import Stability
from tests.python.methods.cluster_scenarios import GROUPED, GROUPLESS, framed


@pytest.fixture(autouse=True)
def _no_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Resamples take time and decide nothing."""
    monkeypatch.setattr(cluster_counts, "stability", lambda matrix, labels, segments, **_: Stability(np.zeros(segments), 0.0))


@pytest.mark.parametrize("scenario", GROUPLESS)
def test_none(scenario: str) -> None:
    """One segment."""
    table = count_table(*framed(GROUPLESS[scenario](np.random.default_rng(0))), seed=0)
    assert table["verdict"].unique().tolist() == ["no_structure"]
    assert table.loc[table["is_selected"], "k"].tolist() == [1]
    assert table["finding"].iloc[0].startswith("No groups: ")


@pytest.mark.parametrize("scenario", GROUPED)
def test_some(scenario: str) -> None:
    """As many as there are, or one fewer, where two lie close to each other."""
    drawn, groups = GROUPED[scenario]
    table = count_table(*framed(drawn(np.random.default_rng(0))), seed=0)
    (selected,) = table.loc[table["is_selected"], "k"]
    assert table["verdict"].unique().tolist() == ["structured"]
    assert groups - 1 <= selected <= groups
    assert table["finding"].iloc[0].startswith(f"{selected} groups: ")
