"""Tickets in a time: when they were answered and settled, and what they were about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select

from outreach.model import Kind
from outreach.store.figures.weekly import week_of, within
from outreach.store.frames import table_of
from outreach.store.types import Record
from outreach.timing.weeks import Weeks


def waits(connection: Connection, ended: str, weeks: Weeks) -> list[tuple[datetime, datetime]]:
    """Return when tickets were opened and when that ended which a column tells, in this time."""
    ticket = table_of(Kind.TICKET).c
    end = ticket[ended]
    query = select(ticket.opened_at, end).where(within(end, weeks), ticket.opened_at <= end)
    return [(opened, at) for opened, at in connection.execute(query)]


def topics(connection: Connection, weeks: Weeks) -> Sequence[Record]:
    """Return what tickets opened in a time are about, in which week, and how many."""
    ticket = table_of(Kind.TICKET).c
    topic = func.coalesce(ticket.reason, "").label("topic")
    week = week_of(ticket.opened_at, weeks).label("week")
    return connection.execute(
        select(topic, week, func.count().label("tickets"))
        .where(within(ticket.opened_at, weeks))
        .group_by(topic, week)
    ).all()
