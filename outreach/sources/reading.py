"""Reading a source row by row: by its mapping, or by what its columns are called."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

from outreach.errors import DataError
from outreach.model import Kind
from outreach.rules.catalogue import Catalogue, suggestion
from outreach.sources.column_map import ColumnMap
from outreach.sources.files import OpenRows, check_file, open_rows
from outreach.sources.joining import JoinedFile, load_join
from outreach.sources.map_guessing import guess_map
from outreach.sources.mapper import BadRow, Mapper
from outreach.sources.records import Fault, RawRow, Record
from outreach.sources.rejects import PREFIX

#: rows of JSON that are looked at to guess a mapping
LOOKED_AT = 100


@dataclass(frozen=True, slots=True)
class RowResult:
    """What became of one row: its records, or the fault that it is rejected for."""

    row: RawRow
    records: tuple[Record, ...] = ()
    doubts: tuple[Fault, ...] = ()
    fault: Fault | None = None
    is_skipped: bool = False


@dataclass(frozen=True)
class Columns:
    """How columns become fields: by a mapping, or for `kind` by their names."""

    catalogue: Catalogue
    zone: ZoneInfo
    mapping: ColumnMap | None = None
    kind: Kind | None = None

    def settle(self, name: str, columns: Sequence[str]) -> ColumnMap:
        """Return the mapping to read by; raises DataError when columns it needs are not there."""
        if self.mapping is not None:
            return self.mapping
        assert self.kind is not None, "neither a mapping nor a kind"
        guessed = guess_map(self.kind, columns, self.catalogue, self.zone)
        if columns and guessed.main.get("id") is None:
            raise DataError(
                f"{name} has no column for the id of the {self.kind.value}:"
                " call one `id`, or write a mapping (--map)"
            )
        return guessed


@dataclass
class SourceRows:
    """An open source, read by iterating. `notes` are complete when all is read.

    `file` is what its lines are lines of; a database has none.
    """

    opened: OpenRows
    mapping: ColumnMap
    joined: tuple[JoinedFile, ...] = ()
    seen: dict[str, None] = field(default_factory=dict)
    is_guessed: bool = False
    file: str = ""

    @classmethod
    def of(cls, opened: OpenRows, columns: Columns, folders: Sequence[Path] = ()) -> SourceRows:
        """Settle how columns are read; raises DataError when those it needs are not there.

        Files to join are looked for in the folders.
        """
        known = opened.columns
        if known is None and columns.mapping is None:
            known = _peeked(opened)
        mapping = columns.settle(opened.name, known or ())
        added = tuple(load_join(j, folders, mapping.encoding) for j in mapping.joins)
        if opened.columns is not None:
            check_columns(opened.name, opened.columns, mapping, added)
        return cls(opened, mapping, added, is_guessed=columns.mapping is None)

    @property
    def columns(self) -> Sequence[str] | None:
        """The columns of the source itself, None when each row has its own."""
        return self.opened.columns

    def __iter__(self) -> Iterator[RowResult]:
        return read_rows(self._joined_rows(), Mapper(self.mapping, self.file))

    def _joined_rows(self) -> Iterator[RawRow]:
        rows: Iterable[RawRow] = self.opened.rows
        if self.opened.columns is None:
            rows = self._watched(rows)
        for join in self.joined:
            rows = join.add(rows)
        yield from rows

    def _watched(self, rows: Iterable[RawRow]) -> Iterator[RawRow]:
        for row in rows:
            if not self.seen.keys() >= row.values.keys():
                self.seen |= dict.fromkeys(row.values)
            yield row

    def notes(self) -> list[str]:
        """Say once what of the source was not used, and what the mapping looked for in vain."""
        own = self.opened.columns if self.opened.columns is not None else self.seen
        reads = self.mapping.columns()
        unused = [
            column
            for column in own
            if column
            and column not in reads
            and column not in self.mapping.ignore
            and not column.startswith(PREFIX)
        ]
        notes = [note for join in self.joined for note in join.notes()]
        if unused:
            notes.append(f"not used: {', '.join(unused)}")
        known = {*own, *(column for join in self.joined for column in join.columns)}
        never = [column for column in reads if column not in known]
        if never and self.seen:
            notes.append(f"in the mapping, but in no row: {', '.join(never)}")
        return notes


def read_rows(rows: Iterable[RawRow], mapper: Mapper) -> Iterator[RowResult]:
    """Yield what becomes of each row."""
    for row in rows:
        try:
            reading = mapper.read(row)
        except BadRow as bad:
            yield RowResult(row, fault=bad.fault)
            continue
        if reading is None:
            yield RowResult(row, is_skipped=True)
        else:
            yield RowResult(row, reading.records, reading.doubts)


@contextmanager
def read_file(
    path: Path, columns: Columns, *, folders: Sequence[Path] = (), is_checked: bool = False
) -> Iterator[SourceRows]:
    """Open a file of rows; files to join are looked for beside it, then in the folders.

    Its encoding is checked before anything of it is read, unless that was done. Raises DataError
    when it cannot be read or lacks a column that the mapping names.
    """
    encoding = columns.mapping.encoding if columns.mapping else "utf-8"
    if not is_checked and path.is_file():
        check_file(path, encoding)
    with open_rows(path, encoding=encoding) as opened:
        beside = () if str(path) == "-" else (path.parent,)
        rows = SourceRows.of(opened, columns, (*beside, *folders))
        rows.file = opened.name
        yield rows


def _peeked(opened: OpenRows) -> list[str]:
    """Return the columns of the first rows, which are then read again."""
    first: list[RawRow] = []
    broken: DataError | None = None
    try:
        first.extend(islice(opened.rows, LOOKED_AT))
    except DataError as error:
        if not first:
            raise
        broken = error
    opened.rows = _again(first, broken, opened.rows)
    return list(dict.fromkeys(column for row in first for column in row.values))


def _again(
    first: Sequence[RawRow], broken: DataError | None, rest: Iterator[RawRow]
) -> Iterator[RawRow]:
    yield from first
    if broken:
        raise broken
    yield from rest


def check_columns(
    name: str, columns: Sequence[str], mapping: ColumnMap, joined: Sequence[JoinedFile]
) -> None:
    """Raise DataError when the mapping names columns that are not there."""
    known = {*columns, *(column for join in joined for column in join.columns)}
    lost = []
    for column, reader in mapping.columns().items():
        if column not in known:
            meant = suggestion(column, known)
            hint = f" (did you mean `{meant}`?)" if meant else ""
            lost.append(f"`{column}`{hint} for {reader}")
    if lost:
        raise DataError(f"{name} has no column {'; no column '.join(lost)}")
