"""What intake is handed, and its values as the database keeps them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple, Protocol

from outreach.model import Kind, Money
from outreach.store.frames import table_of
from outreach.store.types import AMOUNT_UNITS, Amount, Instant
from outreach.timing.instants import EPOCH


class Arrival(Protocol):
    """One version of a subject; see `outreach.sources.records.Record`."""

    @property
    def kind(self) -> Kind: ...
    @property
    def id(self) -> str: ...
    @property
    def values(self) -> Mapping[str, Any]: ...
    @property
    def updated_at(self) -> datetime | None: ...
    @property
    def at(self) -> datetime | None: ...
    @property
    def history(self) -> Mapping[str, Mapping[str, datetime]]: ...
    @property
    def place(self) -> str: ...


class Outcome(StrEnum):
    """What became of one version."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    STALE = "stale"  # older than what is stored
    ERASED = "erased"  # of a person who was erased on request


class RawValues(NamedTuple):
    """Values by column, and those of the workspace's own fields."""

    columns: dict[str, Any]
    custom: dict[str, Any]


def raw_values(kind: Kind, values: Mapping[str, Any]) -> RawValues:
    """Return values as the database keeps them: times in microseconds, amounts in units."""
    converters = _converters(kind)
    columns: dict[str, Any] = {}
    custom: dict[str, Any] = {}
    for name, value in values.items():
        if name == "total":
            columns["total"], columns["total_currency"] = _money(value)
        elif name in converters:
            convert = converters[name]
            columns[name] = convert(value) if convert and value is not None else value
        else:
            custom[name] = micros(value) if isinstance(value, datetime) else value
    return RawValues(columns, custom)


@cache
def _converters(kind: Kind) -> dict[str, Callable[[Any], Any] | None]:
    return {
        column.name: micros if isinstance(column.type, Instant) else None
        for column in table_of(kind).columns
        if not isinstance(column.type, Amount)
    }


def _money(value: Money | None) -> tuple[int | None, str | None]:
    if value is None:
        return None, None
    return int(value.amount * AMOUNT_UNITS), value.currency


def micros(instant: datetime | None) -> int | None:
    """Return an aware instant in microseconds, None for none.

    The same as `to_micros`, in a third of the time: a large import asks for millions.
    """
    if instant is None:
        return None
    since = instant - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
