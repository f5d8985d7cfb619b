"""Tests of attributes against segments agree with scipy and statsmodels on the users, and keep their error rates in organisations too."""

from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.stats import chi2_contingency, f, false_discovery_control, fisher_exact, t
from statsmodels.stats.contingency_tables import Table as Oracle

from python_models.methods.segment_tests import ATTRIBUTE_COLUMNS, CELL_COLUMNS, attribute_table, cell_table
from python_models.methods.tables import TYPES, typed

CELLS = ["attribute", "level", "segment_id", "users", "squares", "level_support", "segment_support"]
ATTRIBUTES = ["attribute", "levels", "is_clustered", "has_too_many_levels", "reason_untested"]
ALONE = -1

Places = NDArray[np.int64]
Frames = tuple[pd.DataFrame, pd.DataFrame]


def users_of(table: list[list[int]]) -> tuple[Places, Places]:
    """Level and segment of each user of a table."""
    levels, segments = (np.repeat(places, np.ravel(table)) for places in np.indices(np.shape(table)).reshape(2, -1))
    return levels, segments


def counted(name: str, levels: Places, segments: Places, organisations: Places | None = None) -> Frames:
    """The two frames of one attribute of simulated users; ALONE is the organisation of a user without one."""
    organisations = np.full(len(levels), ALONE) if organisations is None else organisations
    alone = organisations == ALONE
    organisations = np.where(alone, organisations.max(initial=0) + 1 + np.arange(len(levels)), organisations)
    of_users = np.unique(organisations, return_inverse=True)[1]
    sizes = (of_users.max(initial=-1) + 1, levels.max(initial=-1) + 1, segments.max(initial=-1) + 1)
    cells = np.zeros(sizes)
    np.add.at(cells, (of_users, levels, segments), 1)
    of_levels, of_segments, everybody = cells.sum(axis=2), cells.sum(axis=1), cells.sum(axis=(1, 2))
    total = max(everybody.sum(), 1)
    level_share, segment_share = of_levels.sum(axis=0) / total, of_segments.sum(axis=0) / total
    excess = (
        cells
        - segment_share * of_levels[:, :, None]
        - level_share[:, None] * of_segments[:, None]
        + np.outer(level_share, segment_share) * everybody[:, None, None]
    )
    supports = [of_side.sum(axis=0) ** 2 / np.maximum((of_side**2).sum(axis=0), 1e-300) for of_side in (of_levels, of_segments)]
    level, segment = (places.ravel() for places in np.indices(sizes[1:]))
    columns = {
        "attribute": name,
        "level": [f"L{place:04}" for place in level],
        "segment_id": segment + 1,
        "users": cells.sum(axis=0).astype(np.int64).ravel(),
        "squares": (excess**2).sum(axis=0).ravel(),
        "level_support": supports[0][level],
        "segment_support": supports[1][segment],
    }
    usual = {"attribute": name, "levels": sizes[1], "is_clustered": bool((everybody > 1).any()), "has_too_many_levels": False}
    return pd.DataFrame(columns, columns=CELLS), pd.DataFrame([usual | {"reason_untested": None}], columns=ATTRIBUTES)


def together(*frames: Frames) -> Frames:
    """The two frames of several attributes."""
    return pd.concat([cells for cells, _ in frames], ignore_index=True), pd.concat([rows for _, rows in frames], ignore_index=True)


def table_of(frames: Frames, **changed: Any) -> pd.DataFrame:
    """The table of attributes, with the project's usual parameters."""
    return attribute_table(*frames, **({"alpha": 0.05, "min_users": 30, "seed": 1} | changed))


def cells_of(frames: Frames, **changed: Any) -> pd.DataFrame:
    """The table of cells, with the project's usual parameters."""
    return cell_table(*frames, **({"alpha": 0.05, "min_users": 30, "seed": 1} | changed))


def in_organisations(
    rng: np.random.Generator,
    sizes: Places,
    levels: int,
    segments: int,
    *,
    shared_level: bool = True,
    effect: float = 0.0,
    name: str = "plan",
) -> Frames:
    """Users whose segment is alike within organisations, and whose level is the organisation's, or is alike too."""
    organisations = np.repeat(np.arange(len(sizes)), sizes)
    of_levels = rng.dirichlet(np.full(levels, 1e-3 if shared_level else 1.0), len(sizes))
    level = (rng.random(len(organisations))[:, None] > of_levels.cumsum(axis=1)[organisations]).sum(axis=1).clip(0, levels - 1)
    tastes = rng.dirichlet(np.full(segments, 0.8), len(sizes))[organisations]
    tastes = tastes * np.exp(effect * (np.arange(segments) == level[:, None] % segments))
    tastes /= tastes.sum(axis=1, keepdims=True)
    segment = (rng.random(len(organisations))[:, None] > tastes.cumsum(axis=1)).sum(axis=1).clip(0, segments - 1)
    return counted(name, level, segment, organisations)


PLAN = [[30, 10, 20], [15, 40, 22], [12, 18, 25], [9, 11, 6]]
NOTHING = [[20, 21, 22], [30, 31, 33]]
SPARSE = [[3, 1, 0], [2, 6, 1], [20, 15, 14], [0, 4, 9]]


def test_a_family_by_the_definitions() -> None:
    """Statistics and p-values by scipy, q-values over the attributes, Cramer's V by its formula."""
    frames = together(*(counted(name, *users_of(table)) for name, table in {"plan": PLAN, "nothing": NOTHING, "sparse": SPARSE}.items()))
    table = table_of(frames).set_index("attribute")
    assert table.index.tolist() == ["nothing", "plan", "sparse"]
    assert table["test"].tolist() == ["chi_square", "chi_square", "monte_carlo"]
    by_scipy = {"nothing": chi2_contingency(NOTHING), "plan": chi2_contingency(PLAN), "sparse": chi2_contingency(SPARSE)}
    np.testing.assert_allclose(table["statistic"], [result.statistic for result in by_scipy.values()])
    np.testing.assert_allclose(table["p_value"][:2], [result.pvalue for result in by_scipy.values()][:2])
    assert table["degrees_of_freedom"].tolist() == [2, 6, pd.NA]
    np.testing.assert_allclose(table["q_value"], false_discovery_control(table["p_value"]))
    assert table["verdict"].tolist() == ["no_evidence", "different", "different"]
    assert table["users"].tolist() == [157, 218, 75]
    assert (table["levels"].tolist(), table["segments"].tolist()) == ([2, 4, 4], [3, 3, 3])
    assert (table["design_effect"] == 1).all()
    assert (table["effect_size_name"] == "cramers_v").all()
    phi = by_scipy["plan"].statistic / 218 - 6 / 217
    assert table.loc["plan", "effect_size"] == pytest.approx(np.sqrt(phi / (3 - 4 / 217 - 1)))
    assert table.loc["plan", "reason"] == "smallest expected count 7.8, 4 levels, 3 segments: chi-square"
    assert table.loc["sparse", "reason"] == "smallest expected count 1.2, 4 levels, 3 segments: chi-square against 9,999 random tables"


def test_random_tables_agree_with_shuffled_users() -> None:
    """Where expected counts are small; the draws are enough for the first of many rejections."""
    levels, segments = users_of(SPARSE)
    p_value = table_of(counted("sparse", levels, segments)).loc[0, "p_value"]
    rng, draws = np.random.default_rng(8), 4000
    observed = chi2_contingency(SPARSE).statistic
    hits = 0
    expected = np.outer(np.sum(SPARSE, axis=1), np.sum(SPARSE, axis=0)) / np.sum(SPARSE)
    for _ in range(draws):
        table = np.bincount(levels * 3 + rng.permutation(segments), minlength=12).reshape(4, 3)
        hits += ((table - expected) ** 2 / expected).sum() >= observed - 1e-9
    assert p_value == pytest.approx(hits / draws, abs=5 * np.sqrt(hits) / draws)
    small = together(*(counted(f"a{place}", levels, segments) for place in range(30)))
    assert "11,999 random tables" in table_of(small).loc[0, "reason"]


def test_cells_by_the_definitions() -> None:
    """Shares and lift by counting, residuals by statsmodels, p-values from the normal, q-values over the cells of the attribute."""
    frames = together(counted("plan", *users_of(PLAN)), counted("nothing", *users_of(NOTHING)))
    cells = cells_of(frames)
    assert cells.groupby("attribute").size().to_dict() == {"nothing": 6, "plan": 12}
    plan, nothing = cells[cells["attribute"] == "plan"], cells[cells["attribute"] == "nothing"]
    users = np.array(PLAN)
    np.testing.assert_array_equal(plan["users"].to_numpy().reshape(4, 3), users)
    np.testing.assert_allclose(plan["share_of_segment"].to_numpy().reshape(4, 3), users / users.sum(axis=0))
    np.testing.assert_allclose(plan["share_of_level"].to_numpy().reshape(4, 3), users / users.sum(axis=1, keepdims=True))
    lift = users / users.sum(axis=0) / (users.sum(axis=1, keepdims=True) / users.sum())
    np.testing.assert_allclose(plan["lift"].to_numpy().reshape(4, 3), lift)
    residuals = np.asarray(Oracle(users, shift_zeros=False).standardized_resids)
    np.testing.assert_allclose(plan["adjusted_residual"].to_numpy().reshape(4, 3), residuals)
    four = [[[cell, row - cell], [column - cell, 218 - row - column + cell]] for cell, row, column in margins(users)]
    expected = [chi2_contingency(table, correction=False).pvalue for table in four]
    np.testing.assert_allclose(plan["p_value"], expected)
    np.testing.assert_allclose(plan["q_value"], false_discovery_control(expected))
    assert plan["q_limit"].tolist() == [0.05 / 2] * 12
    assert nothing["share_of_segment"].notna().all()
    assert nothing[["adjusted_residual", "p_value", "q_value", "q_limit"]].isna().all().all()


def margins(users: Places) -> list[tuple[int, int, int]]:
    """Each cell with the sums of its row and its column."""
    return [(int(cell), int(users[row].sum()), int(users[:, column].sum())) for (row, column), cell in np.ndenumerate(users)]


def test_small_cells_are_exact() -> None:
    """Twice the smaller tail of Fisher's test of the cell's level by its segment."""
    users = np.array([[60, 3, 1], [50, 4, 12], [40, 60, 2]])
    cells = cells_of(counted("plan", *users_of(users.tolist())))
    exact = 0
    for (cell, row, column), p_value in zip(margins(users), cells["p_value"], strict=True):
        four = [[cell, row - cell], [column - cell, users.sum() - row - column + cell]]
        if chi2_contingency(four).expected_freq.min() < 5:
            exact += 1
            assert p_value == pytest.approx(min(1, 2 * min(fisher_exact(four, alternative=side).pvalue for side in ("less", "greater"))))
        else:
            assert p_value == pytest.approx(chi2_contingency(four, correction=False).pvalue)
    assert exact == 2


def test_organisations_by_the_definitions() -> None:
    """Squares by a loop over organisations and users, F with the degrees of a known number of equal organisations."""
    rng = np.random.default_rng(4)
    organisations = np.repeat(np.arange(60), 8)
    levels, tastes = organisations % 3, rng.dirichlet([0.5] * 4, 60)[organisations]
    segments = (rng.random(480)[:, None] > tastes.cumsum(axis=1)).sum(axis=1)
    segments = np.where(rng.random(480) < 0.3, levels, segments)
    frames = counted("plan", levels, segments, organisations)
    shares = [np.bincount(side) / 480 for side in (levels, segments)]
    squares = np.zeros((3, 4))
    for organisation in range(60):
        members = np.flatnonzero(organisations == organisation)
        for level, segment in np.ndindex(3, 4):
            excess = sum(
                ((levels[user] == level) - shares[0][level]) * ((segments[user] == segment) - shares[1][segment]) for user in members
            )
            squares[level, segment] += excess**2
    np.testing.assert_allclose(frames[0]["squares"].to_numpy().reshape(3, 4), squares)
    users = np.zeros((3, 4))
    np.add.at(users, (levels, segments), 1)
    by_scipy = chi2_contingency(users, correction=False)
    # each level has 20 of the 60 organisations; each segment has some users of most of them
    of_segments = [np.array(list(Counter(organisations[segments == place].tolist()).values())) for place in range(4)]
    equal = max(20.0, 480**2 / sum(np.sqrt((sizes**2).sum()) for sizes in of_segments) ** 2)
    assert 20 < equal <= 60
    effect = (squares / by_scipy.expected_freq).sum() / 6 * equal / (equal - 1)
    row = table_of(frames).iloc[0]
    assert row["design_effect"] == pytest.approx(effect)
    assert effect > 1.5
    assert row["statistic"] == pytest.approx(by_scipy.statistic / effect)
    assert row["p_value"] == pytest.approx(f.sf(by_scipy.statistic / effect / 6, 6, equal - 1))
    said = f"; divided by the design effect {effect:.2f} of users in organisations; {equal - 1:.1f} degrees of freedom, as users sit in"
    assert said in row["reason"]
    assert row["verdict"] == "different"
    cells = cells_of(frames)
    of_cells = np.maximum(effect, squares / (by_scipy.expected_freq * np.outer(1 - shares[0], 1 - shares[1])) * equal / (equal - 1))
    residuals = np.asarray(Oracle(users, shift_zeros=False).standardized_resids) / np.sqrt(of_cells)
    np.testing.assert_allclose(cells["adjusted_residual"].to_numpy().reshape(3, 4), residuals)
    degrees = np.minimum(np.array([sizes.sum() ** 2 / (sizes**2).sum() for sizes in of_segments]), 20) - 1
    np.testing.assert_allclose(cells["p_value"].to_numpy().reshape(3, 4), 2 * t.sf(np.abs(residuals), degrees))


@pytest.mark.parametrize(
    ("changed", "verdict", "said"),
    [
        ({"reason_untested": "segments_were_built_from_it"}, "not_tested", "segments_were_built_from_it"),
        ({"has_too_many_levels": True, "levels": 1204}, "too_many_levels", "levels: 1,204, more than are tested"),
    ],
)
def test_what_is_declared_not_to_be_tested(changed: dict[str, Any], verdict: str, said: str) -> None:
    """No figures, and no part in the family; shares all the same."""
    cells, attributes = counted("other", *users_of(PLAN))
    frames = together(counted("plan", *users_of(PLAN)), (cells, attributes.assign(**changed)))
    table, cells = table_of(frames).sort_values("attribute", ascending=False, ignore_index=True), cells_of(frames)
    assert table[["verdict", "reason"]].to_numpy().tolist()[1] == [verdict, said]
    figures = ["test", "statistic", "degrees_of_freedom", "p_value", "q_value", "effect_size", "effect_size_name", "design_effect"]
    assert table.loc[1, figures].isna().all()
    assert table.loc[0, "q_value"] == table.loc[0, "p_value"]
    plan, other = cells[cells["attribute"] == "plan"], cells[cells["attribute"] == "other"]
    assert (plan["q_limit"] == 0.05).all()
    np.testing.assert_array_equal(plan["lift"], other["lift"])
    assert other[["p_value", "q_value"]].isna().all().all()


@pytest.mark.parametrize(
    ("table", "min_users", "said"),
    [
        ([[7, 7, 7], [3, 3, 2]], 30, "users: 29, at least 30 are needed"),
        ([[0, 0], [0, 0]], 0, "users: 0, at least 1 are needed"),
        ([[20, 20], [0, 0]], 30, "levels with users: 1, at least 2 are needed"),
        ([[20, 20]], 30, "levels with users: 1, at least 2 are needed"),
        ([[20, 0], [20, 0]], 30, "segments with users: 1, at least 2 are needed"),
    ],
)
def test_too_few_users(table: list[list[int]], min_users: int, said: str) -> None:
    """Of the attribute, or on one side of it; there is another attribute with all segments."""
    frames = together(with_cells("plan", table), counted("other", *users_of(PLAN)))
    row = table_of(frames, min_users=min_users).set_index("attribute").loc["plan"]
    assert (row["verdict"], row["reason"]) == ("too_few_users", said)
    assert np.isnan(row["p_value"])


def with_cells(name: str, table: list[list[int]]) -> Frames:
    """An attribute of independent users, with the cells of levels and segments that nobody has."""
    cells = [
        {"attribute": name, "level": f"L{level}", "segment_id": segment + 1, "users": users, "squares": 1.0}
        | {"level_support": float(np.sum(table, axis=1)[level]), "segment_support": float(np.sum(table, axis=0)[segment])}
        for (level, segment), users in np.ndenumerate(np.array(table))
    ]
    row = {"attribute": name, "levels": len(table), "is_clustered": False, "has_too_many_levels": False, "reason_untested": None}
    return pd.DataFrame(cells, columns=CELLS), pd.DataFrame([row], columns=ATTRIBUTES)


def test_levels_and_segments_without_users() -> None:
    """They take no part in the test, and have no share that would be 0 of 0."""
    gaps = [[row[0], 0, *row[1:]] for row in PLAN]
    gaps.insert(1, [0, 0, 0, 0])
    row, without = table_of(with_cells("plan", gaps)).iloc[0], table_of(counted("plan", *users_of(PLAN))).iloc[0]
    assert (
        row[["statistic", "degrees_of_freedom", "p_value", "segments"]].tolist()
        == without[["statistic", "degrees_of_freedom", "p_value", "segments"]].tolist()
    )
    cells = cells_of(with_cells("plan", gaps))
    of_level, of_segment = (cells.groupby(side)["users"].transform("sum") for side in ("level", "segment_id"))
    assert len(cells) == 20
    np.testing.assert_array_equal(cells["share_of_level"].isna(), of_level == 0)
    np.testing.assert_array_equal(cells["share_of_segment"].isna(), of_segment == 0)
    np.testing.assert_array_equal(cells["lift"].isna(), (of_level == 0) | (of_segment == 0))
    np.testing.assert_array_equal(cells["adjusted_residual"].isna(), (of_level == 0) | (of_segment == 0))


def test_one_segment() -> None:
    """There is nothing to test, and everybody is in it."""
    frames = together(counted("plan", *users_of([[40], [60]])), counted("town", *users_of([[20], [80]])))
    table, cells = table_of(frames), cells_of(frames)
    assert table[["verdict", "reason"]].to_numpy().tolist() == [["not_tested", "one segment"]] * 2
    assert cells["share_of_segment"].tolist() == [0.4, 0.6, 0.2, 0.8]
    assert (cells["share_of_level"] == 1).all()
    assert (cells["lift"] == 1).all()
    assert cells["q_value"].isna().all()


def test_too_few_organisations() -> None:
    """Few of them, or one with half of the users, tell nothing of how alike users of one organisation are."""
    rng = np.random.default_rng(1)
    few = in_organisations(rng, np.full(9, 40), 2, 3)
    giant = in_organisations(rng, np.array([1500] + [10] * 150), 4, 3, shared_level=False)
    for frames in (few, giant):
        row = table_of(frames).iloc[0]
        assert row["verdict"] == "too_few_users"
        assert row["reason"].startswith("organisations: as many as ")
        assert row["reason"].endswith(" of equal size, at least 10 are needed")


def test_a_level_of_one_organisation() -> None:
    """The others are compared all the same; nothing can be said of its cells."""
    rng = np.random.default_rng(2)
    organisations = np.repeat(np.arange(60), 12)
    levels = np.where(organisations == 0, 2, organisations % 2)
    segments = np.where(rng.random(720) < 0.4, levels % 2, rng.integers(0, 3, 720))
    frames = counted("plan", levels, segments, organisations)
    assert table_of(frames).loc[0, "verdict"] == "different"
    p_values = cells_of(frames).set_index("level")["p_value"]
    assert p_values["L0002"].isna().all()
    assert p_values[["L0000", "L0001"]].notna().all()


def test_users_without_organisations_are_independent() -> None:
    """Some organisations of one or two hardly change anything."""
    levels, segments = users_of([[200, 180, 150], [150, 190, 170]])
    alone = table_of(counted("plan", levels, segments)).iloc[0]
    rng = np.random.default_rng(5)
    pairs = np.where(rng.random(len(levels)) < 0.05, rng.integers(0, 30, len(levels)), ALONE)
    row = table_of(counted("plan", levels, segments, pairs)).iloc[0]
    assert 1 <= row["design_effect"] < 1.1
    assert row["p_value"] == pytest.approx(alone["p_value"], rel=0.35)


SHAPES = [(2, 2), (3, 4), (8, 3)]
# organisations of equal size; of very different ones; one with a fifth of all users; three with a tenth each
SIZES = {
    "equal": np.full(60, 8),
    "unequal": np.array([1 + place**2 // 12 for place in range(60)]),
    "one large": np.array([200] + [4] * 200),
    "three large": np.array([60] * 3 + [2] * 200),
}


@pytest.mark.parametrize("shared_level", [True, False])
@pytest.mark.parametrize("name", SIZES)
def test_false_positives_in_organisations(name: str, shared_level: bool) -> None:
    """At 5 % no more than 5 %, but for chance, whatever the sizes."""
    rng = np.random.default_rng(11)
    frames = together(
        *(
            in_organisations(rng, SIZES[name], *shape, shared_level=shared_level, name=f"{shape}, {place}")
            for shape in SHAPES
            for place in range(30)
        )
    )
    # a large alpha, because there need be no more random tables than for one attribute
    table = table_of(frames, alpha=0.5)
    assert table["p_value"].count() > 75
    assert table["design_effect"].median() > 1.2
    # 0.1 % of binomial counts of 90 at 5 % lie above
    assert (table["p_value"] <= 0.05).sum() <= 12


def test_power_in_organisations() -> None:
    """An effect in 60 organisations of 8 users each is found, so that too much care would fail."""
    rng = np.random.default_rng(12)
    frames = together(*(in_organisations(rng, SIZES["equal"], 3, 3, effect=2.0, name=f"{place}") for place in range(40)))
    assert (table_of(frames)["p_value"] <= 0.05).sum() >= 32


def test_false_families_under_the_null() -> None:
    """At most 5 % of families of independent attributes, some of them with small expected counts, and some power."""
    rng = np.random.default_rng(13)
    families, different = 80, []
    for _ in range(families):
        segments = rng.integers(0, 3, 150)
        frames = together(
            *(counted(f"a{levels}", rng.integers(0, levels, 150), segments) for levels in (2, 4)),
            counted("rare", (rng.random(150) < 0.03).astype(np.int64), segments),
        )
        different.append(bool((table_of(frames)["verdict"] == "different").any()))
    # 0.1 % of binomial counts lie above
    assert sum(different) <= 11
    segments = rng.integers(0, 3, (60, 150))
    mixed = (np.where(rng.random(150) < 0.35, row, rng.integers(0, 3, 150)) for row in segments)
    found = together(*(counted(f"{place}", levels, row) for place, (levels, row) in enumerate(zip(mixed, segments, strict=True))))
    assert (table_of(found)["p_value"] <= 0.05).sum() >= 48


@pytest.mark.parametrize("size", [1, 5])
def test_false_cells(size: int) -> None:
    """Where two levels of four differ in two segments of three, the other cells are 5 % of those found, users alone or in organisations."""
    rng = np.random.default_rng(14)
    shares = np.array([[0.55, 0.15, 0.3], [0.15, 0.55, 0.3], [0.35, 0.35, 0.3], [0.35, 0.35, 0.3]])
    organisations = np.repeat(np.arange(240), size)
    levels = np.arange(240)[organisations] % 4
    data_sets = []
    for place in range(60):
        tastes = np.array([rng.dirichlet(3 * share) if size > 1 else share for share in shares[np.arange(240) % 4]]).cumsum(axis=1)
        segments = (rng.random(len(levels))[:, None] > tastes[organisations]).sum(axis=1).clip(0, 2)
        data_sets.append(counted(f"{place}", levels, segments, organisations))
    frames = together(*data_sets)
    assert (table_of(frames)["verdict"] == "different").sum() >= 57
    cells = cells_of(frames)
    cells = cells.assign(
        is_found=cells["q_value"] <= cells["q_limit"], is_there=cells["level"].isin(["L0000", "L0001"]) & (cells["segment_id"] < 3)
    )
    assert cells.loc[cells["is_there"], "is_found"].mean() >= 0.8
    found = cells[cells["is_found"]]
    assert (~found["is_there"]).groupby(found["attribute"]).mean().mean() <= 0.06


def test_a_thousand_levels() -> None:
    """20 of them are large and almost all in one segment: those are found."""
    rng = np.random.default_rng(15)
    levels = np.repeat(np.arange(1000), [40] * 20 + [4] * 980)
    segments = np.where((levels < 20) & (rng.random(len(levels)) < 0.9), 0, rng.integers(0, 2, len(levels)))
    cells = cells_of(counted("town", levels, segments))
    assert len(cells) == 2000
    found = cells[cells["q_value"] <= cells["q_limit"]]
    assert found["level"].unique().tolist() == [f"L{level:04}" for level in range(20)]


def test_the_order_of_rows_does_not_matter() -> None:
    """To the bit; what else is tested leaves the random tables of an attribute alone."""
    rng = np.random.default_rng(16)
    plain = (counted(name, *users_of(table)) for name, table in {"sparse": SPARSE, "plan": PLAN, "more": PLAN}.items())
    frames = together(*plain, in_organisations(rng, SIZES["unequal"], 3, 3, effect=3.0, name="shared"))
    shuffled = (frames[0].sample(frac=1, random_state=1), frames[1].sample(frac=1, random_state=2))
    pd.testing.assert_frame_equal(table_of(frames), table_of(shuffled), check_exact=True)
    pd.testing.assert_frame_equal(cells_of(frames), cells_of(shuffled), check_exact=True)
    alone = table_of(counted("sparse", *users_of(SPARSE)))
    assert table_of(frames).set_index("attribute").loc["sparse", "p_value"] == alone.loc[0, "p_value"]


@pytest.mark.parametrize("kept", [0, 1])
def test_types_where_there_is_nothing(kept: int) -> None:
    """No attribute at all, or one without users."""
    cells, attributes = counted("plan", *users_of(PLAN))
    frames = (cells[:0], attributes[:kept])
    for table, columns, rows in ((table_of(frames), ATTRIBUTE_COLUMNS, kept), (cells_of(frames), CELL_COLUMNS, 0)):
        result = typed(table, columns)
        assert result.num_rows == rows
        assert dict(zip(result.schema.names, result.schema.types, strict=True)) == {name: TYPES[kind] for name, kind in columns.items()}
    assert table_of(frames)["verdict"].tolist() == ["too_few_users"] * kept
