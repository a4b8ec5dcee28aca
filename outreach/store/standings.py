"""Standings: what is known of customers to whom a survey is about to be sent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, exists, func, select

from outreach.deciding.asking import Standing
from outreach.model import COUNTS_AS_SENT, Mode
from outreach.store.frames import table_of
from outreach.store.ledger import Message, MessageSubject
from outreach.store.pieces import chunks
from outreach.store.responses import is_late
from outreach.store.sql_functions import Barred, among
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
    asking = [row for row in rows if getattr(row, "survey", None)]
    customers = sorted({row.customer_id for row in asking if row.customer_id})
    # twice as long as one can be answered: a reminder of an old one is still a reminder
    since = now - 2 * max(lasts.values(), default=timedelta())
    asked: dict[str, list[Record]] = defaultdict(list)
    for each in _each(connection, _asked(), customers, since=since):
        asked[each.customer_id].append(each)
    late = {row.customer_id for row in _each(connection, _late(), customers, now=now)}
    waiting = {row.customer_id for row in _each(connection, _open_tickets(), customers)}
    return {
        row.id: replace(
            _standing(row, asked[row.customer_id], {part.id for part in parts[row.id]}, lasts, now),
            has_late_order=row.customer_id in late,
            has_open_ticket=row.customer_id in waiting,
        )
        for row in asking
    }


def _standing(
    row: Any,
    asked: Sequence[Record],
    enrollments: Collection[int],
    lasts: Mapping[str, timedelta],
    now: datetime,
) -> Standing:
    """Return how a customer stands by what they were asked."""
    others = [each for each in asked if each.id != row.id]
    mine = {each.id: each for each in others if each.enrollment_id in enrollments}
    open_elsewhere = any(
        each.id not in mine
        and not each.is_answered
        and each.sent_at + lasts.get(each.survey, timedelta()) > now
        for each in others
    )
    return Standing(
        asked_elsewhere=open_elsewhere,
        times_asked=len(mine),
        is_answered=any(each.is_answered for each in mine.values()),
    )


def _each(
    connection: Connection, query: Select[Any], customers: Sequence[str], **given: datetime
) -> Iterator[Record]:
    for ids in chunks(customers):
        yield from connection.execute(query, {**given, "ids": ids})


@cache
def _asked() -> Select[Any]:
    message, part, given = table_of(Message).c, table_of(MessageSubject).c, table_of(Response).c
    is_answered = exists(select(given.id).where(given.survey_message == message.id, given.counts))
    return (
        select(
            *(message.id, message.customer_id, message.survey, message.sent_at),
            part.enrollment_id,
            is_answered.label("is_answered"),
        )
        .join(table_of(MessageSubject), part.message_id == message.id)
        .where(
            among(message.customer_id, "ids"),
            message.survey.is_not(None),
            message.sent_at > bindparam("since"),
            Barred(message.state).in_([state.value for state in COUNTS_AS_SENT]),
            message.mode == Mode.LIVE.value,
        )
    )


@cache
def _late() -> Select[Any]:
    order = table_of(Order).c
    query = select(order.customer_id).distinct()
    return query.where(among(order.customer_id, "ids"), is_late(bindparam("now")))


@cache
def _open_tickets() -> Select[Any]:
    ticket = table_of(Ticket).c
    is_open = func.coalesce(ticket.status, "").not_in(SETTLED)
    query = select(ticket.customer_id).distinct()
    return query.where(among(ticket.customer_id, "ids"), is_open)
