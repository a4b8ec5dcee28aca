"""The rejects file: rows that could not be taken, as they stood, each with its line and reason.

Mended, it can be imported as it is: the added columns are passed over.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from outreach.sources.records import Fault, RawRow

PREFIX = "reject_"
COLUMNS = tuple(PREFIX + name for name in ("line", "column", "reason", "text"))


@dataclass
class RejectsFile:
    """A file that is made with the first row it is given. `columns` None makes it JSON lines."""

    folder: Path
    source: str
    now: datetime
    columns: Sequence[str] | None = None
    path: Path | None = None
    _file: TextIO | None = field(default=None, repr=False)

    def add(self, row: RawRow, fault: Fault) -> None:
        """Keep a row with what is wrong with it."""
        if self._file is None:
            self._file = self._open()
        marks = (fault.line, fault.column, fault.reason, row.text)
        if self.columns is None:
            kept = dict(zip(COLUMNS, marks, strict=True)) | dict(row.values)
            self._file.write(json.dumps(kept, default=str, ensure_ascii=True) + "\n")
        else:
            cells = (_cell(row.values.get(column)) for column in self.columns)
            csv.writer(self._file).writerow([*marks, *cells])

    def close(self) -> None:
        """Close it; nothing is left behind when no row was rejected."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open(self) -> TextIO:
        self.folder.mkdir(parents=True, exist_ok=True)
        name = f"{_safe(self.source)}-{self.now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
        suffix = "jsonl" if self.columns is None else "csv"
        file = self._new(name, suffix)
        if self.columns is not None:
            csv.writer(file).writerow([*COLUMNS, *self.columns])
        return file

    def _new(self, name: str, suffix: str) -> TextIO:
        for number in range(1, 1000):
            numbered = name if number == 1 else f"{name}-{number}"
            self.path = self.folder / f"{numbered}.{suffix}"
            try:
                # customers' data: for the owner's eyes only
                handle = os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            except FileExistsError:
                continue
            return os.fdopen(handle, "w", encoding="utf-8", newline="")
        raise FileExistsError(self.path)


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    return text.encode("utf-8", "replace").decode("utf-8")


def _safe(name: str) -> str:
    kept = "".join(c if c.isalnum() or c in "-_." else "-" for c in Path(name).name)
    return kept.strip("-.") or "rows"
