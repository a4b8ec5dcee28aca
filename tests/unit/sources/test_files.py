"""Files of rows: their form, their encoding, how far they are read."""

from __future__ import annotations

import codecs
import io
import sys
from pathlib import Path

import pytest

from outreach.errors import DataError
from outreach.sources.files import check_file, open_rows


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b"id,name\n1,M\xc3\xbcller\n"),
        ("a.csv", codecs.BOM_UTF8 + b"id,name\n1,M\xc3\xbcller\n"),  # as Excel writes it
        ("a.tsv", b"id\tname\r\n1\tM\xc3\xbcller\r\n"),
        ("a.jsonl", b'{"id": "1", "name": "M\xc3\xbcller"}\n'),
        ("a.json", codecs.BOM_UTF8 + b'[{"id": "1", "name": "M\\u00fcller"}]'),
        ("export", b'  {"id": "1", "name": "M\xc3\xbcller"}\n'),  # no suffix: by its looks
        ("export", b"id,name\n1,M\xc3\xbcller\n"),
    ],
)
def test_the_form_is_found_out(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with open_rows(path) as opened:
        assert [dict(row.values) for row in opened.rows] == [{"id": "1", "name": "Müller"}]
        assert opened.share() == 1


def test_the_standard_input_has_no_size(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(b'{"id": 1}\n{"id": 2}\n'))
    monkeypatch.setattr(sys, "stdin", stdin)
    with open_rows(Path("-")) as opened:
        assert [row.values["id"] for row in opened.rows] == [1, 2]
        assert opened.share() is None


def test_another_encoding_is_read_when_it_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("id,name\n1,Müller\n".encode("windows-1252"))
    with open_rows(path, encoding="windows-1252") as opened:
        assert next(opened.rows).values["name"] == "Müller"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"id,name\n1,a\n2,M\xfcller\n", "line 3: the byte 0xfc is not UTF-8.*encoding: windows"),
        ("id\n1\n".encode("utf-16"), "is UTF-16: save it as UTF-8"),
        (b"PK\x03\x04\xff\xfe", "is a spreadsheet or an archive: save it as CSV"),
    ],
)
def test_a_wrong_encoding_is_found_before_anything_is_read(
    tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=said):
        check_file(path)


def test_a_wrong_encoding_of_a_stream_is_found_on_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    content = b"id\n" + b"1\n" * 20_000 + b"\xff\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    with open_rows(Path("-")) as opened:
        assert next(opened.rows).line == 2
        with pytest.raises(DataError, match="standard input is not UTF-8: the byte 0xff after"):
            list(opened.rows)


def test_the_digest_follows_the_content(tmp_path: Path) -> None:
    first, same, other = (tmp_path / name for name in ("a.csv", "b.csv", "c.csv"))
    first.write_text("id\n1\n", encoding="utf-8")
    same.write_text("id\n1\n", encoding="utf-8")
    other.write_text("id\n2\n", encoding="utf-8")
    assert check_file(first) == check_file(same) != check_file(other)


def test_a_file_that_is_not_there_is_an_error_in_words(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone\.csv cannot be opened: No such file"):  # noqa: SIM117
        with open_rows(tmp_path / "gone.csv"):
            pass
    with pytest.raises(DataError, match="cannot be read"):
        check_file(tmp_path / "gone.csv")


@pytest.mark.parametrize("name", ["a.csv", "a.json"])
def test_an_empty_file_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(DataError, match=f"{name} is empty"):  # noqa: SIM117
        with open_rows(tmp_path / name) as opened:
            list(opened.rows)
