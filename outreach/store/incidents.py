"""Incidents: something that went wrong for many orders at once, and which orders those are.

An order leads to one incident, the newest that is open; once that is resolved it still leads there,
so that the all-clear knows what it is about.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Index, Select, and_, exists, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Field, SQLModel

from outreach.model import IncidentStatus, Kind
from outreach.rules.conditions import AllOf, Condition
from outreach.rules.conditions.branch import branches_sql
from outreach.store.frames import TableFrame, table_of
from outreach.store.pieces import chunks
from outreach.store.subjects import Change
from outreach.store.types import Instant, Record

#: the column of an order that leads to its incident
LEADS = "open_incident_id"


class IncidentOrder(SQLModel, table=True):
    """One order that an incident is about; `who` linked it, nobody where its sentences did."""

    __tablename__ = "incident_orders"
    __table_args__ = (Index("ix_incident_orders_order", "order_id"),)

    incident_id: str = Field(primary_key=True)
    order_id: str = Field(primary_key=True)
    linked_at: datetime = Field(sa_type=Instant)
    unlinked_at: datetime | None = Field(default=None, sa_type=Instant)
    who: str = ""


@dataclass(frozen=True)
class Counted:
    """An incident with how many orders it is about."""

    row: Record
    orders: int


def next_incident(connection: Connection) -> str:
    """Return the id of the next incident: `INC-1` and so on."""
    count = connection.execute(select(func.count()).select_from(table_of(Kind.INCIDENT))).scalar()
    return f"INC-{(count or 0) + 1}"


def write_incident(connection: Connection, values: Mapping[str, Any]) -> None:
    """Write a new incident down."""
    connection.execute(insert(table_of(Kind.INCIDENT)).values(**values))


def read_incident(connection: Connection, incident: str) -> Record | None:
    """Return one incident, None when there is no such."""
    table = table_of(Kind.INCIDENT)
    return connection.execute(select(table).where(table.c.id == incident)).first()


def incidents(connection: Connection, *, open_only: bool) -> list[Counted]:
    """Return incidents, the newest first, each with its number of orders."""
    return [Counted(row, row.orders) for row in connection.execute(_incidents(open_only))]


@cache
def _incidents(open_only: bool) -> Select[Any]:
    table, part = table_of(Kind.INCIDENT), table_of(IncidentOrder).c
    query = (
        select(table, func.count(part.order_id).label("orders"))
        .outerjoin(
            table_of(IncidentOrder),
            and_(part.incident_id == table.c.id, part.unlinked_at.is_(None)),
        )
        .group_by(*table.c)
        .order_by(table.c.opened_at.desc(), table.c.id.desc())
    )
    if open_only:
        query = query.where(table.c.status == IncidentStatus.CONFIRMED.value)
    return query


def settle_incident(connection: Connection, incident: str, now: datetime) -> None:
    """Write down that an incident is over."""
    table = table_of(Kind.INCIDENT)
    values = {"status": IncidentStatus.RESOLVED.value, "resolved_at": now, "updated_at": now}
    connection.execute(update(table).where(table.c.id == incident).values(**values))


def orders_of(connection: Connection, incident: str) -> list[str]:
    """Return the orders an incident is about."""
    part = table_of(IncidentOrder).c
    query = select(part.order_id).where(part.incident_id == incident, part.unlinked_at.is_(None))
    return list(connection.execute(query.order_by(part.order_id)).scalars())


def orders_where(
    connection: Connection,
    conditions: Sequence[Condition],
    now: datetime,
    *,
    changed: tuple[int, int] | None = None,
) -> list[str]:
    """Return the orders of which all conditions are true now.

    With `changed` only those that changed between two numbers of the change log, or whose customer
    did.
    """
    frame = TableFrame(Kind.ORDER)
    clause = branches_sql(AllOf(parts=tuple(conditions)).branches(), frame)
    order = frame.own.c
    query = select(order.id).select_from(frame.source()).where(clause)
    if changed is not None:
        log = table_of(Change).c
        recent = and_(log.id > changed[0], log.id <= changed[1])
        own = exists(select(log.id).where(recent, log.kind == "order", log.subject_id == order.id))
        theirs = exists(
            select(log.id).where(
                recent, log.kind == "customer", log.subject_id == order.customer_id
            )
        )
        query = query.where(or_(own, theirs))
    values = frame.thresholds.values({"now": now})
    return sorted(connection.execute(query, values).scalars())


def known_orders(connection: Connection, names: Sequence[str]) -> dict[str, list[str]]:
    """Return by id or number, as somebody wrote it, the orders that are called so."""
    order = table_of(Kind.ORDER).c
    found: dict[str, list[str]] = {}
    for part in chunks(names):
        rows = connection.execute(
            select(order.id, order.number).where(or_(order.id.in_(part), order.number.in_(part)))
        ).all()
        for row in rows:
            for name in {row.id, row.number} & {*part}:
                found.setdefault(name, []).append(row.id)
    # an id is meant before a number
    return {name: [name] if name in ids else ids for name, ids in found.items()}


def note_links(
    connection: Connection, incident: str, orders: Iterable[str], who: str, now: datetime
) -> None:
    """Write down that an incident is about these orders."""
    table = table_of(IncidentOrder)
    rows = [{"incident_id": incident, "order_id": o, "linked_at": now, "who": who} for o in orders]
    if not rows:
        return
    kind: Any = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = kind(table)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=[table.c.incident_id, table.c.order_id],
            set_={"unlinked_at": None, "linked_at": statement.excluded.linked_at},
        ),
        rows,
    )


def note_unlinks(
    connection: Connection, incident: str, orders: Sequence[str], now: datetime
) -> None:
    """Write down that an incident is not about these orders after all."""
    table = table_of(IncidentOrder)
    for part in chunks(orders):
        connection.execute(
            update(table)
            .where(table.c.incident_id == incident, table.c.order_id.in_(part))
            .values(unlinked_at=now)
        )


def newest_links(connection: Connection, orders: Sequence[str]) -> dict[str, tuple[Any, Any]]:
    """Return by order to which incident it leads now, and to which it should.

    That is the newest open one it belongs to, else the one resolved last.
    """
    order, table, part = table_of(Kind.ORDER).c, table_of(Kind.INCIDENT).c, table_of(IncidentOrder)
    found: dict[str, tuple[Any, Any]] = {}
    is_open = table.status == IncidentStatus.CONFIRMED.value
    for ids in chunks(orders):
        leads = connection.execute(select(order.id, order[LEADS]).where(order.id.in_(ids)))
        found |= {id_: (now, None) for id_, now in leads}
        rows = connection.execute(
            select(part.c.order_id, table.id)
            .join(table_of(Kind.INCIDENT), table.id == part.c.incident_id)
            .where(part.c.order_id.in_(ids), part.c.unlinked_at.is_(None))
            .order_by(is_open, func.coalesce(table.resolved_at, table.opened_at), table.id)
        )
        for id_, incident in rows:  # the last one stands
            if id_ in found:
                found[id_] = found[id_][0], incident
    return found


def lead(connection: Connection, links: Mapping[str, str | None]) -> None:
    """Let orders lead to other incidents."""
    order = table_of(Kind.ORDER)
    for incident in set(links.values()):
        for ids in chunks([id_ for id_, to in links.items() if to == incident]):
            connection.execute(update(order).where(order.c.id.in_(ids)).values({LEADS: incident}))
