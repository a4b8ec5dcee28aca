"""Traces of a message: how its subjects came in, the enrollments behind it, what came back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from outreach.model import Kind, SubjectRef
from outreach.store.frames import table_of
from outreach.store.ledger import Enrollment, MessageSubject, Receipt, Reply
from outreach.store.responses import answers_to
from outreach.store.subjects import Change
from outreach.store.types import Record


@dataclass(frozen=True)
class Arrived:
    """What a source told of a subject at once; without fields it is how the subject came in."""

    subject: SubjectRef
    source: str
    at: datetime
    recorded_at: datetime
    #: the file and line, where it came from one
    place: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True)
class Trace:
    """What lies before a message and after it; each part in the order in which it happened."""

    arrived: tuple[Arrived, ...]
    enrollments: Sequence[Record]
    receipts: Sequence[Record]
    replies: Sequence[Record]
    answers: Sequence[Record]


def read_trace(connection: Connection, message_id: str) -> Trace:
    """Return all that leads to a message and from it."""
    enrolled, part = table_of(Enrollment), table_of(MessageSubject).c
    receipt, reply = table_of(Receipt), table_of(Reply)
    behind = select(part.enrollment_id).where(part.message_id == message_id)
    query = select(enrolled).where(enrolled.c.id.in_(behind)).order_by(enrolled.c.id)
    enrollments = connection.execute(query).all()
    return Trace(
        arrived=tuple(one for row in enrollments for one in _arrived(connection, row)),
        enrollments=enrollments,
        receipts=connection.execute(
            select(receipt).where(receipt.c.message_id == message_id).order_by(receipt.c.id)
        ).all(),
        replies=connection.execute(
            select(reply).where(reply.c.message_id == message_id).order_by(reply.c.id)
        ).all(),
        answers=answers_to(connection, message_id),
    )


def _arrived(connection: Connection, enrollment: Record) -> list[Arrived]:
    """Return how a subject came in, and what was the last news of it before it was enrolled."""
    subject = SubjectRef(Kind(enrollment.kind), enrollment.subject_id)
    change = table_of(Change).c
    rows = connection.execute(
        select(change.field, change.source, change.at, change.recorded_at, change.place)
        .where(
            change.kind == subject.kind.value,
            change.subject_id == subject.id,
            change.recorded_at <= enrollment.enrolled_at,
            change.history.is_(False),
        )
        .order_by(change.id)
    ).all()
    first = [row for row in rows if not row.field]
    news = [row for row in rows if row.field]
    found = [Arrived(subject, *row[1:]) for row in first]
    if news:
        last = news[-1]
        together = [row for row in news if row[1:] == last[1:]]
        fields = tuple(dict.fromkeys(row.field for row in together))
        found.append(Arrived(subject, *last[1:], fields))
    return found
