"""The sentence names what speaks for groups and what against, for each combination of criteria."""

from itertools import product

import pytest

from python_models.methods.cluster_findings import Evidence, finding, too_alike, too_few


def evidence(*, gap: bool, silhouette: bool, valley: bool) -> Evidence:
    """Where the criteria named hold."""
    return Evidence(
        gap_k=5 if gap else 1, best_k=4, excess=0.0523 if silhouette else 0.0012, needed_excess=0.03, valley=0.33 if valley else 0.052
    )


GAP = ("the gap statistic chooses 1 segment", "the gap statistic chooses 5 segments")
SILHOUETTE = (
    "the silhouette of 4 segments is 0.001 above that of data without groups (0.030 above it is needed)",
    "the silhouette of 4 segments is 0.052 above that of data without groups (0.030 above it is needed)",
)
VALLEY = (
    "the density of users falls by 5 % between segments (10 % is needed)",
    "the density of users falls by 33 % between segments (10 % is needed)",
)


@pytest.mark.parametrize(
    ("holds", "sentence"),
    [
        ((True, True, True), f"4 groups: {GAP[1]}, {SILHOUETTE[1]}, and {VALLEY[1]}."),
        ((False, True, True), f"No groups: {GAP[0]}; yet {SILHOUETTE[1]} and {VALLEY[1]}."),
        ((True, False, True), f"No groups: {SILHOUETTE[0]}; yet {GAP[1]} and {VALLEY[1]}."),
        ((True, True, False), f"No groups: {VALLEY[0]}; yet {GAP[1]} and {SILHOUETTE[1]}."),
        ((False, False, True), f"No groups: {GAP[0]} and {SILHOUETTE[0]}; yet {VALLEY[1]}."),
        ((False, True, False), f"No groups: {GAP[0]} and {VALLEY[0]}; yet {SILHOUETTE[1]}."),
        ((True, False, False), f"No groups: {SILHOUETTE[0]} and {VALLEY[0]}; yet {GAP[1]}."),
        ((False, False, False), f"No groups: {GAP[0]}, {SILHOUETTE[0]}, and {VALLEY[0]}."),
    ],
)
def test_each_combination(holds: tuple[bool, bool, bool], sentence: str) -> None:
    """Only all three together are groups."""
    gap, silhouette, valley = holds
    found = evidence(gap=gap, silhouette=silhouette, valley=valley)
    assert finding(found) == sentence
    assert found.criteria == holds
    assert found.is_structured == all(holds)


def test_figures_never_contradict_the_verdict() -> None:
    """A figure just below what is needed is shown with as many decimals as it takes."""
    assert "is 0.02996 above that of data without groups (0.03000 above it is needed)" in finding(Evidence(1, 2, 0.02996, 0.03, 0.0))
    assert "falls by 9.98 % between segments (10.00 % is needed)" in finding(Evidence(1, 2, 0.0, 0.03, 0.0998))
    assert "is 0.030 above that of data without groups (0.030 above it is needed)" in finding(Evidence(1, 2, 0.03, 0.03, 0.0))


def test_nothing_and_less_than_nothing() -> None:
    """A silhouette may be below that of data without groups; a density may not fall at all."""
    found = finding(Evidence(gap_k=1, best_k=2, excess=-0.0123, needed_excess=0.0412, valley=0.0))
    assert "is 0.012 below that of data without groups (0.041 above it is needed)" in found
    assert "the density of users does not fall between segments (10 % is needed)" in found
    assert "is 0.000 above" in finding(Evidence(1, 2, -0.0001, 0.03, 0.0))


def test_too_little_to_tell() -> None:
    """Few users, or users who are alike."""
    assert too_few(1, 500) == "Too few users: 1 user is not enough to tell whether there are groups (500 are needed)."
    assert too_few(499, 1500) == "Too few users: 499 users are not enough to tell whether there are groups (1,500 are needed)."
    assert [too_alike(rows) for rows in (1, 3)] == ["No groups: all users are alike.", "No groups: there are only 3 different users."]


def test_rows_are_called_what_they_are() -> None:
    """Tracks, where they are not users."""
    assert too_few(1, 500, "tracks") == "Too few tracks: 1 track is not enough to tell whether there are groups (500 are needed)."
    assert too_few(2, 500, "tracks").startswith("Too few tracks: 2 tracks are")
    assert [too_alike(rows, "tracks") for rows in (1, 3)] == [
        "No groups: all tracks are alike.",
        "No groups: there are only 3 different tracks.",
    ]
    found = finding(evidence(gap=True, silhouette=True, valley=True), "tracks")
    assert found == f"4 groups: {GAP[1]}, {SILHOUETTE[1]}, and {VALLEY[1].replace('users', 'tracks')}."


def test_all_combinations_are_listed() -> None:
    """Eight sentences, all different."""
    assert len({finding(evidence(gap=gap, silhouette=s, valley=v)) for gap, s, v in product([False, True], repeat=3)}) == 8
