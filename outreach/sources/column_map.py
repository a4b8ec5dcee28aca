"""The mapping: which of a source's columns becomes which of our fields."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple
from zoneinfo import ZoneInfo

from outreach.model import Kind
from outreach.rules.catalogue import DERIVED, Catalogue
from outreach.rules.fields import Field, FieldType

UPDATED_AT = "updated_at"
#: what an order, a ticket or an answer calls the row it belongs to, and that row's kind
LINKS: dict[Kind, dict[str, Kind]] = {
    Kind.CUSTOMER: {},
    Kind.ORDER: {"customer_id": Kind.CUSTOMER},
    Kind.TICKET: {"customer_id": Kind.CUSTOMER, "order_id": Kind.ORDER},
    Kind.RESPONSE: {
        "customer_id": Kind.CUSTOMER,
        "order_id": Kind.ORDER,
        "ticket_id": Kind.TICKET,
    },
}
#: of several kinds in one row, the first that is mapped must be there
MAIN_FIRST = (Kind.RESPONSE, Kind.TICKET, Kind.ORDER, Kind.CUSTOMER)


class Piece(NamedTuple):
    """A part of a text made from columns: plain words, or a column (perhaps as a slug)."""

    words: str = ""
    column: str = ""
    is_slug: bool = False


@dataclass(frozen=True)
class FieldMap:
    """Where one field comes from: a column, a fixed value, or a text made from columns."""

    field: Field
    column: str = ""
    value: str | None = None
    pieces: tuple[Piece, ...] = ()
    values: Mapping[str, str] = dataclasses.field(default_factory=dict)
    otherwise: str | None = None
    formats: tuple[str, ...] = ()
    zone: ZoneInfo = dataclasses.field(default_factory=lambda: ZoneInfo("UTC"))
    separator: str = ","
    currency: str = ""
    currency_column: str = ""
    decimal: str = "."
    then: str = ""  # of updated_at: the column with the order of rows of the same time

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it reads."""
        named = (self.column, self.currency_column, self.then, *(p.column for p in self.pieces))
        return tuple(filter(None, named))


@dataclass(frozen=True)
class KindMap:
    """How a row becomes a record of one kind.

    `history` says by field and value which column tells when that value began. A field in
    `blank_until` has no value while it lies after the time beside it.
    """

    kind: Kind
    fields: tuple[FieldMap, ...]
    history: Mapping[str, Mapping[str, FieldMap]] = dataclasses.field(default_factory=dict)
    blank_until: Mapping[str, FieldMap] = dataclasses.field(default_factory=dict)

    def get(self, name: str) -> FieldMap | None:
        """Return where a field comes from, None when the source does not have it."""
        return next((m for m in self.fields if m.field.name == name), None)

    def column_of(self, name: str) -> str:
        """Return the one column that a field is read from, empty when there is none such."""
        mapped = self.get(name)
        return mapped.column if mapped else ""

    def reads(self) -> Iterator[FieldMap]:
        """Yield everything that reads a column."""
        yield from self.fields
        for began in self.history.values():
            yield from began.values()
        yield from self.blank_until.values()


@dataclass(frozen=True)
class Join:
    """A second file whose columns are added to each row that has the same value in a column."""

    file: str
    column: str
    its_column: str


@dataclass(frozen=True)
class ColumnMap:
    """A whole mapping: what a row yields, and how the file is read."""

    kinds: tuple[KindMap, ...]
    missing: frozenset[str] = frozenset({""})
    encoding: str = "utf-8"
    phone_region: str | None = None
    ignore: frozenset[str] = frozenset()
    skip: Mapping[str, frozenset[str]] = dataclasses.field(default_factory=dict)
    joins: tuple[Join, ...] = ()

    @property
    def main(self) -> KindMap:
        """The kind that every row must have; the others may be missing in a row."""
        return min(self.kinds, key=lambda k: MAIN_FIRST.index(k.kind))

    def of(self, kind: Kind) -> KindMap | None:
        """Return how rows become records of a kind, None when they do not."""
        return next((k for k in self.kinds if k.kind is kind), None)

    def columns(self) -> dict[str, str]:
        """Return every column the mapping reads, with what for."""
        found = {join.column: "join" for join in self.joins} | dict.fromkeys(self.skip, "skip")
        for kind in self.kinds:
            for read in kind.reads():
                for column in read.columns:
                    found.setdefault(column, f"{kind.kind.value}.{read.field.name}")
        return found


def settable_fields(catalogue: Catalogue, kind: Kind) -> dict[str, Field]:
    """Return the fields of a kind that a source may give, by name."""
    fields = {f.name: f for f in catalogue.own_fields(kind) if f.name not in DERIVED[kind]}
    for name, other in LINKS[kind].items():
        label = f"the id of its {other.value}"
        fields.setdefault(name, Field(name, FieldType.TEXT, kind, name, label))
    return fields


def linked(kinds: tuple[KindMap, ...]) -> tuple[KindMap, ...]:
    """Return the kinds with the links between the records of one row filled in."""
    ids = {k.kind: k.get("id") for k in kinds}
    return tuple(_linked(kind, ids) for kind in kinds)


def _linked(kind: KindMap, ids: Mapping[Kind, FieldMap | None]) -> KindMap:
    added = []
    for name, other in LINKS[kind.kind].items():
        source = ids.get(other)
        if source is not None and kind.get(name) is None:
            link = Field(name, FieldType.TEXT, kind.kind, name)
            added.append(replace(source, field=link))
    return KindMap(kind.kind, (*kind.fields, *added), kind.history, kind.blank_until)
