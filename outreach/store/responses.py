"""What a message asked, whom and about what, and what was answered to it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BindParameter, ColumnElement, Connection, and_, or_, select

from outreach.model import COUNTS_AS_SENT, Kind, Mode
from outreach.store.frames import table_of
from outreach.store.ledger import Message, MessageSubject
from outreach.store.sql_functions import Barred
from outreach.store.subjects import Order, Response, Ticket
from outreach.store.types import Record
from outreach.store.versions import SETTLED

#: an order in one of these is late no more
NOT_ON_ITS_WAY = ("delivered", "cancelled", "refunded", "returned")


@dataclass(frozen=True)
class Question:
    """What a message asked: which survey, whom, and about what. `is_settled` is how that stands.

    It is not settled while its ticket is open again, or its order is late and has not arrived.
    """

    message: str
    survey: str
    customer: str
    asked_at: datetime
    order: str | None = None
    ticket: str | None = None
    is_settled: bool = True


def question_of(connection: Connection, message_id: str, now: datetime) -> Question | None:
    """Return what a message asked, None when it asked nothing or was never sent."""
    message, part = table_of(Message).c, table_of(MessageSubject).c
    row = connection.execute(
        select(message.survey, message.customer_id, message.sent_at, part.kind, part.subject_id)
        .join(table_of(MessageSubject), part.message_id == message.id)
        .where(message.id == message_id, message.survey.is_not(None), message.sent_at.is_not(None))
        .order_by(part.position)
        .limit(1)
    ).first()
    if row is None:
        return None
    order, ticket, is_settled = None, None, True
    if row.kind == Kind.ORDER.value:
        order, is_settled = row.subject_id, not _is_late(connection, row.subject_id, now)
    elif row.kind == Kind.TICKET.value:
        ticket = row.subject_id
        order, is_settled = _ticket(connection, ticket)
    return Question(message_id, row.survey, row.customer_id, row.sent_at, order, ticket, is_settled)


def _is_late(connection: Connection, order: str, now: datetime) -> bool:
    row = table_of(Order).c
    late = and_(row.id == order, is_late(now))
    return connection.execute(select(row.id).where(late)).first() is not None


def is_late(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Return the condition that an order is late and has not arrived."""
    row = table_of(Order).c
    is_out = or_(row.status.is_(None), row.status.not_in(NOT_ON_ITS_WAY))
    return and_(Barred(row.promised_at) < now, Barred(row.delivered_at).is_(None), is_out)


def _ticket(connection: Connection, ticket: str) -> tuple[str | None, bool]:
    row = table_of(Ticket).c
    found = connection.execute(select(row.order_id, row.status).where(row.id == ticket)).first()
    return (found.order_id, found.status in SETTLED) if found else (None, True)


def answers_to(connection: Connection, message_id: str) -> Sequence[Record]:
    """Return the answers to one message, the latest last."""
    table = table_of(Response)
    query = select(table).where(table.c.survey_message == message_id)
    return connection.execute(query.order_by(table.c.received_at, table.c.id)).all()


def latest_asked(connection: Connection, customers: Collection[str]) -> str | None:
    """Return the latest message that asked one of the customers a survey."""
    message = table_of(Message).c
    query = (
        select(message.id)
        .where(
            message.customer_id.in_(sorted(customers)),
            message.survey.is_not(None),
            message.mode == Mode.LIVE.value,
            message.sent_at.is_not(None),
            message.state.in_([state.value for state in COUNTS_AS_SENT]),
        )
        .order_by(message.sent_at.desc(), message.id)
        .limit(1)
    )
    return connection.execute(query).scalar()
