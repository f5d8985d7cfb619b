"""Names follow the rules, are never given twice, and do not change for a trifle."""

import pandas as pd
import pytest

from python_models.methods.segment_names import Named, named

FEATURES = ["activity", "recency"]
RULES = pd.DataFrame(
    [
        (1, "At risk", "recency", "high", 0.5),
        (2, "Power", "activity", "high", 0.5),
        (2, "Power", "recency", "low", 0.25),
        (3, "Active", "activity", "high", 0.0),
        (4, "Buyers", "purchases", "high", 0.5),
    ],
    columns=["rule", "segment_name", "feature", "direction", "threshold"],
)
NOBODY = pd.DataFrame(columns=["segment_id", "segment_name"])
POWER = "activity at least 0.5 sd above the mean and recency at least 0.25 sd below the mean"


def names(centroids: dict[int, tuple[float, float]], before: dict[int, str] | None = None, margin: float = 0.1) -> dict[int, Named]:
    """Names by the rules above; `before` are those of the previous run."""
    previous = pd.DataFrame(list((before or {}).items()), columns=NOBODY.columns)
    of_id = {segment: dict(zip(FEATURES, centroid, strict=True)) for segment, centroid in centroids.items()}
    return named(of_id, previous, RULES, features=FEATURES, name_margin=margin)


def texts(found: dict[int, Named]) -> dict[int, str]:
    """The names alone."""
    return {segment: found[segment].name for segment in sorted(found)}


def test_the_first_rule_that_holds() -> None:
    """All its conditions must; a rule about an unknown feature does not apply."""
    found = names({1: (1.0, 1.0), 2: (0.5, -0.25), 3: (0.5, -0.2), 4: (-1.0, 0.0)})
    assert texts(found) == {1: "At risk", 2: "Power", 3: "Active", 4: "Segment 4"}
    assert [found[segment].named_by for segment in (1, 2, 4)] == ["recency at least 0.5 sd above the mean", POWER, None]


def test_the_order_of_rows_does_not_matter() -> None:
    """Rules go by their number, whose lowest comes first."""
    centroids = {1: {"activity": 1.0, "recency": -1.0}, 2: {"activity": 0.2, "recency": 0.9}}
    expected = named(centroids, NOBODY, RULES, features=FEATURES, name_margin=0.1)
    assert named(dict(reversed(centroids.items())), NOBODY, RULES[::-1], features=FEATURES[::-1], name_margin=0.1) == expected


def test_the_strongest_has_the_name() -> None:
    """By its weakest condition; the other one goes on to later rules, and then takes the name with its id."""
    found = names({1: (0.6, -3.0), 2: (0.9, -0.8), 3: (0.7, -0.5)})
    assert texts(found) == {1: "Power 1", 2: "Power", 3: "Active"}
    assert found[1].named_by == POWER
    assert texts(names({5: (0.9, -0.8), 3: (0.9, -0.8)})) == {3: "Power", 5: "Active"}


@pytest.mark.parametrize(("activity", "name"), [(0.5, "Power"), (0.41, "Power"), (0.39, "Active")])
def test_a_name_is_kept_within_the_margin(activity: float, name: str) -> None:
    """And not beyond; a name that is not held yet needs the whole threshold."""
    assert texts(names({1: (activity, -0.5)}, {1: "Power"}) | names({1: (activity, -0.5), 2: (-1, 0)}, {1: "Power"}))[1] == name
    assert texts(names({1: (0.41, -0.5), 2: (-1, 0)}))[1] == "Active"
    assert texts(names({1: (0.41, -0.5), 2: (-1, 0)}, {2: "Power"}))[1] == "Active"


def test_who_has_a_name_keeps_it() -> None:
    """Although another one now fulfils the rule more strongly, or an earlier rule holds as well."""
    assert texts(names({1: (0.45, -0.3), 2: (2.0, -2.0)}, {1: "Power"})) == {1: "Power", 2: "Active"}
    assert texts(names({1: (0.6, 0.6), 2: (-1, 0)}, {1: "Active"})) == {1: "Active", 2: "Segment 2"}


def test_a_numbered_name_is_kept() -> None:
    """Also when the plain one becomes free."""
    assert texts(names({3: (0.7, -0.5), 4: (-1.0, 0.0)}, {2: "Power", 3: "Power 3"})) == {3: "Power 3", 4: "Segment 4"}


def test_names_without_a_rule_are_not_kept() -> None:
    """Of rules that were changed, of fits of one segment, of segments that no rule named."""
    before = {1: "All users", 2: "Heavy", 3: "Segment 3"}
    assert texts(names({1: (0.6, -0.5), 2: (0.1, 0.0), 3: (0.0, 0.7)}, before)) == {1: "Power", 2: "Active", 3: "At risk"}


def test_one_segment() -> None:
    """It is all users, whatever rules say."""
    centroid = {7: {"activity": 0.0, "recency": 0.0}}
    previous = pd.DataFrame({"segment_id": [7], "segment_name": ["Active"]})
    assert named(centroid, previous, RULES, features=FEATURES, name_margin=0.1) == {7: Named("All users", None)}


def test_thresholds_on_the_other_side_of_the_mean() -> None:
    """In words that say which way they bound; without rules, ids."""
    rules = pd.DataFrame({"rule": [1, 1], "segment_name": "Usual", "feature": "activity", "direction": ["high", "low"], "threshold": -0.25})
    centroids = {1: {"activity": 0.2}, 2: {"activity": 0.3}}
    found = named(centroids, NOBODY, rules, features=["activity"], name_margin=0.1)
    assert found[1] == Named("Usual", "activity at most 0.25 sd below the mean and activity at most 0.25 sd above the mean")
    assert found[2] == Named("Segment 2", None)
    assert texts(named(centroids, NOBODY, rules[:0], features=["activity"], name_margin=0.1)) == {1: "Segment 1", 2: "Segment 2"}
