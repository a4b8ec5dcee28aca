"""The suppression list: addresses and domains that must not be written to, and why."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, or_, select, update

from outreach.model import Channel, Purpose
from outreach.store.frames import table_of
from outreach.store.permissions import Suppression
from outreach.store.types import Record

#: what people write between the digits of a phone number
_BETWEEN_DIGITS = re.compile(r"[\s()./\u2010-\u2015-]+")


def suppress(
    connection: Connection,
    channel: Channel,
    address: str,
    *,
    reason: str,
    source: str,
    now: datetime,
    purpose: Purpose | None = None,
    until: datetime | None = None,
    note: str = "",
) -> bool:
    """Put an address on the list; return False when an entry says as much already."""
    table = table_of(Suppression)
    known = connection.execute(
        select(table.c.id).where(
            *_active(channel, address, now),
            table.c.purpose == (purpose.value if purpose else None),
            table.c.until == until,
        )
    ).first()
    if known:
        return False
    connection.execute(
        insert(table).values(
            channel=channel.value,
            address=normalised(channel, address),
            purpose=purpose.value if purpose else None,
            reason=reason,
            source=source,
            since=now,
            until=until,
            note=note,
        )
    )
    return True


def lift(connection: Connection, channel: Channel, address: str, now: datetime) -> int:
    """Take an address off the list; its entries stay as history. Return how many there were."""
    table = table_of(Suppression)
    done = connection.execute(
        update(table).where(*_active(channel, address, now)).values(lifted_at=now)
    )
    return done.rowcount


def lift_entries(connection: Connection, ids: Collection[int], now: datetime) -> None:
    """Let some entries end; they stay as history."""
    table = table_of(Suppression)
    connection.execute(update(table).where(table.c.id.in_(ids)).values(lifted_at=now))


def entries_of(
    connection: Connection, channel: Channel, address: str, now: datetime
) -> Sequence[Record]:
    """Return the entries in force of one address, the oldest first."""
    table = table_of(Suppression)
    query = select(table).where(*_active(channel, address, now)).order_by(table.c.since)
    return connection.execute(query).all()


def suppressions(connection: Connection, now: datetime) -> Sequence[Record]:
    """Return the entries in force, the newest first."""
    table = table_of(Suppression)
    return connection.execute(
        select(table)
        .where(table.c.lifted_at.is_(None), or_(table.c.until.is_(None), table.c.until > now))
        .order_by(table.c.since.desc(), table.c.id.desc())
    ).all()


def normalised(channel: Channel, address: str) -> str:
    """Return an address as the list keeps it."""
    if channel is Channel.EMAIL:
        return address.strip().lower()
    return _BETWEEN_DIGITS.sub("", address)


def _active(channel: Channel, address: str, now: datetime) -> list[Any]:
    table = table_of(Suppression)
    return [
        table.c.channel == channel.value,
        table.c.address == normalised(channel, address),
        table.c.lifted_at.is_(None),
        or_(table.c.until.is_(None), table.c.until > now),
    ]
