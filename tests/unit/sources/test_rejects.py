"""The rejects file: made when needed, private, and importable once it is mended."""

from __future__ import annotations

import csv
import json
import stat
from datetime import UTC, datetime
from pathlib import Path

from outreach.sources.records import Fault, RawRow
from outreach.sources.rejects import RejectsFile

NOW = datetime(2026, 11, 22, 9, 30, 5, tzinfo=UTC)


def test_nothing_rejected_leaves_nothing_behind(tmp_path: Path) -> None:
    rejects = RejectsFile(tmp_path / "rejects", "shop", NOW, ["id"])
    rejects.close()
    assert rejects.path is None
    assert not (tmp_path / "rejects").exists()


def test_rows_are_kept_as_they_stood_with_their_reasons(tmp_path: Path) -> None:
    rejects = RejectsFile(tmp_path / "rejects", "orders.csv", NOW, ["id", "date"])
    rejects.add(RawRow(3, {"id": "1", "date": 'so"on'}), Fault(3, "date", "is no time"))
    rejects.add(RawRow(9, {}, "has 1 values", "2,"), Fault(9, "", "has 1 values"))
    rejects.close()
    assert rejects.path == tmp_path / "rejects" / "orders.csv-20261122T093005Z.csv"
    with rejects.path.open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [
            ["reject_line", "reject_column", "reject_reason", "reject_text", "id", "date"],
            ["3", "date", "is no time", "", "1", 'so"on'],
            ["9", "", "has 1 values", "2,", "", ""],
        ]


def test_rows_without_a_header_are_kept_as_json(tmp_path: Path) -> None:
    rejects = RejectsFile(tmp_path, "shop", NOW)
    rejects.add(RawRow(3, {"id": 1, "at": NOW}), Fault(3, "id", "bad \ud800"))
    rejects.close()
    assert rejects.path is not None
    assert json.loads(rejects.path.read_text("utf-8")) == {
        "reject_line": 3,
        "reject_column": "id",
        "reject_reason": "bad \ud800",
        "reject_text": "",
        "id": 1,
        "at": str(NOW),
    }


def test_it_is_for_its_owner_only_and_never_overwritten(tmp_path: Path) -> None:
    for _ in range(2):
        rejects = RejectsFile(tmp_path, "../shop/../x y", NOW, ["id"])
        rejects.add(RawRow(3, {"id": "\ud800"}), Fault(3, "id", "bad"))
        rejects.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "x-y-20261122T093005Z-2.csv",
        "x-y-20261122T093005Z.csv",
    ]
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in tmp_path.iterdir())
