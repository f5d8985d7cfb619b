"""Who was in which segment and when, over periods in which users move, arrive and vanish, while nothing is fitted anew."""

import shutil
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from tests.python import macros
from tests.python.warehouse import Run, Warehouse, different, write

FEATURES = [
    "sessions_per_week",
    "engagement_score",
    "feature_clicks_per_session",
    "in_app_search_count",
    "churn_risk_score",
    "days_since_last_login",
]
# the centre of each kind in each feature
KINDS = {
    "Casual": (2, 20, 10, 10, 40, 40),
    "Power": (18, 80, 10, 10, 40, 40),
    "At-risk": (10, 50, 10, 10, 90, 90),
    "Explorer": (10, 50, 30, 30, 40, 40),
}
OF_KIND = 60
FIT: dict[str, Any] = {
    "segment_features": FEATURES,
    "capped_features": [],
    "segment_count": 4,
    "forced_segment_starts": 10,
    "segment_attributes": [],
    "segment_kpis": ["engagement_score"],
}
NEVER = FIT | {"refit": "never"}
SELECTED = ("+users", "+user_overview", "+user_attributes", "+segment_migrations", "+segment_kpis", "+int_segment_fits_summed")
WITHOUT_TESTS = ("build", "--exclude-resource-type", "test", "unit_test")
FIRST, SECOND, THIRD = date(2025, 6, 30), date(2025, 7, 31), date(2025, 8, 31)
FOURTH, FIFTH = date(2025, 9, 30), date(2025, 10, 31)
VANISHED = 7
# pairs of users, each of another kind, whose figures are exchanged between the first day and the second
EXCHANGED = [(0, 60), (1, 61), (2, 62), (120, 180), (3, 121)]
# a user without usage on the fourth day, who has some again on the fifth
UNMEASURED = 30
# of those, the pairs that the second delivery of the second day puts back, and pairs that it exchanges further
PUT_BACK, EXCHANGED_AGAIN = (1, 61), (2, 120)
BASE = "intermediate.int_segments_fitted"


def drawn(users: int = OF_KIND * len(KINDS)) -> pd.DataFrame:
    """Returns users 0, 1, ... with their features; kinds take turns of sixty, those beyond begin again."""
    noise = np.random.default_rng(3).normal(size=(users, len(FEATURES)))
    kind = np.arange(users) // OF_KIND % len(KINDS)
    figures = np.array(list(KINDS.values()), dtype=float)[kind] + noise * [1, 3, 1, 1, 3, 3]
    return pd.DataFrame(figures.clip(0).round(2), columns=FEATURES)


def exchanged(figures: pd.DataFrame, *pairs: tuple[int, int]) -> pd.DataFrame:
    """Returns the figures after an exchange between the users of each pair, one pair after the other."""
    order = figures.index.to_numpy().copy()
    for one, other in pairs:
        order[[one, other]] = order[[other, one]]
    return figures.iloc[order].set_axis(figures.index)


def delivered(folder: Path, figures: pd.DataFrame, as_of: date, unmeasured: Iterable[int] = ()) -> Path:
    """Writes accounts, a login on each day up to as_of, and the usage of all but the users `unmeasured`."""
    days = (as_of - timedelta(days=place) for place in range(60))
    return write(
        folder,
        users="\n".join(["object_id,creation_time", *(f"{user},2025-01-01 08:00:00" for user in figures.index), ""]),
        user_engagement="\n".join(["time_stamp,user_id,visited", *(f"{day} 09:00:00,0,1" for day in days), ""]),
        app_usage=figures.drop(index=list(unmeasured)).rename_axis("user_id").to_csv(),
    )


def after_exchanges(*further: tuple[int, int]) -> pd.DataFrame:
    """Returns the figures of the second day: of all but the user who vanished."""
    return exchanged(drawn(), *EXCHANGED, *further).drop(VANISHED)


class Periods:
    """One warehouse through five deliveries; keeps a copy of it after each.

    Attributes
    ----------
    folder
        Holds the warehouses.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.warehouse = Warehouse(folder / "now", folder / "raw", ("product", "telemetry"))
        self.warehouse.folder.mkdir()

    def deliver(
        self, name: str, figures: pd.DataFrame, as_of: date, settings: dict[str, Any], *options: str, unmeasured: Iterable[int] = ()
    ) -> Run:
        """Builds from new raw tables."""
        delivered(self.folder / "raw", figures, as_of, unmeasured)
        run = self.warehouse.dbt(*WITHOUT_TESTS, "--select", *SELECTED, *options, settings=settings)
        assert run.succeeded, run.output
        (self.folder / name).mkdir()
        shutil.copy(self.warehouse.path, self.folder / name)
        return run

    def __getitem__(self, name: str) -> Warehouse:
        """Returns the warehouse as it was after a delivery."""
        return Warehouse(self.folder / name, self.folder / "raw", self.warehouse.sources)


@pytest.fixture(scope="module")
def periods(tmp_path_factory: pytest.TempPathFactory) -> Periods:
    """Deliveries on five days.

    A fit; a second day; a correction of it; the same again; a third day on which newcomers are there and no Python model runs; a fourth
    on which a user has no usage, and a fifth on which that user has some again.
    """
    built = Periods(tmp_path_factory.mktemp("periods"))
    built.deliver("fit", drawn(), FIRST, FIT)
    built.deliver("second", after_exchanges(), SECOND, NEVER)
    built.deliver("corrected", after_exchanges(PUT_BACK, EXCHANGED_AGAIN), SECOND, NEVER)
    built.deliver("again", after_exchanges(PUT_BACK, EXCHANGED_AGAIN), SECOND, NEVER)
    newcomers = drawn(OF_KIND * len(KINDS) + 100).iloc[OF_KIND * len(KINDS) :]
    third = pd.concat([after_exchanges(PUT_BACK, EXCHANGED_AGAIN, PUT_BACK), newcomers])
    built.deliver("third", third, THIRD, NEVER, "--exclude", "path:python_models")
    built.deliver("fourth", third, FOURTH, NEVER, "--exclude", "path:python_models", unmeasured=[UNMEASURED])
    built.deliver("fifth", third, FIFTH, NEVER, "--exclude", "path:python_models")
    return built


def kinds(figures: pd.DataFrame) -> "pd.Series[str]":
    """Returns the name of the kind whose centre is nearest, by user."""
    centres = np.array(list(KINDS.values()), dtype=float)
    distances = ((figures.to_numpy()[:, None, :] - centres) ** 2).sum(axis=2)
    return pd.Series(np.array(list(KINDS))[distances.argmin(axis=1)], index=figures.index)


def moves(before: "pd.Series[str]", now: "pd.Series[str]", moved_on: date) -> list[tuple[Any, ...]]:
    """Returns the rows of segment_migrations between two days, of users who are there on both."""
    both = pd.DataFrame({"before": before, "now": now}).dropna()
    sizes = both["before"].value_counts()
    counts = both[both["before"] != both["now"]].value_counts(["before", "now"])
    return sorted((moved_on, one, other, users, sizes[one], users / sizes[one]) for (one, other), users in counts.items())


MIGRATIONS = """
    select period, from_segment_name, to_segment_name, users, from_users, share
    from marts.segment_migrations
    order by 1, 2, 3
"""
PRESENT = "select user_id, segment_name from marts.user_segments order by user_id"


def test_segments_are_those_that_were_drawn(periods: Periods) -> None:
    """So that an exchange of figures between kinds is a move between segments, and the rules give the kinds' names."""
    assert periods["fit"].rows(PRESENT) == list(kinds(drawn()).items())
    assert periods["fit"].rows(MIGRATIONS) == []


def test_migrations_count_the_planted_movers(periods: Periods) -> None:
    """From, to, users, and their share of those who could have moved; the vanished user is neither."""
    expected = moves(kinds(drawn()), kinds(after_exchanges()), SECOND)
    assert [row[1:4] for row in expected] == [
        ("At-risk", "Casual", 1),
        ("At-risk", "Explorer", 1),
        ("Casual", "At-risk", 1),
        ("Casual", "Power", 3),
        ("Explorer", "At-risk", 1),
        ("Power", "Casual", 3),
    ]
    assert periods["second"].rows(MIGRATIONS) == expected


def test_a_second_build_of_a_day_corrects_the_first(periods: Periods) -> None:
    """What it puts back was no move, what it moves further went there at once, and nothing was ever in force for no time."""
    corrected = kinds(after_exchanges(PUT_BACK, EXCHANGED_AGAIN))
    assert periods["corrected"].rows(MIGRATIONS) == moves(kinds(drawn()), corrected, SECOND)
    assert periods["corrected"].rows("select * from marts.segment_history where valid_from >= valid_to") == []
    assert periods["corrected"].rows("select max(valid_from) from intermediate.int_segments_fitted, marts.segment_history") == [(SECOND,)]


def test_a_build_without_change_adds_nothing(periods: Periods) -> None:
    """Not to the memberships, not to any mart."""
    memberships = "select * from intermediate.segment_memberships order by all"
    assert periods["again"].rows(memberships) == periods["corrected"].rows(memberships)
    assert different(periods["again"].marts(), periods["corrected"].marts()) == []


def test_moves_after_a_correction_are_moves(periods: Periods) -> None:
    """Users whose row of the second day was written twice move on the third, and the moves of the second stay as they were."""
    corrected = after_exchanges(PUT_BACK, EXCHANGED_AGAIN)
    third = kinds(exchanged(corrected.reindex(drawn().index).fillna(0), PUT_BACK).drop(VANISHED))
    expected = [*moves(kinds(drawn()), kinds(corrected), SECOND), *moves(kinds(corrected), third, THIRD)]
    assert [row[1:4] for row in expected if row[0] == THIRD] == [("Casual", "Power", 1), ("Power", "Casual", 1)]
    assert periods["third"].rows(MIGRATIONS) == expected


@pytest.mark.parametrize("name", ["fit", "second", "corrected", "again", "third"])
def test_history_is_consistent(periods: Periods, name: str) -> None:
    """Of each user one row follows on the other without a gap, the last is the present one, and it is that of user_segments."""
    history = periods[name].query("select * from marts.segment_history order by user_id, valid_from")
    is_last = history["user_id"] != history["user_id"].shift(-1)
    assert (history["valid_to"].isna() == is_last).all()
    assert (history["is_current"] == is_last).all()
    ends, next_starts = history["valid_to"][~is_last], history["valid_from"].shift(-1)[~is_last]
    assert ends.tolist() == next_starts.tolist()
    present = history.loc[is_last, ["user_id", "segment_name"]]
    assert list(present.itertuples(index=False, name=None)) == periods[name].rows(PRESENT)


def test_who_vanished_is_nowhere(periods: Periods) -> None:
    """A user who is in no raw table any more is in no mart, and in no table that leads to one."""
    tables = "select table_schema || '.' || table_name from information_schema.columns where column_name = 'user_id' order by 1"
    found = {
        name: [
            table
            for (table,) in periods[name].rows(tables)
            if periods[name].rows(f"select 1 from {table} where user_id = {VANISHED} limit 1")
        ]
        for name in ("fit", "second")
    }
    assert {"marts.users", "marts.user_segments", "marts.segment_history", "intermediate.segment_memberships"} <= set(found["fit"])
    assert found["second"] == []


def test_nothing_is_fitted(periods: Periods) -> None:
    """Through four builds the fit, its day, its axes and its scale stay bit by bit what they were."""
    for table in ("int_segments_fitted", "int_segment_counts_fitted", "int_segment_axes_fitted", "int_segment_features_scaled"):
        fit = repr(periods["fit"].rows(f"select * from intermediate.{table} order by all"))
        assert fit != "[]"
        for name in ("second", "corrected", "again", "third"):
            assert repr(periods[name].rows(f"select * from intermediate.{table} order by all")) == fit, (table, name)
    for name, as_of in (("second", SECOND), ("third", THIRD)):
        assert periods[name].rows("select distinct as_of, model_fitted_as_of from marts.segments") == [(as_of, FIRST)]
        assert periods[name].rows("select distinct as_of, model_fitted_as_of from marts.user_segments") == [(as_of, FIRST)]
        assert periods[name].rows("select fitted_as_of from intermediate.int_segment_fits_summed") == [(FIRST,)]


def test_newcomers_get_a_segment(periods: Periods) -> None:
    """Users who came after the fit are in the segment of their kind, without a Python model, with reasons, and in nobody's moves."""
    expected = kinds(drawn(OF_KIND * len(KINDS) + 100)).iloc[OF_KIND * len(KINDS) :]
    newcomers = f"select user_id, segment_name from marts.user_segments where user_id >= {OF_KIND * len(KINDS)} order by user_id"
    assert periods["third"].rows(newcomers) == list(expected.items())
    assert periods["third"].rows("select count(*), count(top_reason_1), count(pca_1) from marts.user_segments") == [(339, 339, 339)]
    assert periods["third"].rows("select sum(users) from marts.segments") == [(339,)]
    arrived = f"select distinct valid_from, is_current from marts.segment_history where user_id >= {OF_KIND * len(KINDS)}"
    assert periods["third"].rows(arrived) == [(THIRD, True)]


MEMBERSHIPS = "select * from intermediate.segment_memberships order by all"


def test_a_time_in_no_segment_is_in_the_memberships_and_not_in_the_history(periods: Periods) -> None:
    """So that the times of a user follow each other, and the mart shows times in segments alone."""
    memberships = f"""
        select segment_name, dbt_valid_from, dbt_valid_to
        from intermediate.segment_memberships
        where user_id = {UNMEASURED}
        order by dbt_valid_from
    """
    name = kinds(drawn())[UNMEASURED]
    assert periods["fourth"].rows(memberships) == [(name, FIRST, FOURTH), (None, FOURTH, None)]
    assert periods["fifth"].rows(memberships) == [(name, FIRST, FOURTH), (None, FOURTH, FIFTH), (name, FIFTH, None)]
    history = (
        f"select segment_name, valid_from, valid_to, is_current from marts.segment_history where user_id = {UNMEASURED} order by valid_from"
    )
    assert periods["fourth"].rows(history) == [(name, FIRST, FOURTH, False)]
    assert periods["fifth"].rows(history) == [(name, FIRST, FOURTH, False), (name, FIFTH, None, True)]


@pytest.fixture
def copied(periods: Periods, tmp_path: Path) -> Warehouse:
    """The warehouse after the last delivery, to be written to."""
    shutil.copy(periods["fifth"].path, tmp_path)
    return Warehouse(tmp_path, delivered(tmp_path / "raw", drawn().drop(VANISHED), FIFTH), periods.warehouse.sources)


def test_a_build_that_looks_back_leaves_the_history_as_it_is(copied: Warehouse) -> None:
    """It says so, builds the rest of that day, and its tests pass."""
    before = copied.rows(MEMBERSHIPS)
    guards = ("memberships_neither_overlap_nor_leave_gaps", "present_memberships_are_those_of_user_segments")
    # the newcomers of the third day are not delivered, and leave the history: who is in no raw table is nowhere
    gone = {user for user, *_ in before} - set(drawn().drop(VANISHED).index)
    run = copied.dbt(
        "build",
        *("--exclude-resource-type", "unit_test", "--select", *SELECTED, *guards),
        *("--indirect-selection", "empty", "--exclude", "path:python_models"),
        settings=NEVER | {"as_of": SECOND},
    )
    assert run.succeeded, run.output
    said = " ".join(run.output.split())
    assert f"The history of segments goes up to {FIFTH}, and this build looks back to {SECOND}, so the history stays as it is" in said
    assert f"make build AS_OF={SECOND}" in said
    assert f"PASS {guards[0]}" in said
    assert f"PASS {guards[1]}" in said
    assert copied.rows(MEMBERSHIPS) == [row for row in before if row[0] not in gone]
    assert copied.rows("select distinct as_of from marts.user_segments") == [(SECOND,)]


@pytest.mark.parametrize(
    "change",
    [
        "insert into {table} select * replace (date '2025-07-01' as dbt_valid_from, null as dbt_valid_to) from {table} {of}",
        "insert into {table} select * replace (date '2025-12-01' as dbt_valid_from, null as dbt_valid_to) from {table} {of}",
        "update {table} set dbt_valid_to = date '2025-01-01' where user_id = 1",
    ],
    ids=["overlap", "gap", "ends before it begins"],
)
def test_times_that_overlap_leave_gaps_or_run_backwards_fail_a_test(copied: Warehouse, change: str) -> None:
    table = "intermediate.segment_memberships"
    with duckdb.connect(str(copied.path)) as connection:
        if "update" not in change:
            connection.execute(f"update {table} set dbt_valid_to = date '2025-11-01' where user_id = 1 and dbt_valid_to is null")
        connection.execute(change.format(table=table, of="where user_id = 1 limit 1"))
    run = copied.dbt("test", "--select", "memberships_neither_overlap_nor_leave_gaps", settings=NEVER)
    assert not run.succeeded
    assert "FAIL" in run.output


def test_a_delivery_that_lacks_most_users_does_not_take_their_history(copied: Warehouse) -> None:
    """The build stops; where it is said that they are to be forgotten they are. The user who had vanished is there again."""
    before = copied.rows(MEMBERSHIPS)
    delivered(copied.raw, drawn().head(20), FIFTH)
    options = (*WITHOUT_TESTS, "--select", *SELECTED, "--exclude", "path:python_models")
    run = copied.dbt(*options, settings=NEVER)
    assert not run.succeeded
    assert "Of the 339 users in the history of segments, 320 are in no raw table any more" in " ".join(run.output.split())
    assert copied.rows(MEMBERSHIPS) == before
    run = copied.dbt(*options, settings=NEVER | {"max_vanished_share": 1})
    assert run.succeeded, run.output
    assert copied.rows("select count(distinct user_id) from intermediate.segment_memberships") == [(20,)]


def test_without_a_fit_there_is_nothing_to_keep(tmp_path: Path) -> None:
    """In a warehouse in which nothing has been fitted the message says what to do."""
    warehouse = Warehouse(tmp_path, delivered(tmp_path / "raw", drawn(), FIRST), ("product", "telemetry"))
    run = warehouse.dbt("run", "--select", "int_segment_features_scaled", settings=NEVER)
    assert not run.succeeded
    assert "refit is 'never', but nothing has been fitted in this warehouse yet; build once with refit: always" in " ".join(
        run.output.split()
    )


@pytest.mark.parametrize("features", [FEATURES[:-1], [*FEATURES[:-1], "age"], [*FEATURES, "age"]])
def test_a_fit_of_other_features_is_not_kept(features: list[str]) -> None:
    """After a change of segment_features the message names those of the fit, and what to do."""
    fitted = type("Table", (), {"columns": [type("Column", (), {"values": lambda _: sorted(FEATURES)})()]})
    context = {"execute": True, "this": "segments", "load_relation": lambda _: "segments", "run_query": lambda _: fitted}
    assert macros.call("kept_fit", {"segment_features": FEATURES[::-1]}, "segment_features", **context) == "segments"
    with pytest.raises(
        ValueError, match=r"segment_features has changed: the last fit is of churn_risk_score, .*; build once with refit: always"
    ):
        macros.call("kept_fit", {"segment_features": features}, "segment_features", **context)
