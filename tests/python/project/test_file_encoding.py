"""How the bytes of a file are to be read, wherever the blocks in which it is looked at end."""

import tracemalloc
from pathlib import Path

import pytest

from duckdb_plugins import encodings
from duckdb_plugins.encodings import file_encoding


@pytest.mark.parametrize("block", [2, 3, 5, 1 << 20])
@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (b"", "ascii"),
        (b"a,b\n1,2\n", "ascii"),
        (b"a,b\r\n1,2\r\n", "ascii"),
        (b"a,b\r1,2\r", "ascii"),
        (b"a,b\n1,x\ry\n", "ascii"),
        (b"a,b\r\n1,x\ry\r\n", "lone CR"),
        (b"a,b\r\n1,x\r", "lone CR"),
        ("a\nL\u00f6we\u20ac\U0001f388\n".encode(), "utf-8"),
        ("a\nL\u00f6we\n".encode("latin-1"), "latin-1"),
        (b"a\nL\xf6we \x93x\x94\n", "unknown"),
        # a letter of several bytes that ends with the file
        ("a\n\u20ac".encode()[:-1], "unknown"),
        ("a\n\u00e9".encode()[:-1], "latin-1"),
        ("a,b\n1,2\n".encode("utf-16"), "utf-16"),
        (b"\xfe\xff" + "a,b\n".encode("utf-16-be"), "utf-16"),
        (b"\xef\xbb\xbfa\nL\xf6we\n", "latin-1"),
    ],
)
def test_bytes_tell_their_encoding(content: bytes, encoding: str, block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encodings, "BLOCK_BYTES", block)
    (tmp_path / "file.csv").write_bytes(content)
    assert file_encoding(str(tmp_path / "file.csv")) == encoding


def test_a_file_is_never_in_memory_as_a_whole(tmp_path: Path) -> None:
    (tmp_path / "file.csv").write_bytes(b"L\xc3\xb6we,1\n" * 5_000_000)
    tracemalloc.start()
    try:
        assert file_encoding(str(tmp_path / "file.csv")) == "utf-8"
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 10_000_000 < (tmp_path / "file.csv").stat().st_size
