"""Telling: what the reader of a message may know now about the orders or tickets it was about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from outreach.deciding.standing import Standing, standing_of
from outreach.model import Purpose, SubjectRef
from outreach.passes.readers import Reader
from outreach.store.recipients import RecipientReader, read_pauses
from outreach.store.standing import dates_moved, dates_told, next_contacts, subjects_written_about

#: orders and tickets on one page
MOST = 20
#: what we would write later than this is no news that anybody waits for
FAR = timedelta(days=30)
#: messages that say how an order or a ticket goes on
_NEWS = (Purpose.TRANSACTIONAL, Purpose.SERVICE)


@dataclass(frozen=True)
class Told:
    """One order or ticket, and when we mean to write about it next."""

    standing: Standing
    next_at: datetime | None


@dataclass(frozen=True)
class Telling:
    """All that is told to one reader, by the clock of their `zone`."""

    zone: ZoneInfo
    cases: tuple[Told, ...]


def tell(connection: Connection, reader: Reader, fallback: ZoneInfo, now: datetime) -> Telling:
    """Return what is told; nothing to who has an address that is the customer's no more."""
    customer = reader.message.customer
    people = RecipientReader(fallback).read(connection, [customer], now)
    zone = people[customer].zones.zones[0] if customer in people else fallback
    if not reader.is_theirs:
        return Telling(zone, ())
    rows = subjects_written_about(connection, reader.message.id, customer, MOST)
    moved = dates_moved(connection, rows)
    told = dates_told(connection, rows, customer)
    cases = [
        Told(
            standing_of(ref.kind, row, moved.get(ref, ()), told.get(ref, ()), now, zone),
            _next_contact(connection, reader, ref, now),
        )
        for ref, row in rows.items()
    ]
    return Telling(zone, tuple(cases))


def _next_contact(
    connection: Connection, reader: Reader, ref: SubjectRef, now: datetime
) -> datetime | None:
    """Return when we mean to write next, None when nothing would reach them as things are."""
    pauses = read_pauses(connection, now)
    if any(pause.scope != "rule" for pause in pauses):
        return None
    reached = [
        purpose
        for purpose in _NEWS
        if (purpose is Purpose.TRANSACTIONAL and reader.addresses) or reader.gets_any([purpose])
    ]
    paused = {pause.name for pause in pauses}
    contacts = next_contacts(connection, ref, reader.message.customer, reached, paused)
    return _soonest(contacts, now)


def _soonest(contacts: Sequence[datetime], now: datetime) -> datetime | None:
    # what is due already is looked at within minutes, and may be told of as today's
    soon = [max(at, now) for at in contacts if at <= now + FAR]
    return min(soon, default=None)
