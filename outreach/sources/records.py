"""What a source hands on: rows as they stand there, records as we understand them, and faults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from outreach.model import Kind


class RawRow(NamedTuple):
    """One row of a source. `line` counts from 1: in a file its first line, else the row itself.

    `broken` says why it is no row at all; then `text` is what stands there.
    """

    line: int
    values: Mapping[str, Any]
    broken: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """One version of a customer, an order or a ticket, its values typed and under our names.

    A field that is not in `values` is not known to the source and stays as it is; None means that
    there is no value. `updated_at` orders the versions of one subject; `at` is when this version
    came to be as the source tells it. `history` says when values of a field began, `place` is the
    file and line that it was read from.
    """

    kind: Kind
    id: str
    values: Mapping[str, Any]
    updated_at: datetime | None = None
    at: datetime | None = None
    history: Mapping[str, Mapping[str, datetime]] = field(default_factory=dict)
    place: str = ""


class Fault(NamedTuple):
    """What is wrong with a row: the line, the source's column (may be empty), and why."""

    line: int
    column: str
    reason: str

    def __str__(self) -> str:
        where = f"line {self.line}, {self.column}" if self.column else f"line {self.line}"
        return f"{where}: {self.reason}"
