"""A second file whose columns are added to each row: orders in one export, persons in another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from outreach.errors import DataError
from outreach.sources.column_map import Join
from outreach.sources.files import open_rows
from outreach.sources.records import RawRow
from outreach.sources.values import text_of


@dataclass
class JoinedFile:
    """A file to join, held in memory by its key; counts what it could not do."""

    join: Join
    columns: tuple[str, ...]
    rows: dict[str, dict[str, Any]]
    repeated: int = 0
    not_found: int = field(default=0)

    def add(self, rows: Iterable[RawRow]) -> Iterator[RawRow]:
        """Add the columns of the one row with the same key; a row's own columns count first."""
        empty = dict.fromkeys(self.columns)
        for row in rows:
            if row.broken:
                yield row
                continue
            raw = row.values.get(self.join.column)
            found = self.rows.get(text_of(raw)) if isinstance(raw, str | int) else None
            if found is None:
                self.not_found += 1
            yield row._replace(values={**(found or empty), **row.values})

    def notes(self) -> Iterator[str]:
        """Say what was odd."""
        if self.not_found:
            yield f"{self.not_found:,} rows have no counterpart in {self.join.file}"
        if self.repeated:
            what = f"{self.join.its_column} stands more than once in {self.join.file}"
            yield f"{what}: the last of {self.repeated + 1:,} rows counts"


def load_join(join: Join, folders: Sequence[Path], encoding: str) -> JoinedFile:
    """Read a file to join from the first of the folders that has it; raises DataError."""
    path = next((f / join.file for f in folders if (f / join.file).is_file()), None)
    if path is None:
        places = " or ".join(dict.fromkeys(str(f) for f in folders))
        raise DataError(f"`join:` names {join.file}, which is not in {places}")
    with open_rows(path, encoding=encoding) as opened:
        return _load(join, opened.rows, opened.columns)


def _load(join: Join, rows: Iterable[RawRow], header: list[str] | None) -> JoinedFile:
    if header is not None and join.its_column not in header:
        raise DataError(f"{join.file} has no column `{join.its_column}`, which `join:` names")
    by_key: dict[str, dict[str, Any]] = {}
    columns = dict.fromkeys(header or ())
    repeated = 0
    for row in rows:
        if row.broken:
            raise DataError(f"{join.file}, line {row.line}: {row.broken}")
        raw = row.values.get(join.its_column)
        if raw is None or raw == "":
            continue
        key = text_of(raw)
        repeated += key in by_key
        by_key[key] = dict(row.values)
        columns |= dict.fromkeys(row.values)
    return JoinedFile(join, tuple(columns), by_key, repeated)
