"""What we did about one subject or one customer: enrollments, messages, and how they fared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Connection, select

from outreach.model import Kind, SubjectRef
from outreach.store.frames import table_of
from outreach.store.ledger import Attempt, Enrollment, Message, MessageSubject
from outreach.store.ledger import MessageState as StateRow
from outreach.store.pieces import chunks
from outreach.store.types import Record


def enrollments_about(connection: Connection, subject: SubjectRef) -> Sequence[Record]:
    """Return all enrollments of one subject, the latest first."""
    table = table_of(Enrollment)
    return connection.execute(
        select(table)
        .where(table.c.kind == subject.kind.value, table.c.subject_id == subject.id)
        .order_by(table.c.matched_at.desc(), table.c.id.desc())
    ).all()


def enrollment_of(connection: Connection, rule: str, key: str) -> Record | None:
    """Return the enrollment of one occurrence, whichever subject stands for it."""
    table = table_of(Enrollment)
    return connection.execute(
        select(table).where(table.c.rule == rule, table.c.key == key)
    ).one_or_none()


def messages_about(connection: Connection, subject: SubjectRef, limit: int) -> Sequence[Record]:
    """Return the latest messages about a subject; for a customer, all those to them."""
    message, part = table_of(Message), table_of(MessageSubject)
    query = select(message).order_by(message.c.planned_for.desc(), message.c.id).limit(limit)
    if subject.kind is Kind.CUSTOMER:
        return connection.execute(query.where(message.c.customer_id == subject.id)).all()
    about = select(part.c.message_id).where(
        part.c.kind == subject.kind.value, part.c.subject_id == subject.id
    )
    return connection.execute(query.where(message.c.id.in_(about))).all()


def messages_of(connection: Connection, enrollments: Sequence[int]) -> dict[int, list[Record]]:
    """Return the messages of enrollments, the latest first."""
    message, part = table_of(Message), table_of(MessageSubject)
    found: dict[int, list[Record]] = defaultdict(list)
    for ids in chunks(enrollments):
        rows = connection.execute(
            select(message, part.c.enrollment_id)
            .join(part, part.c.message_id == message.c.id)
            .where(part.c.enrollment_id.in_(ids))
            .order_by(message.c.planned_for.desc(), message.c.channel_number.desc())
        )
        for row in rows:
            found[row.enrollment_id].append(row)
    return found


def read_message(connection: Connection, message_id: str) -> Record | None:
    """Return one message."""
    table = table_of(Message)
    return connection.execute(select(table).where(table.c.id == message_id)).one_or_none()


def states_of(connection: Connection, messages: Sequence[str]) -> dict[str, list[Record]]:
    """Return the states that messages came into, in their order."""
    table = table_of(StateRow)
    found: dict[str, list[Record]] = defaultdict(list)
    for ids in chunks(messages):
        rows = connection.execute(
            select(table).where(table.c.message_id.in_(ids)).order_by(table.c.id)
        )
        for row in rows:
            found[row.message_id].append(row)
    return found


def attempts_of(connection: Connection, message_id: str) -> Sequence[Record]:
    """Return the calls to providers for one message, in their order."""
    table = table_of(Attempt)
    return connection.execute(
        select(table).where(table.c.message_id == message_id).order_by(table.c.id)
    ).all()
