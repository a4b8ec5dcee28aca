"""What is stored about the orders and tickets of one message: the rows, their dates, what is next.

Only what still belongs to the customer whom the message went to is read at all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, select

from outreach.deciding.standing import NAMED_DATES, DateTold, Moved
from outreach.model import (
    EnrollmentState,
    Kind,
    MessageState,
    Mode,
    Promised,
    PromiseState,
    Purpose,
    SubjectRef,
)
from outreach.store.change_log import raw_table
from outreach.store.frames import table_of
from outreach.store.ledger import Enrollment, Message, MessageSubject
from outreach.store.promises import promises_of
from outreach.store.subjects import Change
from outreach.timing.instants import from_micros


def subjects_written_about(
    connection: Connection, message_id: str, customer: str, most: int
) -> dict[SubjectRef, dict[str, Any]]:
    """Return the orders and tickets a message was about, as they are now, in its order.

    One about an answer to a survey is about what was asked about.
    """
    refs = dict.fromkeys(_subjects(connection, message_id, customer))
    found: dict[SubjectRef, dict[str, Any]] = {}
    for kind in NAMED_DATES:
        table = table_of(kind)
        ids = [ref.id for ref in refs if ref.kind is kind][:most]
        if ids:
            own = select(table).where(table.c.id.in_(ids), table.c.customer_id == customer)
            for row in connection.execute(own).mappings():
                found[SubjectRef(kind, row["id"])] = dict(row)
    return {ref: found[ref] for ref in refs if ref in found}


def _subjects(connection: Connection, message_id: str, customer: str) -> Iterator[SubjectRef]:
    part, answer = table_of(MessageSubject).c, table_of(Kind.RESPONSE)
    query = (
        select(part.kind, part.subject_id, answer.c.order_id, answer.c.ticket_id)
        .outerjoin(
            answer,
            and_(
                part.kind == Kind.RESPONSE.value,
                part.subject_id == answer.c.id,
                answer.c.customer_id == customer,
            ),
        )
        .where(part.message_id == message_id)
        .order_by(part.position)
    )
    for row in connection.execute(query):
        if row.kind != Kind.RESPONSE:
            yield SubjectRef(Kind(row.kind), row.subject_id)
            continue
        asked_about = ((Kind.TICKET, row.ticket_id), (Kind.ORDER, row.order_id))
        yield from (SubjectRef(kind, subject) for kind, subject in asked_about if subject)


def dates_moved(
    connection: Connection, refs: Collection[SubjectRef]
) -> dict[SubjectRef, list[Moved]]:
    """Return how the dates moved that we name to customers, in their order."""
    change = raw_table(table_of(Change)).c
    found: dict[SubjectRef, list[Moved]] = defaultdict(list)
    for kind, fields in NAMED_DATES.items():
        ids = [ref.id for ref in refs if ref.kind is kind]
        if not ids:
            continue
        rows = connection.execute(
            select(change.subject_id, change.field, change.old, change.new, change.at)
            .where(change.kind == kind.value, change.subject_id.in_(ids), change.field.in_(fields))
            .order_by(change.at, change.id)
        )
        for row in rows:
            if row.old is not None and row.new is not None:
                moved = Moved(row.field, *map(from_micros, (row.at, row.old, row.new)))
                found[SubjectRef(kind, row.subject_id)].append(moved)
    return found


def dates_told(
    connection: Connection, refs: Collection[SubjectRef], customer: str
) -> dict[SubjectRef, list[DateTold]]:
    """Return the dates that messages to this customer stated, those that went out."""
    orders = [ref.id for ref in refs if ref.kind is Kind.ORDER]
    found: dict[SubjectRef, list[DateTold]] = defaultdict(list)
    for row in promises_of(connection, orders) if orders else ():
        state = PromiseState(row.state)
        is_heard = row.message_state != MessageState.UNDELIVERED.value
        if row.customer_id == customer and state is not PromiseState.STATED and is_heard:
            broken_at = row.settled_at if state is PromiseState.BROKEN else None
            is_open = state is PromiseState.OPEN
            told = DateTold(Promised(row.what), row.made_at, row.promised_at, is_open, broken_at)
            found[SubjectRef(Kind.ORDER, row.subject_id)].append(told)
    return found


def next_contacts(
    connection: Connection,
    ref: SubjectRef,
    customer: str,
    purposes: Collection[Purpose],
    paused: Collection[str],
) -> Sequence[datetime]:
    """Return when rules mean to write about a subject again, for purposes that reach them.

    `paused` rules are left out. A rule that has not written yet is known by its planned message
    only: what it is for, its enrollments do not say.
    """
    said = [purpose.value for purpose in purposes]
    return [
        at
        for rule, at in (
            *_planned(connection, ref, customer, said),
            *_walking(connection, ref, customer, said),
        )
        if rule not in paused
    ]


def _planned(
    connection: Connection, ref: SubjectRef, customer: str, purposes: Sequence[str]
) -> Iterator[tuple[str, datetime]]:
    message, part = table_of(Message), table_of(MessageSubject)
    query = (
        select(message.c.rule, message.c.due_at)
        .join(part, part.c.message_id == message.c.id)
        .where(
            part.c.kind == ref.kind.value,
            part.c.subject_id == ref.id,
            message.c.customer_id == customer,
            message.c.state == MessageState.PLANNED.value,
            message.c.mode == Mode.LIVE.value,
            message.c.purpose.in_(purposes),
        )
    )
    for row in connection.execute(query):
        yield row.rule, row.due_at


def _walking(
    connection: Connection, ref: SubjectRef, customer: str, purposes: Sequence[str]
) -> Iterator[tuple[str, datetime]]:
    row, message, part = table_of(Enrollment), table_of(Message), table_of(MessageSubject)
    query = (
        select(row.c.rule, row.c.plan_at, func.max(message.c.purpose).label("purpose"))
        .join(part, part.c.enrollment_id == row.c.id)
        .join(message, message.c.id == part.c.message_id)
        .where(
            row.c.kind == ref.kind.value,
            row.c.subject_id == ref.id,
            row.c.customer_id == customer,
            row.c.state == EnrollmentState.ACTIVE.value,
            row.c.mode == Mode.LIVE.value,
            row.c.plan_at.is_not(None),
        )
        .group_by(row.c.id, row.c.rule, row.c.plan_at)
    )
    for found in connection.execute(query):
        if found.purpose in purposes:
            yield found.rule, found.plan_at
