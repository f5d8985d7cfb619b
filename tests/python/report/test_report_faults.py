"""Where the machine does not let the report be written: one sentence that says what to do, and no half page."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from report import __main__ as report

PAGE = "<html>" + "a sentence of the report. " * 1000 + "</html>"


@contextmanager
def full_disk() -> Iterator[None]:
    """Has no file grow beyond 1 kB, which a full disk does to files as well, and for which nobody must be root."""
    former = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, former[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, former)


@pytest.fixture
def output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the report is to be written, by a command that has gathered all that it says."""
    monkeypatch.setattr(report, "gather", lambda published: None)
    monkeypatch.setattr(report, "render", lambda figures: PAGE)
    path = tmp_path / "folder" / "report.html"
    monkeypatch.setattr("sys.argv", ["report", "--output", str(path)])
    return path


def told(capsys: pytest.CaptureFixture[str]) -> str:
    """Returns the one sentence with which the command fails."""
    assert report.main() == 1
    said = capsys.readouterr()
    assert said.out == ""
    [sentence] = said.err.splitlines()
    return sentence


def test_a_full_disk_leaves_the_former_page(output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whole, and nothing beside it."""
    output.parent.mkdir()
    output.write_text("the page before")
    with full_disk():
        sentence = told(capsys)
    assert sentence.startswith(f"There is no room for {output} (File too large")
    assert sentence.endswith("name a place with room with --output.")
    assert output.read_text() == "the page before"
    assert list(output.parent.iterdir()) == [output]
    assert report.main() == 0
    assert output.read_text() == PAGE
    assert list(output.parent.iterdir()) == [output]


def test_a_folder_that_cannot_be_made_is_told_of(output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file lies where it should be."""
    output.parent.write_text("")
    assert told(capsys).endswith("name another place with --output.")


def test_a_published_file_that_is_a_folder_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder has its name."""
    monkeypatch.setenv("PUBLISHED_PATH", str(tmp_path))
    monkeypatch.setattr("sys.argv", ["report", "--output", str(tmp_path / "report.html")])
    assert str(tmp_path) in told(capsys)


def test_a_published_file_that_cannot_be_looked_at_is_told_of(
    output: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file lies where its folder should be; that it is missing would be another error."""
    monkeypatch.undo()
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PUBLISHED_PATH", str(tmp_path / "file" / "published.duckdb"))
    monkeypatch.setattr("sys.argv", ["report", "--output", str(output)])
    assert told(capsys).endswith("Mend that, or name another place with PUBLISHED_PATH.")
