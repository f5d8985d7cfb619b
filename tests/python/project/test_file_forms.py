"""How the bytes of a file are to be read, wherever the blocks in which it is looked at end."""

import tracemalloc
from pathlib import Path

import pytest

from duckdb_plugins import file_forms
from duckdb_plugins.file_forms import file_form


@pytest.fixture(params=[2, 3, 5, 1 << 20])
def _blocks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of so many bytes, so that one ends at every place."""
    monkeypatch.setattr(file_forms, "BLOCK_BYTES", request.param)


@pytest.mark.usefixtures("_blocks")
@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (b"", "ascii"),
        (b"a,b\n1,2\n", "ascii"),
        (b"a,b\r\n1,2\r\n", "ascii"),
        (b"a,b\r1,2\r", "ascii"),
        (b"a,b\n1,x\ry\n", "ascii"),
        ("a\nL\u00f6we\u20ac\U0001f388\n".encode(), "utf-8"),
        ("a\nL\u00f6we\n".encode("latin-1"), "latin-1"),
        (b"a\nL\xf6we \x93x\x94\n", "unknown"),
        # a letter of several bytes that ends with the file
        ("a\n\u20ac".encode()[:-1], "unknown"),
        ("a\n\u00e9".encode()[:-1], "latin-1"),
        ("a,b\n1,2\n".encode("utf-16"), "utf-16"),
        (b"\xfe\xff" + "a,b\n".encode("utf-16-be"), "utf-16-be"),
        (b"\xef\xbb\xbfa\nL\xf6we\n", "latin-1"),
    ],
)
def test_bytes_tell_their_encoding(content: bytes, encoding: str, tmp_path: Path) -> None:
    (tmp_path / "file.csv").write_bytes(content)
    assert file_form(str(tmp_path / "file.csv"))["encoding"] == encoding


@pytest.mark.usefixtures("_blocks")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "latin-1"])
@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("", (False, False)),
        ("a\nb\n", (False, False)),
        ("a\r\nb\r\n", (True, False)),
        ("a\nb\r\n", (True, False)),
        ("a\rb\r", (False, True)),
        ("a\r\nb\rc\r\n", (True, True)),
        ("a\r\nb\r", (True, True)),
        ("a\r\r\n", (True, True)),
    ],
)
def test_ends_of_lines(text: str, ends: tuple[bool, bool], encoding: str, tmp_path: Path) -> None:
    """Whether there is a CRLF, and whether there is a CR before anything but LF."""
    (tmp_path / "file.csv").write_bytes(text.encode(encoding))
    form = file_form(str(tmp_path / "file.csv"))
    assert (form["has_crlf"], form["has_lone_cr"]) == ends


@pytest.mark.usefixtures("_blocks")
@pytest.mark.parametrize(("content", "has_delimiter"), [(b"a,b\n1,x\x1f\x1e\x1f\x1ey\n", True), (b"a\n\x1f\x1e\x1f\n\x1e\x1f\x1e", False)])
def test_the_readers_own_delimiter_is_found(content: bytes, has_delimiter: bool, tmp_path: Path) -> None:
    (tmp_path / "file.csv").write_bytes(content)
    assert file_form(str(tmp_path / "file.csv"))["has_delimiter"] == has_delimiter


def test_a_file_is_never_in_memory_as_a_whole(tmp_path: Path) -> None:
    (tmp_path / "file.csv").write_bytes(b"L\xc3\xb6we,1\n" * 5_000_000)
    tracemalloc.start()
    try:
        assert file_form(str(tmp_path / "file.csv"))["encoding"] == "utf-8"
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 10_000_000 < (tmp_path / "file.csv").stat().st_size
