"""Incidents: people open, link and resolve them; new orders that match are linked by a pass."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from outreach.errors import Problems, Refused
from outreach.model import IncidentStatus, Kind
from outreach.passes.setup import Setup
from outreach.rules.catalogue import Catalogue
from outreach.rules.conditions import Condition
from outreach.rules.sentences import parse
from outreach.store import incidents
from outreach.store.auditing import note_deed
from outreach.store.change_log import LoggedChange, append_changes, last_changes, lock_change_log
from outreach.store.cursors import LINKS, read_cursors, write_cursor
from outreach.store.database import Store
from outreach.store.marks import newest_change
from outreach.store.types import Record
from outreach.timing.instants import to_micros

SOURCE = "incident"


@dataclass(frozen=True)
class Opened:
    """A new incident as somebody describes it; `messages` by language, and for all others."""

    title: str
    message: str = ""
    messages: Mapping[str, str] | None = None
    where: tuple[str, ...] = ()


def read_where(sentences: Sequence[str], catalogue: Catalogue) -> tuple[Condition, ...]:
    """Return sentences about orders as conditions; raises Problems."""
    return tuple(parse(text, catalogue, Kind.ORDER) for text in sentences)


def open_incident(
    store: Store, opened: Opened, orders: Sequence[str], *, who: str, now: datetime
) -> str:
    """Open an incident about some orders; return its id."""
    with store.write() as connection:
        lock_change_log(connection)
        incident = incidents.next_incident(connection)
        values = {
            "id": incident,
            "title": opened.title,
            "status": IncidentStatus.CONFIRMED.value,
            "opened_at": now,
            "message": opened.message or None,
            "messages": dict(opened.messages or {}) or None,
            "sentences": list(opened.where) or None,
            "updated_at": now,
        }
        incidents.write_incident(connection, values)
        appeared = LoggedChange(Kind.INCIDENT, incident, "", None, None, to_micros(now))
        append_changes(connection, [appeared], now=to_micros(now), source=SOURCE)
        _link(connection, incident, orders, who, now)
        detail = {"incident": incident, "orders": len(orders)}
        note_deed(connection, who, "incident open", detail, now)
    return incident


def link(store: Store, incident: str, orders: Sequence[str], *, who: str, now: datetime) -> int:
    """Say that an open incident is about more orders; return how many are new."""
    with store.write() as connection:
        lock_change_log(connection)
        _opened(connection, incident)
        count = _link(connection, incident, orders, who, now)
        detail = {"incident": incident, "orders": count}
        note_deed(connection, who, "incident link", detail, now)
    return count


def unlink(store: Store, incident: str, orders: Sequence[str], *, who: str, now: datetime) -> int:
    """Say that an incident is not about some orders after all; return how many it was about."""
    with store.write() as connection:
        lock_change_log(connection)
        _opened(connection, incident)
        gone = sorted({*orders} & {*incidents.orders_of(connection, incident)})
        incidents.note_unlinks(connection, incident, gone, now)
        _lead(connection, gone, now)
        detail = {"incident": incident, "orders": len(gone)}
        note_deed(connection, who, "incident unlink", detail, now)
    return len(gone)


def resolve(
    store: Store, incident: str, *, who: str, now: datetime, expect: int | None = None
) -> int:
    """Say that an incident is over: its all-clear may go out. Return how many orders it has."""
    with store.write() as connection:
        lock_change_log(connection)
        _opened(connection, incident)
        orders = incidents.orders_of(connection, incident)
        if expect is not None and expect != len(orders):
            raise Refused(
                f"expected {expect:,} orders, and {incident} now has {len(orders):,}:"
                " nothing was changed"
            )
        incidents.settle_incident(connection, incident, now)
        at, was = to_micros(now), IncidentStatus.CONFIRMED.value
        changes = (
            LoggedChange(Kind.INCIDENT, incident, "status", was, IncidentStatus.RESOLVED.value, at),
            LoggedChange(Kind.INCIDENT, incident, "resolved_at", None, at, at),
        )
        append_changes(connection, changes, now=at, source=SOURCE)
        detail = {"incident": incident, "orders": len(orders)}
        note_deed(connection, who, "incident resolve", detail, now)
    return len(orders)


@dataclass(frozen=True)
class Linked:
    """How many orders were linked; `unread` says why an incident can no longer be asked about."""

    orders: int
    unread: Mapping[str, str]


def link_matching(setup: Setup, *, now: datetime) -> Linked:
    """Link orders that came to match what an open incident says of them.

    Only what changed since the last time is asked about: time alone links nothing.
    """
    with setup.store.write() as connection:
        lock_change_log(connection)
        found = incidents.incidents(connection, open_only=True)
        asked, unread = _asked([each.row for each in reversed(found)], setup.catalogue)
        seen, top = read_cursors(connection, LINKS).get(""), newest_change(connection)
        after = top if seen is None else int(seen)
        count = 0
        for incident, conditions in asked.items() if after < top else ():
            orders = incidents.orders_where(connection, conditions, now, changed=(after, top))
            count += _link(connection, incident, orders, "", now)
        if seen is None or after < top:
            write_cursor(connection, LINKS, str(top), now=now)
    return Linked(count, unread)


def _asked(
    rows: Iterable[Record], catalogue: Catalogue
) -> tuple[dict[str, tuple[Condition, ...]], dict[str, str]]:
    """Return what incidents say of their orders, and why it cannot be read: a field is gone."""
    asked, unread = {}, {}
    for row in rows:
        if row.sentences:
            try:
                asked[row.id] = read_where(row.sentences, catalogue)
            except Problems as error:
                unread[row.id] = "; ".join(problem.message for problem in error.problems)
    return asked, unread


def _opened(connection: Connection, incident: str) -> Record:
    row = incidents.read_incident(connection, incident)
    if row is None:
        raise Refused(f"there is no incident {incident}: see `outreach incident list`")
    if row.status != IncidentStatus.CONFIRMED.value:
        raise Refused(f"incident {incident} is resolved: nothing was changed")
    return row


def _link(
    connection: Connection, incident: str, orders: Iterable[str], who: str, now: datetime
) -> int:
    new = sorted({*orders} - {*incidents.orders_of(connection, incident)})
    incidents.note_links(connection, incident, new, who, now)
    _lead(connection, new, now)
    return len(new)


def _lead(connection: Connection, orders: Sequence[str], now: datetime) -> None:
    """Let orders lead where they belong, and log what is different."""
    links = incidents.newest_links(connection, orders)
    moved = {order: to for order, (was, to) in links.items() if was != to}
    incidents.lead(connection, moved)
    last = dict(last_changes(connection, Kind.ORDER, list(moved)))
    changes = (
        LoggedChange(
            Kind.ORDER,
            order,
            incidents.LEADS,
            links[order][0],
            to,
            max(to_micros(now), last.get(order, 0)),
        )
        for order, to in moved.items()
    )
    append_changes(connection, changes, now=to_micros(now), source=SOURCE)
