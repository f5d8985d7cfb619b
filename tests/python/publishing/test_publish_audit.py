"""What a build must be like to be published, and what is said where it is not."""

import hashlib
import json
from pathlib import Path

import duckdb
import pytest

from publishing import __main__ as publishing
from publishing.auditing import audit, shortened
from publishing.settings import PROJECT, Settings, read_settings
from tests.python.publishing import made_up
from tests.python.warehouse import Warehouse, write


def settings_of(folder: Path) -> Settings:
    """Returns the settings of a publish whose build is already there."""
    (folder / "published").mkdir(exist_ok=True)
    return Settings(folder / "warehouse.duckdb", folder / "published" / "published.duckdb", folder / "target", ())


def test_a_green_build_is_published(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And what warns is listed."""
    settings = settings_of(tmp_path)
    made_up.build(settings.warehouse, 1)
    made_up.target(settings.target, words="warn")
    assert publishing.audit_publish(settings, 0) == 0
    said = capsys.readouterr().out
    assert "warns: lookup words (models/lookups/words.sql): OK" in said
    assert "3 in order, 1 warn" in said
    assert "6 tables, 2,016 rows" in said
    with duckdb.connect(str(settings.published), read_only=True) as connection:
        assert connection.execute("from lookups.words").fetchall() == [("version 1",)]


def test_a_build_whose_test_fails_publishes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The real thing: dbt builds from data of which a third is rejected; the published file stays as it is, bit by bit."""
    settings = settings_of(tmp_path)
    settings.published.write_bytes(b"the version before")
    users = "object_id,creation_time\n1,2025-01-01\n2,2025-01-02\nthree,2025-01-03\n"
    raw = write(tmp_path / "raw", users=users, user_engagement="time_stamp,user_id\n2025-01-02,1\n")
    select = ("--select", "+source_row_counts", "rejected_rows_are_a_small_share", "--exclude-resource-type", "unit_test")
    run = Warehouse(tmp_path, raw).dbt("build", *select, DBT_WRITE_JSON="true")
    assert not run.succeeded
    assert publishing.audit_publish(settings, 1) == 1
    said = capsys.readouterr().out
    assert "Nothing was published" in said
    assert "test rejected_rows_are_a_small_share (tests/singular/quality/rejected_rows_are_a_small_share.sql): Got 1 result" in said
    assert settings.published.read_bytes() == b"the version before"
    assert [path.name for path in settings.published.parent.iterdir()] == ["published.duckdb"]


@pytest.mark.parametrize("status", ["error", "fail", "runtime error", "partial success", "skipped", "something new"])
def test_whatever_is_not_known_to_be_good_is_bad(status: str) -> None:
    """Each of them alone keeps a build from being published."""
    judged = audit(made_up.results_of(users=status), made_up.manifest_of(), 0)
    assert len(judged.failures) == 1


def test_a_build_must_be_whole_and_of_one_call() -> None:
    """A mart that was not built would be one of an earlier build; so would all, were the artifacts of two calls."""
    results = made_up.results_of()
    results["results"].pop()
    assert audit(results, made_up.manifest_of(), 0).failures == ["lookup words: was not built"]
    results = made_up.results_of()
    results["metadata"]["invocation_id"] = "another"
    assert "two calls" in audit(results, made_up.manifest_of(), 0).failures[0]
    assert audit(made_up.results_of(), made_up.manifest_of(), 2).failures == ["dbt ended with exit code 2; what it says stands above"]
    assert audit(made_up.results_of(), made_up.manifest_of(), 0).failures == []


def test_the_reason_of_an_error_is_told() -> None:
    """Which dbt says in its second line."""
    results = made_up.results_of(users="error")
    results["results"][0]["message"] = "Compilation Error in model users (models/users.sql)\n  users.csv lacks object_id\n\n  > in macro"
    assert audit(results, made_up.manifest_of(), 1).failures[0].endswith(": users.csv lacks object_id")


def test_a_long_list_is_cut() -> None:
    """With the number of what is left out."""
    assert shortened([str(number) for number in range(25)])[-2:] == ["19", "... and 5 more"]
    assert len(shortened(["one"] * 20)) == 20


def test_a_dbt_that_stops_early_publishes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The whole of `make publish`, with a config that dbt cannot read: what an earlier build left is not taken for this one's."""
    settings = settings_of(tmp_path)
    made_up.build(settings.warehouse, 1)
    made_up.target(settings.target / "publish")
    settings.published.write_bytes(b"the version before")
    before = hashlib.sha256(settings.warehouse.read_bytes()).hexdigest()
    config = tmp_path / "company.yml"
    config.write_text("[no, mapping]")
    places = {"WAREHOUSE_PATH": settings.warehouse, "PUBLISHED_PATH": settings.published, "DBT_TARGET_PATH": settings.target}
    for name, path in places.items():
        monkeypatch.setenv(name, str(path))
    monkeypatch.setenv("DBT_LOG_PATH", str(tmp_path / "logs"))
    assert publishing.main(["--config", str(config)]) == 1
    said = capfd.readouterr()
    assert "vars" in said.out
    assert "dbt stopped before it had built anything" in said.err
    assert settings.published.read_bytes() == b"the version before"
    assert hashlib.sha256(settings.warehouse.read_bytes()).hexdigest() == before
    assert publishing.main(["--config", str(tmp_path / "none.yml")]) == 1
    assert "CONFIG: there is no file" in capfd.readouterr().err


def test_the_two_files_must_differ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Through links too; without settings they lie in the folder `warehouse` of the project."""
    (tmp_path / "link.duckdb").symlink_to(tmp_path / "warehouse.duckdb")
    monkeypatch.setenv("WAREHOUSE_PATH", str(tmp_path / "warehouse.duckdb"))
    monkeypatch.setenv("PUBLISHED_PATH", str(tmp_path / "link.duckdb"))
    assert publishing.main([]) == 1
    assert "name one file" in capsys.readouterr().err
    settings = read_settings({})
    assert (settings.warehouse.name, settings.published.name) == ("user_analytics.duckdb", "published.duckdb")
    assert settings.warehouse.parent == settings.published.parent == PROJECT / "warehouse"


def test_results_of_dbt_have_the_shape_that_is_audited(sample: Warehouse) -> None:
    """The build of the sample passes its audit, but for the unit tests and the like that are not in it."""
    target = sample.folder / "target"
    manifest, results = (json.loads((target / name).read_text()) for name in ("manifest.json", "run_results.json"))
    judged = audit(results, manifest, 0)
    assert judged.failures == []
    assert judged.passed > 600
