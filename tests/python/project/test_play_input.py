"""Plays that are few, all alike or strange build, and the marts say what they say and no more."""

import shutil
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.python.project.test_own_tables import settings_in_readme
from tests.python.warehouse import Warehouse, write

HEADER = "user_id,spotify_track_uri,ts,ms_played,platform,reason_start,reason_end,shuffle,skipped"
PLAYS = ("streaming",)
WITHOUT_TESTS = ("--exclude-resource-type", "test", "unit_test")


def built(folder: Path, lines: list[str], **settings: Any) -> Warehouse:
    """Builds everything from the lines of a plays file."""
    warehouse = Warehouse(folder, write(folder / "raw", plays="\n".join([HEADER, *lines]) + "\n"), PLAYS)
    warehouse.build(settings=settings or None)
    return warehouse


def verdicts(warehouse: Warehouse) -> set[tuple[str, str]]:
    """Returns area and verdict of every model."""
    return set(warehouse.rows("select distinct area, verdict from marts.model_runs"))


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The warehouse of a single play."""
    return built(tmp_path_factory.mktemp("one"), ["7,a,2025-03-01T10:00:00Z,60000,ios,clickrow,trackdone,True,False"])


def test_one_play_is_a_play(one: Warehouse) -> None:
    """It has a day, a week, a listener and a track, and an interval that says next to nothing."""
    assert one.rows("select user_id, started_at, seconds_played, percent_played, is_skip from marts.plays") == [
        (7, datetime(2025, 3, 1, 9, 59), 60.0, 100.0, False)
    ]
    [(rate, low, high)] = one.rows("select skip_rate, ci_low, ci_high from marts.skip_rates where attribute = '(all)'")
    # Wilson's interval of none in one: 1.96 ** 2 / (1 + 1.96 ** 2)
    assert (rate, low, high) == (0.0, 0.0, pytest.approx(0.7935, abs=5e-5))
    assert one.rows("select date_day, active_users, wau, mau from marts.daily_activity") == [(date(2025, 3, 1), 1, 1, 1)]
    assert one.rows("select date_week, new_users, active_users, is_complete from marts.weekly_lifecycle") == [
        (date(2025, 2, 24), 1, 1, False)
    ]
    assert one.rows("select has_account, has_plays from marts.users") == [(False, True)]


def test_one_play_fits_no_model(one: Warehouse) -> None:
    """Every model says that it has too few of something, and publishes no figure."""
    assert {verdict for _, verdict in verdicts(one)} <= {"too_few_outcomes", "too_few_users", "too_few_tracks"}
    assert one.rows("select distinct value from marts.skip_model_scores") in ([], [(None,)])
    assert one.rows("select segment_id is null, no_segment_reason from marts.track_segments") == [(True, "few_plays")]


def test_one_track_that_all_skip(tmp_path: Path) -> None:
    """Nobody has heard it to its end, so nothing is known of its length; twelve listeners who skip all are worth twelve plays at most."""
    start = datetime(2025, 3, 1, 10)
    lines = [
        f"{user},a,{start + timedelta(days=day, minutes=user)},20000,ios,clickrow,fwdbtn,False,True"
        for user in range(12)
        for day in range(5)
    ]
    warehouse = built(tmp_path, lines)
    assert warehouse.rows("select distinct is_skip, track_length_seconds, percent_played from marts.plays") == [(True, None, None)]
    [(plays, skips, rate, low, high)] = warehouse.rows(
        "select plays, skips, skip_rate, ci_low, ci_high from marts.skip_rates where attribute = '(all)'"
    )
    assert (plays, skips, rate, high) == (60, 60, 1.0, 1.0)
    # not narrower than Wilson's interval of 12 in 12: 12 / (12 + 1.96 ** 2)
    assert low < 0.758
    assert warehouse.rows("select play_count, listeners, skip_rate, engagement_score from marts.track_features") == [(60, 12, 1.0, None)]
    assert ("plays", "too_few_outcomes") in verdicts(warehouse)
    assert warehouse.rows("select distinct verdict from marts.skip_model_scores") == [("too_few_outcomes",)]
    assert warehouse.rows("select * from marts.skip_coefficients") == []


@pytest.fixture(scope="module")
def strange(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """Plays of two listeners in Berlin that nobody skips, with rows that cannot be and nights of 23 and 25 hours."""
    lines = [
        # the clocks go forward at 01:00 UTC of 2025-03-30 and back at 01:00 UTC of 2025-10-26
        "1,a,2025-03-29T23:31:00Z,60000,ios,clickrow,trackdone,False,False",
        "1,a,2025-03-30T00:59:59Z,60000,ios,clickrow,trackdone,False,False",
        "1,a,2025-03-30T01:01:00Z,60000,ios,clickrow,trackdone,False,False",
        "1,a,2025-10-26T00:31:00Z,60000,ios,clickrow,trackdone,False,False",
        "1,a,2025-10-26T01:31:00Z,60000,ios,clickrow,trackdone,False,False",
        # a day long; it began the day before
        "2,b,2025-10-26T12:00:00Z,86400000,windows,clickrow,endplay,False,False",
        "2,b,2025-10-26T12:00:00Z,86400001,windows,clickrow,endplay,False,False",
        "2,b,2025-10-26T12:00:00Z,-1,windows,clickrow,endplay,False,False",
        # after as_of
        "3,b,2026-01-05T12:00:00Z,60000,windows,clickrow,trackdone,False,False",
    ]
    folder = tmp_path_factory.mktemp("strange")
    return built(folder, lines, timezone="Europe/Berlin", as_of="2025-10-31", max_rejected_share=0.5)


def test_what_cannot_be_is_set_aside_with_its_reason(strange: Warehouse) -> None:
    """A play of less than no time, and one of more than a day; all others are kept, one of a day included."""
    assert strange.rows("select row_number, column_name, reason from marts.rejected_rows order by 1") == [
        (8, "ms_played", "impossible value: outside 0 to 86400000"),
        (9, "ms_played", "impossible value: outside 0 to 86400000"),
    ]
    assert strange.rows("select raw_rows, accepted_rows, rejected_rows, rows_after_as_of from marts.source_row_counts") == [(9, 7, 2, 1)]


def test_hours_are_those_of_the_clock_on_the_wall(strange: Warehouse) -> None:
    """The hour from 2 to 3 is missing in spring and there twice in autumn; the play of a day began on the day before its end."""
    assert strange.rows("select started_on, hour_of_day from marts.plays where user_id = 1 order by started_at") == [
        (date(2025, 3, 30), 0),
        (date(2025, 3, 30), 1),
        (date(2025, 3, 30), 3),
        (date(2025, 10, 26), 2),
        (date(2025, 10, 26), 2),
    ]
    # noon UTC is 13 o'clock after the change, 14 o'clock a day before
    assert strange.rows("select started_on, hour_of_day, seconds_played from marts.plays where user_id = 2") == [
        (date(2025, 10, 25), 14, 86_400.0)
    ]


def test_later_plays_are_kept_and_in_no_figure(strange: Warehouse) -> None:
    """The play of January is in plays, marked, and neither a track, a rate, a week nor a listener knows of it."""
    assert strange.rows("select user_id from marts.plays where is_after_as_of") == [(3,)]
    assert strange.rows("select track_uri, play_count from marts.track_features order by 1") == [("a", 5), ("b", 1)]
    assert strange.rows("select user_id from marts.listener_features order by 1") == [(1,), (2,)]
    assert strange.rows("select plays, skips, skip_rate from marts.skip_rates where attribute = '(all)'") == [(6, 0, 0.0)]
    assert strange.rows("select max(date_week), sum(plays) from marts.weekly_listening") == [(date(2025, 10, 27), 6)]
    assert strange.rows("select max(date_day) from marts.daily_activity") == [(date(2025, 10, 31),)]


def test_where_nobody_skips_nothing_is_foretold(strange: Warehouse) -> None:
    """There is nothing to tell plays apart by."""
    assert strange.rows("select distinct verdict from marts.skip_model_scores") == [("too_few_outcomes",)]


def test_the_readmes_listens_are_plays(tmp_path: Path) -> None:
    """Other names, seconds instead of milliseconds, several files, text ids and the days of New York."""
    _, settings = settings_in_readme("Your own plays")
    folder = tmp_path / "exports" / "listens"
    folder.mkdir(parents=True)
    for month, line in (
        ("01", "ab-1,s1,2025-01-02T04:30:00Z,90.5,iPhone OS,next"),
        ("02", "cd-2,s1,2025-02-02T04:30:00Z,,fridge,heard_all"),
    ):
        (folder / f"2025-{month}.csv").write_text(f"listener,song_id,ended,seconds,app,closed_by\n{line}\n")
    warehouse = Warehouse(tmp_path / "warehouse", folder.parent, PLAYS)
    run = warehouse.dbt("build", *WITHOUT_TESTS, "--select", "+plays", "+stg_streaming__row_counts", settings=settings)
    assert run.succeeded, run.output
    assert warehouse.rows("select user_id, track_uri, started_on, seconds_played, platform, is_skip from marts.plays") == [
        ("ab-1", "s1", date(2025, 1, 1), 90.5, "ios", True)
    ]
    assert warehouse.rows("select raw_rows, accepted_rows, rejected_rows from staging.stg_streaming__row_counts") == [(2, 1, 1)]


def test_words_that_tell_of_no_skip_are_warned_of(one: Warehouse, tmp_path: Path) -> None:
    """Where no play tells whether it was skipped the build warns, and stays green."""
    warehouse = Warehouse(tmp_path, one.raw, PLAYS)
    shutil.copy(one.path, warehouse.path)
    outputs = []
    for change in ("is_skip = is_skip", "is_skip = null, reason_end = 'jumped'"):
        with duckdb.connect(str(warehouse.path)) as connection:
            connection.execute(f"update marts.plays set {change}")
        run = warehouse.dbt("test", "--select", "some_play_tells_of_a_skip")
        assert run.succeeded, run.output
        outputs.append(run.output)
    assert ["WARN=1" in output for output in outputs] == [False, True]
