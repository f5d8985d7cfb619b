"""Publishing where the machine does not let it: one sentence that says what to do, no stack trace, and every target served that can be."""

import os
import resource
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

import duckdb
import pytest

from publishing import __main__ as publishing
from publishing import file, sql
from publishing.auditing import read_artifact
from publishing.contents import open_contents
from publishing.errors import PublishError, explanation
from publishing.file import only_publish, publish_file
from publishing.settings import read_settings
from tests.python.publishing import made_up
from tests.python.publishing.conftest import TestServer
from tests.python.warehouse import PROJECT

# what `make publish` does when its build has ended
PUBLISH_BUILD = "import os, sys; from publishing.__main__ import *; sys.exit(audit_publish(read_settings(os.environ), 0))"
# bytes that no file may exceed: the new file fails when it is begun, when its tables are committed, and when they are put in their places
LIMITS = [1_000, 20_000, 300_000]
NOBODY = 65534


def places(folder: Path) -> dict[str, str]:
    """Returns an environment in which all lies in one folder."""
    named = {
        "WAREHOUSE_PATH": "build/w.duckdb",
        "PUBLISHED_PATH": "published/p.duckdb",
        "DBT_TARGET_PATH": "target",
        "DBT_LOG_PATH": "logs",
    }
    return {name: str(folder / path) for name, path in named.items()}


@pytest.fixture
def built(tmp_path: Path) -> dict[str, str]:
    """The environment of a publish whose build is already there, and whose readers have an earlier version."""
    environment = places(tmp_path)
    made_up.build(tmp_path / "build" / "w.duckdb", 1)
    made_up.target(tmp_path / "target" / "publish")
    (tmp_path / "published").mkdir()
    (tmp_path / "published" / "p.duckdb").write_bytes(b"the version before")
    return environment


def limited(limit: int, arguments: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Runs Python where no file may grow beyond a limit, which a full disk does to files as well, and for which nobody must be root."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=PROJECT,
        env=os.environ | {"PUBLISH_TO": ""} | environment,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Has another process hold a database open for writing."""
    script = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    process = subprocess.Popen([sys.executable, "-c", script, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield
    process.communicate()


@contextmanager
def ordinary_user() -> Iterator[None]:
    """Has permissions hold for the tests, also where root runs them."""
    former = os.geteuid()
    if former == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(former)


@pytest.fixture
def read_only_folder() -> Iterator[Path]:
    """A folder that nobody but root can write to."""
    folder = Path(mkdtemp(prefix="read_only_"))
    folder.chmod(0o555)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


@pytest.mark.parametrize("limit", LIMITS)
def test_a_full_disk_keeps_no_server_from_its_version(
    limit: int, built: dict[str, str], clean_postgres: TestServer, clean_mariadb: TestServer
) -> None:
    """The published file stays as it was, nothing is left beside it, and the exit code and the last line say that the file failed."""
    done = limited(limit, ["-c", PUBLISH_BUILD], built | {"PUBLISH_TO": f"{clean_postgres.address} {clean_mariadb.address}"})
    published = Path(built["PUBLISHED_PATH"])
    assert done.returncode == publishing.FILE_FAILED, done.stderr
    sentence, last = done.stderr.splitlines()
    assert sentence.startswith(f"    There is no room for {published} (Could not write file")
    assert sentence.endswith("Make room (disk, quota, ulimit -f), or name a place with room with PUBLISHED_PATH.")
    assert last == f"Not published: {published}"
    assert done.stdout.count("failed, and keeps what it had") == 1
    assert published.read_bytes() == b"the version before"
    assert [path.name for path in published.parent.iterdir()] == [published.name]
    assert clean_postgres.ask("select word from lookups.words") == "version 1\n"
    assert clean_mariadb.ask("select word from words") == "version 1\n"


def test_the_exit_code_says_that_both_failed(built: dict[str, str]) -> None:
    """And the last line names them."""
    done = limited(LIMITS[0], ["-c", PUBLISH_BUILD], built | {"PUBLISH_TO": "postgresql://me:x@127.0.0.1:1/marts"})
    assert done.returncode == publishing.BOTH_FAILED, done.stderr
    assert done.stderr.splitlines()[-1] == f"Not published: {built['PUBLISHED_PATH']}, postgresql://127.0.0.1:1/marts"


def test_a_disk_that_is_full_before_the_build_is_told_of(built: dict[str, str]) -> None:
    """Before dbt ends in a stack trace because it cannot write what it knows of the project."""
    done = limited(LIMITS[0], ["-m", "publishing"], built)
    assert done.returncode == publishing.NOTHING_PUBLISHED
    [sentence] = done.stderr.splitlines()
    assert sentence.startswith(f"There is no room for {Path(built['WAREHOUSE_PATH']).parent} (File too large). Make room")
    assert done.stdout == ""


@pytest.mark.parametrize("words", ["No space left on device", "Disk quota exceeded", "File too large"])
def test_all_ways_of_having_no_room_are_known(words: str) -> None:
    """In DuckDB's words, around those of the system."""
    outer = f'Checkpoint failed for database "x". The database has been invalidated. Original error: Could not write file "/p": {words}'
    for error in (duckdb.IOException(f"IO Error: {outer}"), duckdb.TransactionException(f"TransactionContext Error: {outer}")):
        said = explanation(error, Path("/p"), "PUBLISHED_PATH")
        assert said.startswith(f'There is no room for /p (Could not write file "/p": {words}). Make room')


def refused(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Returns the one sentence with which a publish is refused before dbt begins."""
    for name, text in environment.items():
        monkeypatch.setenv(name, text)
    assert publishing.main(list(arguments)) == publishing.NOTHING_PUBLISHED
    said = capfd.readouterr()
    assert said.out == ""
    [sentence] = said.err.splitlines()
    return sentence


def test_a_locked_warehouse_is_told_of(built: dict[str, str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """Before the build, and where somebody opens it between the build and the publish."""
    warehouse = Path(built["WAREHOUSE_PATH"])
    expected = rf"Another process \(PID \d+\) has {warehouse} open for writing. Close it there and try again."
    with locked(warehouse):
        with pytest.raises(PublishError, match=f"^{expected}$"):
            open_contents(warehouse, made_up.manifest_of())
        assert f"has {warehouse} open for writing" in refused(built, monkeypatch, capfd)


def test_a_warehouse_that_is_no_database_is_told_of(
    built: dict[str, str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """It is not overwritten."""
    warehouse = Path(built["WAREHOUSE_PATH"])
    warehouse.write_text("a letter to a friend")
    sentence = refused(built, monkeypatch, capfd)
    assert sentence == f"{warehouse} is not a DuckDB file. Move it away, or name another file with WAREHOUSE_PATH."
    assert warehouse.read_text() == "a letter to a friend"


def test_a_damaged_warehouse_is_told_of(built: dict[str, str]) -> None:
    """Its header is right, and what it holds is not."""
    warehouse = Path(built["WAREHOUSE_PATH"])
    content = warehouse.read_bytes()
    warehouse.write_bytes(content[:12_288] + b"x" * (len(content) - 12_288))
    with pytest.raises(PublishError, match=f"^{warehouse} cannot be used .*WAREHOUSE_PATH.$"):
        open_contents(warehouse, made_up.manifest_of())


@pytest.mark.parametrize(
    ("setting", "name"),
    [("WAREHOUSE_PATH", "w.duckdb"), ("WAREHOUSE_PATH", "new/w.duckdb"), ("PUBLISHED_PATH", "p.duckdb"), ("DBT_TARGET_PATH", "target")],
)
def test_a_folder_that_cannot_be_written_to_is_told_of(
    setting: str,
    name: str,
    read_only_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Whichever it is, and also where a folder in it would have to be made."""
    open_to_all = Path(mkdtemp(prefix="open_"))
    open_to_all.chmod(0o777)
    with ordinary_user():
        sentence = refused(places(open_to_all) | {setting: str(read_only_folder / name)}, monkeypatch, capfd)
    assert sentence.startswith(f"This user may not use {read_only_folder}")
    assert "(Permission denied" in sentence
    assert sentence.endswith(f"Change the permissions, or name another place with {setting}.")
    shutil.rmtree(open_to_all)


@pytest.mark.parametrize(
    ("setting", "name"), [("WAREHOUSE_PATH", "w.duckdb"), ("PUBLISHED_PATH", "p.duckdb"), ("DBT_TARGET_PATH", "target")]
)
def test_a_folder_that_cannot_be_made_is_told_of(
    setting: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A file lies where it should be."""
    (tmp_path / "file").write_text("")
    sentence = refused(places(tmp_path) | {setting: str(tmp_path / "file" / "folder" / name)}, monkeypatch, capfd)
    assert "Not a directory" in sentence
    assert sentence.endswith(f"name another place with {setting}.")


def test_a_lock_file_that_cannot_be_opened_is_told_of(
    built: dict[str, str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A folder has its name."""
    lock = Path(f"{built['PUBLISHED_PATH']}.lock")
    lock.mkdir()
    assert refused(built, monkeypatch, capfd).startswith(f"{lock} cannot be used (Is a directory")


def test_a_config_that_is_no_text_is_told_of(
    built: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """It may be a spreadsheet."""
    config = tmp_path / "company.yml"
    config.write_bytes(b"\xff\xfe")
    assert refused(built, monkeypatch, capfd, "--config", str(config)) == f"CONFIG: {config} is not a text in UTF-8"


def test_what_dbt_could_not_write_to_its_end_is_not_audited(tmp_path: Path) -> None:
    """A disk that becomes full during the build cuts its files short."""
    target = made_up.target(tmp_path)
    manifest = target / "manifest.json"
    manifest.write_text(manifest.read_text()[:-20])
    with pytest.raises(PublishError, match=f"^{manifest} is cut short: dbt could not write all of it"):
        read_artifact(target, "manifest.json")


@pytest.mark.parametrize("error", [duckdb.IOException("IO Error: it broke"), OSError("it broke"), PublishError("it broke")])
def test_whatever_a_target_fails_with_the_next_one_is_served(error: Exception, capfd: pytest.CaptureFixture[str]) -> None:
    """One line says why."""

    def fails() -> list[str]:
        raise error

    assert not publishing.attempt("there", fails)
    said = capfd.readouterr()
    assert said.out == "  there ... failed, and keeps what it had\n"
    assert said.err.count("\n") == 1
    assert "it broke" in said.err


def mode_of(path: Path) -> int:
    """Returns the permissions of a file."""
    return stat.S_IMODE(path.stat().st_mode)


def publish(environment: dict[str, str]) -> Path:
    """Publishes the made-up build, and returns the published file."""
    settings = read_settings(environment)
    with only_publish(settings.published):
        contents = open_contents(settings.warehouse, made_up.manifest_of())
        publish_file(contents, settings.published, settings.mode)
        contents.connection.close()
    return settings.published


@pytest.mark.parametrize(("folder", "mode"), [(0o755, 0o444), (0o750, 0o440), (0o700, 0o400), (0o2775, 0o444), (0o711, 0o400)])
def test_whoever_may_read_the_folder_may_read_the_published_file(folder: int, mode: int, built: dict[str, str]) -> None:
    """And nobody else."""
    Path(built["PUBLISHED_PATH"]).parent.chmod(folder)
    assert mode_of(publish(built)) == mode


@pytest.mark.parametrize(("text", "mode"), [("0440", 0o440), ("400", 0o400), ("0444", 0o444)])
def test_the_mode_of_the_published_file_can_be_set(text: str, mode: int, built: dict[str, str]) -> None:
    """Whatever its folder allows."""
    Path(built["PUBLISHED_PATH"]).parent.chmod(0o750)
    assert mode_of(publish(built | {"PUBLISHED_MODE": text})) == mode


@pytest.mark.parametrize("text", ["0640", "0555", "0040", "0o440", "440 ", "4444", "288", "r--r-----", "-440", "٤٤٠"])
def test_other_modes_are_refused(
    text: str, built: dict[str, str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A mode that lets somebody write, one that the owner cannot read, and what is no mode."""
    sentence = refused(built | {"PUBLISHED_MODE": text}, monkeypatch, capfd)
    assert sentence == (f'PUBLISHED_MODE is "{text}". It must be 0400, 0440, 0404 or 0444: the published file is only ever read.')


def test_what_is_being_written_is_private(built: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The new file, DuckDB's log of it and the lock file, also one that an earlier version left open to all."""
    published = Path(built["PUBLISHED_PATH"])
    published.with_name("p.duckdb.lock").touch(0o644)
    transaction, synchronise = sql.transaction, file.synchronise
    modes: dict[str, set[int]] = {}

    def note() -> None:
        for path in published.parent.iterdir():
            modes.setdefault(path.name, set()).add(mode_of(path))

    @contextmanager
    def noted_transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
        with transaction(connection):
            yield
        note()

    def noted_synchronise(path: Path) -> None:
        note()
        synchronise(path)

    monkeypatch.setattr(sql, "transaction", noted_transaction)
    monkeypatch.setattr(file, "synchronise", noted_synchronise)
    former = os.umask(0o022)
    try:
        publish(built)
        (published.parent / "of_others").touch()
    finally:
        os.umask(former)
    assert modes["p.duckdb.new"] == modes["p.duckdb.new.wal"] == modes["p.duckdb.lock"] == {0o600}
    assert mode_of(published) == 0o444
    # the files of others are made as before
    assert mode_of(published.parent / "of_others") == 0o644
