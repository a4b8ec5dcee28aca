"""A folder of files: which of them count, and what tells one we know."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from outreach.errors import DataError
from outreach.sources.folder import FileMark, files_in


def test_files_come_by_name_and_unfinished_ones_wait(tmp_path: Path) -> None:
    for name in ("b.csv", "a.jsonl", ".hidden.csv", "c.csv.part", "d.csv.TMP", "notes.md"):
        (tmp_path / name).touch()
    (tmp_path / "old.csv").mkdir()
    assert [path.name for path in files_in(tmp_path, ())] == ["a.jsonl", "b.csv"]
    assert [path.name for path in files_in(tmp_path, ("*.csv*",))] == ["b.csv"]


def test_files_in_folders_below_are_found_when_asked_for(tmp_path: Path) -> None:
    (tmp_path / "2026").mkdir()
    (tmp_path / "2026" / "a.csv").touch()
    assert files_in(tmp_path, ()) == []
    assert files_in(tmp_path, ("**/*.csv",)) == [tmp_path / "2026" / "a.csv"]


def test_no_folder_is_not_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no folder"):
        files_in(tmp_path / "inbox", ())


def test_a_file_is_known_by_its_size_and_time(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id\n", encoding="utf-8")
    mark = FileMark.of(path)
    kept = FileMark.parse(str(FileMark(mark.size, mark.changed, "abc")))
    assert kept.digest == "abc"
    assert kept.looks_like(FileMark.of(path))
    os.utime(path, ns=(0, mark.changed + 1))
    assert not kept.looks_like(FileMark.of(path))


def test_a_file_that_went_away_is_an_error_in_words(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        FileMark.of(tmp_path / "gone.csv")
