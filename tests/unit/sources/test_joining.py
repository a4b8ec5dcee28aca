"""A second file beside the first: its columns are added by key, oddities are told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from outreach.errors import DataError
from outreach.sources.column_map import Join
from outreach.sources.joining import JoinedFile, load_join
from outreach.sources.records import RawRow

JOIN = Join("customers.csv", "buyer", "id")


def load(folder: Path, text: str) -> JoinedFile:
    (folder / "customers.csv").write_text(text, encoding="utf-8")
    return load_join(JOIN, (folder / "elsewhere", folder), "utf-8")


def added(joined: JoinedFile, *rows: dict[str, Any]) -> list[dict[str, Any]]:
    return [dict(row.values) for row in joined.add(RawRow(2, row) for row in rows)]


def test_columns_are_added_and_a_rows_own_count_first(tmp_path: Path) -> None:
    joined = load(tmp_path, "id,name,city\n7,Ana,Bonn\n")
    assert added(joined, {"id": "A-1", "buyer": 7}) == [
        {"id": "A-1", "buyer": 7, "name": "Ana", "city": "Bonn"}
    ]
    assert list(joined.notes()) == []


def test_a_row_without_counterpart_has_empty_columns_and_is_counted(tmp_path: Path) -> None:
    joined = load(tmp_path, "id,name\n7,Ana\n")
    assert added(joined, {"buyer": "8"}, {"buyer": ""}) == [
        {"buyer": "8", "id": None, "name": None},
        {"buyer": "", "id": None, "name": None},
    ]
    assert list(joined.notes()) == ["2 rows have no counterpart in customers.csv"]


def test_of_a_key_that_stands_twice_the_last_row_counts(tmp_path: Path) -> None:
    joined = load(tmp_path, "id,name\n7,Ana\n7,Anna\n")
    assert added(joined, {"buyer": "7"})[0]["name"] == "Anna"
    assert list(joined.notes()) == [
        "id stands more than once in customers.csv: the last of 2 rows counts"
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("number,name\n7,Ana\n", "customers.csv has no column `id`, which `join:` names"),
        ("id,name\n7\n", "customers.csv, line 2: has 1 values"),
    ],
)
def test_a_file_that_cannot_be_joined_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        load(tmp_path, text)


def test_a_file_that_is_nowhere_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"names customers\.csv, which is not in"):
        load_join(JOIN, (tmp_path,), "utf-8")
