"""Standings: what is known of customers to whom a survey is about to be sent."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, exists, func, select

from outreach.deciding.asking import Standing
from outreach.model import COUNTS_AS_SENT, Mode
from outreach.store.frames import table_of
from outreach.store.ledger import Message, MessageSubject
from outreach.store.responses import is_late
from outreach.store.subjects import Order, Response, Ticket
from outreach.store.types import Record
from outreach.store.versions import SETTLED


def read_standings(
    connection: Connection,
    rows: Sequence[Any],
    parts: Mapping[str, Sequence[Any]],
    lasts: Mapping[str, timedelta],
    now: datetime,
) -> dict[str, Standing]:
    """Return by message how its customer stands, of messages that ask a survey.

    `lasts` says how long each survey can be answered.
    """
    return {
        row.id: _standing(connection, row, {part.id for part in parts[row.id]}, lasts, now)
        for row in rows
        if getattr(row, "survey", None)
    }


def _standing(
    connection: Connection,
    row: Any,
    enrollments: Collection[int],
    lasts: Mapping[str, timedelta],
    now: datetime,
) -> Standing:
    # twice as long as one can be answered: a reminder of an old one is still a reminder
    since = now - 2 * max(lasts.values(), default=timedelta())
    others = _asked_before(connection, row, since)
    mine = {each.id: each for each in others if each.enrollment_id in enrollments}
    open_elsewhere = any(
        each.id not in mine
        and not each.is_answered
        and each.sent_at + lasts.get(each.survey, timedelta()) > now
        for each in others
    )
    return Standing(
        has_late_order=_has_late_order(connection, row.customer_id, now),
        has_open_ticket=_has_open_ticket(connection, row.customer_id),
        asked_elsewhere=open_elsewhere,
        times_asked=len(mine),
        is_answered=any(each.is_answered for each in mine.values()),
    )


def _asked_before(connection: Connection, row: Any, since: datetime) -> Sequence[Record]:
    message, part, given = table_of(Message).c, table_of(MessageSubject).c, table_of(Response).c
    is_answered = exists(select(given.id).where(given.survey_message == message.id, given.counts))
    return connection.execute(
        select(
            *(message.id, message.survey, message.sent_at, part.enrollment_id),
            is_answered.label("is_answered"),
        )
        .join(table_of(MessageSubject), part.message_id == message.id)
        .where(
            message.customer_id == row.customer_id,
            message.id != row.id,
            message.survey.is_not(None),
            message.sent_at > since,
            message.state.in_([state.value for state in COUNTS_AS_SENT]),
            message.mode == Mode.LIVE.value,
        )
    ).all()


def _has_late_order(connection: Connection, customer: str, now: datetime) -> bool:
    order = table_of(Order).c
    query = select(order.id).where(order.customer_id == customer, is_late(now)).limit(1)
    return connection.execute(query).first() is not None


def _has_open_ticket(connection: Connection, customer: str) -> bool:
    ticket = table_of(Ticket).c
    is_open = func.coalesce(ticket.status, "").not_in(SETTLED)
    query = select(ticket.id).where(ticket.customer_id == customer, is_open).limit(1)
    return connection.execute(query).first() is not None
