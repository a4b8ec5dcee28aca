"""Taking in records on a scratch database, the shortest way that keeps the change log honest."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from outreach.model import Kind
from outreach.rules.catalogue import COLUMNS
from outreach.sources.records import Record
from outreach.store.database import Store
from outreach.store.frames import table_of
from outreach.store.subjects import Change, Customer, Order, Ticket
from outreach.timing.instants import to_micros

HISTORY = {kind: {c.name for c in columns if c.history} for kind, columns in COLUMNS.items()}


def take_in(store: Store, records: Iterable[Record], *, now: datetime) -> None:
    with store.write() as connection:
        for record in records:
            _take(connection, record, now)


def _take(connection: Connection, record: Record, now: datetime) -> None:
    table = table_of(record.kind)
    at = record.updated_at or now
    row = connection.execute(select(table).where(table.c.id == record.id)).mappings().first()
    old = dict(row) if row else {}
    new = {k: v for k, v in record.values.items() if old.get(k) != v}
    for name in HISTORY[record.kind] & new.keys():
        new.setdefault(f"{name}_changed_at", at)
    if row is None:
        connection.execute(insert(table).values(id=record.id, **new, updated_at=at))
        _log(connection, record.kind, record.id, "", None, None, at, now)
    elif new:
        connection.execute(
            update(table).where(table.c.id == record.id).values(**new, updated_at=at)
        )
        for name, value in new.items():
            _log(connection, record.kind, record.id, name, old.get(name), value, at, now)
    person = new.get("customer_id") or old.get("customer_id")
    if person and record.kind is not Kind.CUSTOMER:
        _derive(connection, person, at, now)


def _derive(connection: Connection, person: str, at: datetime, now: datetime) -> None:
    customer, order, ticket = table_of(Customer), table_of(Order).c, table_of(Ticket).c
    row = connection.execute(select(customer).where(customer.c.id == person)).mappings().first()
    if row is None:
        return
    first, last = connection.execute(
        select(func.min(order.placed_at), func.max(order.placed_at)).where(
            order.customer_id == person
        )
    ).one()
    open_tickets = connection.execute(
        select(func.count())
        .select_from(table_of(Ticket))
        .where(ticket.customer_id == person, ticket.status.not_in(["resolved", "closed"]))
    ).scalar()
    found = {"first_order_at": first, "last_order_at": last, "open_tickets": open_tickets}
    new = {k: v for k, v in found.items() if row[k] != v}
    if new:
        connection.execute(update(customer).where(customer.c.id == person).values(**new))
    for name, value in new.items():
        _log(connection, Kind.CUSTOMER, person, name, row[name], value, at, now)


def _log(
    connection: Connection,
    kind: Kind,
    subject: str,
    field: str,
    old: Any,
    new: Any,
    at: datetime,
    now: datetime,
) -> None:
    values = {"old": _raw(old), "new": _raw(new)}
    connection.execute(
        insert(table_of(Change)).values(
            kind=kind.value, subject_id=subject, field=field, at=at, recorded_at=now, **values
        )
    )


def _raw(value: Any) -> Any:
    return to_micros(value) if isinstance(value, datetime) else value
