"""From a row to records: what is wrong with a row is said with its line and column."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from outreach.sources.cells import ABSENT, Read, Row, reader_of
from outreach.sources.column_map import UPDATED_AT, ColumnMap, FieldMap, KindMap
from outreach.sources.contacts import parse_phone
from outreach.sources.records import Fault, RawRow, Record
from outreach.sources.values import BadValue, DoubtfulValue, parse_whole, text_of

#: rows of one time are put in order by microseconds, and a second has so many
MOST_AT_ONCE = 1_000_000


class BadRow(ValueError):
    """A row that cannot be taken, with where and why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault


@dataclass(frozen=True)
class Reading:
    """What one row yields, and what in it was of no use."""

    records: tuple[Record, ...] = ()
    doubts: tuple[Fault, ...] = ()


@dataclass
class Mapper:
    """A mapping made ready: it reads rows one by one. Rows left out by `skip:` read as None."""

    mapping: ColumnMap
    #: where the rows stand, to say it of each; empty where lines have no number to be found by
    file: str = ""
    _kinds: list[_KindReader] = field(init=False)

    def __post_init__(self) -> None:
        mapping = self.mapping
        self._kinds = [
            _KindReader(kind, mapping, is_main=kind is mapping.main, file=self.file)
            for kind in mapping.kinds
        ]

    def read(self, row: RawRow) -> Reading | None:
        """Return the records in a row; raises BadRow when it cannot be taken."""
        if row.broken:
            raise BadRow(Fault(row.line, "", row.broken))
        if self._is_skipped(row.values):
            return None
        doubts: list[Fault] = []
        records = []
        for kind in self._kinds:
            record = kind.read(row, doubts)
            if record is not None:
                records.append(record)
        return Reading(tuple(records), tuple(doubts))

    def _is_skipped(self, values: Row) -> bool:
        for column, unwanted in self.mapping.skip.items():
            raw = values.get(column)
            if raw is not None and text_of(raw) in unwanted:
                return True
        return False


@dataclass
class _KindReader:
    """Reads the record of one kind out of a row."""

    kind: KindMap
    mapping: ColumnMap
    is_main: bool
    file: str
    fields: list[tuple[FieldMap, Read]] = field(init=False)
    history: list[tuple[str, str, FieldMap, Read]] = field(init=False)
    limits: list[tuple[str, FieldMap, Read]] = field(init=False)
    then: str = field(init=False)

    def __post_init__(self) -> None:
        missing = self.mapping.missing
        self.fields = [(mapped, reader_of(mapped, missing)) for mapped in self.kind.fields]
        self.history = [
            (name, value, mapped, reader_of(mapped, missing))
            for name, began in self.kind.history.items()
            for value, mapped in began.items()
        ]
        self.limits = [
            (name, mapped, reader_of(mapped, missing))
            for name, mapped in self.kind.blank_until.items()
        ]
        updated = self.kind.get(UPDATED_AT)
        self.then = updated.then if updated else ""

    def read(self, row: RawRow, doubts: list[Fault]) -> Record | None:
        """Return the record, or None when the row has none and need not have one."""
        values: dict[str, Any] = {}
        reading: FieldMap | None = None
        try:
            for reading, read in self.fields:
                try:
                    value = read(row.values)
                except DoubtfulValue as doubt:
                    doubts.append(Fault(row.line, _column(reading), str(doubt)))
                    value = None
                if value is not ABSENT:
                    values[reading.field.name] = value
            return self._record(row, values, doubts)
        except BadValue as error:
            column = _column(reading) if reading else ""
            raise BadRow(Fault(row.line, column, str(error))) from None

    def _record(self, row: RawRow, values: dict[str, Any], doubts: list[Fault]) -> Record | None:
        own_id = values.pop("id", None)
        if not own_id:
            if not self.is_main:
                return None
            mapped = self.kind.get("id")
            column = _column(mapped) if mapped else ""
            raise BadRow(Fault(row.line, column, f"the {self.kind.kind.value} has no id"))
        self._blank(row, values)
        if values.get("phone"):
            self._normalise_phone(row, values, doubts)
        at = values.pop(UPDATED_AT, None)
        return Record(
            kind=self.kind.kind,
            id=own_id,
            values=values,
            updated_at=at and at + self._within_the_same_time(row),
            at=at,
            history=self._began(row) if self.history else {},
            place=f"{self.file}:{row.line}" if self.file else "",
        )

    def _blank(self, row: RawRow, values: dict[str, Any]) -> None:
        for name, mapped, read in self.limits:
            limit = _read_at(row, mapped, read)
            value = values.get(name)
            if value is not None and isinstance(limit, datetime) and value > limit:
                values[name] = None

    def _normalise_phone(self, row: RawRow, values: dict[str, Any], doubts: list[Fault]) -> None:
        region = self.mapping.phone_region or values.get("country")
        try:
            values["phone"] = parse_phone(values["phone"], region)
        except DoubtfulValue as doubt:
            mapped = self.kind.get("phone")
            doubts.append(Fault(row.line, _column(mapped) if mapped else "", str(doubt)))
            values["phone"] = None

    def _within_the_same_time(self, row: RawRow) -> timedelta:
        """Return a trifle that puts rows of one time in their order."""
        if not self.then:
            return timedelta()
        try:
            place = parse_whole(row.values.get(self.then, ""))
        except BadValue as error:
            raise BadRow(Fault(row.line, self.then, str(error))) from None
        if place >= MOST_AT_ONCE:
            said = f"`{place}` is too large for `then:`, which counts up to {MOST_AT_ONCE - 1}"
            raise BadRow(Fault(row.line, self.then, said))
        return timedelta(microseconds=place)

    def _began(self, row: RawRow) -> dict[str, dict[str, datetime]]:
        began: dict[str, dict[str, datetime]] = {}
        for name, value, mapped, read in self.history:
            instant = _read_at(row, mapped, read)
            if isinstance(instant, datetime):
                began.setdefault(name, {})[value] = instant
        return began


def _read_at(row: RawRow, mapped: FieldMap, read: Read) -> Any:
    try:
        return read(row.values)
    except ValueError as error:
        raise BadRow(Fault(row.line, _column(mapped), str(error))) from None


def _column(mapped: FieldMap) -> str:
    return next(iter(mapped.columns), mapped.field.name)
