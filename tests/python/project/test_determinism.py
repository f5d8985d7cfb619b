"""The same raw tables give the same marts bit by bit: again, in any order of their rows, on any number of threads."""

import random
import shutil
from pathlib import Path

from tests.python.warehouse import PROJECT, Warehouse, different

SAMPLE_DATA = PROJECT / "sample_data"
SOURCES = ("product", "people", "telemetry", "streaming")
# Marts that equal those of the sample pass the data tests that those have passed.
WITHOUT_TESTS = ("--exclude-resource-type", "test")


def test_marts_have_floats_that_a_comparison_could_miss(sample: Warehouse) -> None:
    """The comparisons here are of something: every mart has rows, rates and intervals are floats, and not all are 0 or 1.

    Nobody has moved from one segment to another on the first day.
    """
    marts = sample.marts()
    assert [name for name, rows in marts.items() if not rows] == ["segment_migrations"]
    for name in ("adoption_curves", "adoption_rates", "adoption_thresholds", "organisations", "segment_profiles", "source_row_counts"):
        floats = {value for row in marts[name] for value in row if isinstance(value, float)}
        assert floats - {0.0, 1.0}, name
    assert different(marts, marts | {"users": []}) == ["users"]


def test_a_second_build_on_more_threads_changes_nothing(sample: Warehouse, tmp_path: Path) -> None:
    """Built again from the same raw tables, a warehouse keeps its marts, though eight threads of DuckDB share the work of four models.

    The order of Python's sets is another one too. DuckDB takes the number of its threads from SLURM_CPUS_ON_NODE, where that is set.
    """
    again = Warehouse(tmp_path / "again", SAMPLE_DATA, SOURCES)
    again.folder.mkdir()
    shutil.copy(sample.path, again.path)
    run = again.build(*WITHOUT_TESTS, "--threads", "4", SLURM_CPUS_ON_NODE="8", PYTHONHASHSEED="1")
    assert "Concurrency: 4 threads" in run.output
    assert different(again.marts(), sample.marts()) == []


def test_neither_one_thread_nor_the_order_of_the_raw_rows_matters(sample: Warehouse, tmp_path: Path) -> None:
    """The lines of all files are shuffled, the headers kept, and one thread computes one model at a time.

    The sample has four models at a time, each computed by all processors. Numbers of rejected rows are those of their lines, and change.
    """
    draw = random.Random(20)
    raw = tmp_path / "raw"
    raw.mkdir()
    for name in ("users.csv", "user_engagement.csv", "user_profiles.csv", "user_actions.csv", "app_usage.csv", "plays.csv"):
        header, *lines = (SAMPLE_DATA / name).read_text().splitlines()
        shuffled = draw.sample(lines, len(lines))
        assert shuffled != lines
        (raw / name).write_text("\n".join([header, *shuffled]) + "\n")

    warehouse = Warehouse(tmp_path / "shuffled", raw, SOURCES)
    run = warehouse.build(*WITHOUT_TESTS, "--threads", "1", SLURM_CPUS_ON_NODE="1", PYTHONHASHSEED="2")
    assert "Concurrency: 1 threads" in run.output
    assert different(warehouse.marts("row_number"), sample.marts("row_number")) == []
    assert different(warehouse.marts(), sample.marts()) == ["rejected_rows"]
