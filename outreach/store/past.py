"""The past: how subjects came to be what they are, read back from the change log.

What was imported with its past (a status' history, a delivery long ago) is taken apart again: what
happened is not known before it happened.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import Connection, func, select

from outreach.model import Kind, Money
from outreach.rules.catalogue import COLUMNS, DERIVED, Catalogue
from outreach.rules.fields import FieldType
from outreach.store.change_log import raw_table
from outreach.store.frames import table_of
from outreach.store.pieces import CHUNK
from outreach.store.subjects import Change
from outreach.store.types import AMOUNT_UNITS
from outreach.store.versions import NATURAL, fields_with_history
from outreach.timing.instants import from_micros

#: times that are known before they come
PLANS = frozenset({"promised_at", "estimated_at", "due_at", "next_update_at", "updated_at"})
#: a status and the field that says since when
_SAID_BY = {
    "shipped": "shipped_at",
    "delivered": "delivered_at",
    "cancelled": "cancelled_at",
    "refunded": "refunded_at",
    "resolved": "resolved_at",
    "closed": "closed_at",
}
#: the column that says whose a subject is
_WHOSE = {Kind.CUSTOMER: "id", Kind.ORDER: "customer_id", Kind.TICKET: "customer_id"}
#: columns that are no values of the subject
_NOT_ITS_OWN = frozenset({"id", "custom", "updated_at", "erased_at"})
#: what we hear of within a day came as it happened; what is older came with its past, in one piece
_AS_IT_HAPPENED = 24 * 3600 * 1_000_000
_MONEY = ("total", "total_currency")
#: a value and since when it was known, in microseconds
Known = tuple[int, Any]


@dataclass(frozen=True)
class Version:
    """What became known of a subject at an instant: only the values that are new then.

    It is what intake takes in; see `outreach.sources.records.Record`.
    """

    kind: Kind
    id: str
    values: Mapping[str, Any]
    at: datetime
    history: Mapping[str, Mapping[str, datetime]] = field(default_factory=dict)
    place: str = ""

    @property
    def updated_at(self) -> datetime:
        return self.at


def count_subjects(connection: Connection) -> dict[Kind, int]:
    """Return how many subjects of each kind there are."""
    return {
        kind: connection.execute(select(func.count()).select_from(table_of(kind))).scalar() or 0
        for kind in Kind
    }


def read_past(connection: Connection, catalogue: Catalogue, kind: Kind) -> Iterator[list[Version]]:
    """Yield of each subject of a kind its versions, the oldest first.

    Of erased customers nothing is left. Customers are there from the beginning: what they ordered
    says that they were.
    """
    table = raw_table(table_of(kind))
    last = ""
    while True:
        query = select(table).where(table.c.id > last).order_by(table.c.id).limit(CHUNK)
        rows = [dict(row) for row in connection.execute(query).mappings()]
        if not rows:
            return
        last = rows[-1]["id"]
        yield from _past(connection, catalogue, kind, rows)


def past_of_customer(
    connection: Connection, catalogue: Catalogue, customer: str
) -> Iterator[list[Version]]:
    """Yield the versions of a customer, then of each of their orders, then of their tickets."""
    for kind, column in _WHOSE.items():
        table = raw_table(table_of(kind))
        query = select(table).where(table.c[column] == customer).order_by(table.c.id)
        rows = [dict(row) for row in connection.execute(query).mappings()]
        yield from _past(connection, catalogue, kind, rows)


def _past(
    connection: Connection, catalogue: Catalogue, kind: Kind, rows: Sequence[Mapping[str, Any]]
) -> Iterator[list[Version]]:
    logged = _changes(connection, kind, [row["id"] for row in rows])
    for row in rows:
        if row.get("erased_at") is None:
            yield _versions(catalogue, kind, row, logged[row["id"]])


def _changes(connection: Connection, kind: Kind, ids: Sequence[str]) -> dict[str, list[Any]]:
    change = raw_table(table_of(Change)).c
    what = (change.subject_id, change.field, change.old, change.new, change.at)
    query = (
        select(*what, change.recorded_at, change.history)
        .where(change.kind == kind.value, change.subject_id.in_(ids))
        .order_by(change.id)
    )
    found: dict[str, list[Any]] = defaultdict(list)
    for row in connection.execute(query):
        found[row.subject_id].append(row)
    return found


def _versions(
    catalogue: Catalogue, kind: Kind, row: Mapping[str, Any], log: Sequence[Any]
) -> list[Version]:
    """Put together by instant what the fields of a subject became, one by one."""
    by_instant: dict[int, dict[str, Any]] = defaultdict(dict)
    for name, known in _timelines(kind, row, log).items():
        for at, value in known:
            by_instant[at][name] = value
    versions, money = [], dict.fromkeys(_MONEY)
    for at, values in sorted(by_instant.items()):
        if values.keys() & money.keys():
            money |= {name: values[name] for name in _MONEY if name in values}
            values.update(money)
        versions.append(_version(catalogue, kind, row["id"], at, values))
    return versions


def _version(
    catalogue: Catalogue, kind: Kind, subject: str, at: int, values: dict[str, Any]
) -> Version:
    began = {name: values.pop(f"{name}_changed_at", None) for name in fields_with_history(kind)}
    history = {
        name: {values[name]: from_micros(since)}
        for name, since in began.items()
        if since is not None and values.get(name) is not None
    }
    return Version(kind, subject, _typed(catalogue, kind, values), from_micros(at), history)


def _timelines(kind: Kind, row: Mapping[str, Any], log: Sequence[Any]) -> dict[str, list[Known]]:
    """Return what each field was, and from when on."""
    live = [change for change in log if change.field and not change.history]
    first = _as_it_came(kind, row, live)
    found = {}
    for name, came in _beginnings(kind, first, log).items():
        later = [(c.at, c.new) for c in live if c.field == name]
        found[name] = [(at, v) for at, v in came if not later or at < later[0][0]] + later
    for change in live:
        if change.field not in found:  # since when a status is what it is
            found.setdefault(change.field, []).append((change.at, change.new))
    return found


def _beginnings(kind: Kind, first: Mapping[str, Any], log: Sequence[Any]) -> dict[str, list[Known]]:
    """Return what each field was when the subject came, and before as far as that is known."""
    came = next(change for change in log if not change.field)
    natural = first[NATURAL[kind]]
    if kind is Kind.CUSTOMER or came.recorded_at - (natural or came.at) <= _AS_IT_HAPPENED:
        begin = 0 if kind is Kind.CUSTOMER else came.at
        return {name: [(begin, value)] for name, value in first.items()}
    begin = min(natural or came.at, *(change.at for change in log))
    past: dict[str, list[Known]] = defaultdict(list)
    for change in log:
        if change.history:
            past[change.field].append((change.at, change.new))
    if not past["status"]:
        past["status"] = _by_its_times(first, first.get("status"), begin)
    for name in _happening(kind):
        if first[name] and begin < first[name] <= came.recorded_at:
            past[name] = [(first[name], first[name])]
    return {name: past[name] or [(begin, value)] for name, value in first.items()}


def _as_it_came(kind: Kind, row: Mapping[str, Any], live: Sequence[Any]) -> dict[str, Any]:
    """Return a subject's values before anything changed here: what intake owns, no more."""
    values = {
        name: value
        for name, value in row.items()
        if name not in DERIVED[kind] and name not in _NOT_ITS_OWN
    }
    values |= row["custom"] or {}
    worked_out = DERIVED[kind]
    for change in reversed(live):
        if change.field not in worked_out:
            values[change.field] = change.old
    return values


def _by_its_times(first: Mapping[str, Any], status: str | None, begin: int) -> list[Known]:
    """Return since when an order or ticket had its statuses, as far as other fields tell."""
    if first.get(_SAID_BY.get(status or "", "")) is None:
        return []
    known = [(first[column], s) for s, column in _SAID_BY.items() if first.get(column) is not None]
    until = first[_SAID_BY[status or ""]]
    return sorted((max(at, begin), s) for at, s in known if at < until or s == status)


def _typed(catalogue: Catalogue, kind: Kind, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as intake takes them: instants, money, and the rest as it is."""
    typed = dict(values)
    for wanted in catalogue.own_fields(kind):
        value = values.get(wanted.name)
        if wanted.type is FieldType.TIME and value is not None:
            typed[wanted.name] = from_micros(value)
    if "total" in typed:
        amount, currency = typed["total"], typed.pop("total_currency")
        is_whole = amount is not None and currency is not None
        typed["total"] = Money(Decimal(amount) / AMOUNT_UNITS, currency) if is_whole else None
    return typed


@cache
def _happening(kind: Kind) -> frozenset[str]:
    """Return the fields that say when something happened: nobody knew it before."""
    names = (column.name for column in COLUMNS[kind] if column.type is FieldType.TIME)
    return frozenset(names) - PLANS - DERIVED[kind]
