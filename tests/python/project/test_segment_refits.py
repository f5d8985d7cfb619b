"""A fit anew is of the same segments: the users of a day later have the ids and names that they had."""

import random
import shutil
from pathlib import Path

from sample_data.common import csv_lines
from sample_data.population import population
from sample_data.telemetry import telemetry_tables
from tests.python.warehouse import Warehouse

# ids beyond those of the sample
FIRST_NEWCOMER = 10_000


def test_a_refit_keeps_ids_and_names(sample: Warehouse, tmp_path: Path) -> None:
    """Another seed, one user in twenty new, the rows shuffled, in the warehouse of the fit before."""
    refitted = Warehouse(tmp_path / "refitted", tmp_path / "raw", sample.sources)
    for folder in (refitted.folder, refitted.raw):
        folder.mkdir()
    shutil.copy(sample.path, refitted.path)
    newcomers = telemetry_tables(population(seed=2, n_users=150), seed=2)["app_usage"]
    newcomers["user_id"] += FIRST_NEWCOMER
    header, *lines = (sample.raw / "app_usage.csv").read_text().splitlines()
    lines += csv_lines(newcomers)[1:]
    random.Random(4).shuffle(lines)
    (refitted.raw / "app_usage.csv").write_text("\n".join([header, *lines, ""]))
    between = ("base_telemetry__app_usage+,+segment_migrations", "base_telemetry__app_usage+,+segments")
    run = refitted.dbt("build", "--exclude-resource-type", "test", "unit_test", "--select", *between, settings={"seed": 2})
    assert run.succeeded, run.output

    assert refitted.rows("select distinct seed, fitted_users > 3000 from intermediate.int_segments_fitted") == [(2, True)]
    segments = "select segment_id, segment_name, verdict from marts.segments order by 1"
    assert refitted.rows(segments) == sample.rows(segments)
    users = f"select user_id, segment_id, segment_name from marts.user_segments where user_id < {FIRST_NEWCOMER} order by 1"
    before, now = sample.rows(users), refitted.rows(users)
    kept = len({*before} & {*now})
    assert len(now) == len(before)
    assert 0.95 * len(before) <= kept < len(before)
    # the day is the same: whoever moved was corrected, and is in no migration
    moved = "select count(*) from marts.segment_history where not is_current"
    assert refitted.rows(moved) == [(0,)]
    assert refitted.rows("select * from marts.segment_migrations") == []
    assert refitted.rows("select * from intermediate.int_segments_fitted where matched_distance is null") == []
