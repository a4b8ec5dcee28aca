"""All that happened with one customer: orders, tickets, messages, and what they allow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, or_, select

from outreach.model import EnrollmentState, Kind, SubjectRef
from outreach.store.frames import table_of
from outreach.store.handoffs import WantedHandoffs, list_handoffs
from outreach.store.history import states_of
from outreach.store.ledger import Enrollment, Reply
from outreach.store.permissions import Consent, Suppression
from outreach.store.pieces import chunks
from outreach.store.queue import QueuedMessage, Wanted, queued
from outreach.store.recipients import suppressible
from outreach.store.subjects import Change
from outreach.store.types import Record

#: columns that tell of a moment in a subject's life, and what happened then
MILESTONES = {
    Kind.ORDER: {
        "placed_at": "placed",
        "shipped_at": "shipped",
        "delivered_at": "delivered",
        "cancelled_at": "cancelled",
        "refunded_at": "refunded",
        "return_requested_at": "return requested",
    },
    Kind.TICKET: {
        "opened_at": "new",
        "first_replied_at": "first reply",
        "resolved_at": "resolved",
        "closed_at": "closed",
    },
}


@dataclass(frozen=True)
class Moment:
    """What happened to an order or a ticket at one instant: statuses and milestones."""

    at: datetime
    subject: SubjectRef
    number: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Told:
    """One message with every state it came into, and when."""

    message: QueuedMessage
    states: Sequence[Record]

    @property
    def at(self) -> datetime:
        """When it was sent, or came to where it stands."""
        if self.message.sent_at is not None:
            return self.message.sent_at
        return self.states[-1].at if self.states else self.message.due_at


@dataclass(frozen=True)
class Timeline:
    """What is known of one customer; each part is in no particular order."""

    customer: dict[str, Any]
    moments: Sequence[Moment]
    messages: Sequence[Told]
    consents: Sequence[Record]
    suppressions: Sequence[Record]
    replies: Sequence[Record]
    handoffs: Sequence[Record]
    #: enrollments whose next step is still to be planned
    walking: Sequence[Record]


def read_timeline(connection: Connection, customer_id: str) -> Timeline:
    """Return all that happened with a customer who exists."""
    table = table_of(Kind.CUSTOMER)
    customer = connection.execute(select(table).where(table.c.id == customer_id))
    person = dict(customer.mappings().one())
    messages = queued(connection, Wanted(customer=customer_id))
    states = states_of(connection, [message.id for message in messages])
    return Timeline(
        customer=person,
        moments=[m for kind in MILESTONES for m in _moments(connection, kind, customer_id)],
        messages=[Told(message, states.get(message.id, ())) for message in messages],
        consents=_consents(connection, customer_id),
        suppressions=_suppressions(connection, person),
        replies=_replies(connection, customer_id),
        handoffs=list_handoffs(connection, WantedHandoffs(customer=customer_id)),
        walking=_walking(connection, customer_id),
    )


def _moments(connection: Connection, kind: Kind, customer_id: str) -> Iterator[Moment]:
    table = table_of(kind)
    rows = connection.execute(select(table).where(table.c.customer_id == customer_id)).all()
    changes = _changes(connection, kind, [row.id for row in rows])
    for row in rows:
        by_instant: dict[datetime, list[str]] = {}
        for word, at in _words(row, kind, changes.get(row.id, [])):
            by_instant.setdefault(at, []).append(word)
        for at, words in by_instant.items():
            ref = SubjectRef(kind, row.id)
            yield Moment(at, ref, row.number or row.id, tuple(dict.fromkeys(words)))


def _words(row: Record, kind: Kind, changes: Sequence[Record]) -> Iterator[tuple[str, datetime]]:
    """Yield what the log tells of a status, and what the row itself does where the log does not."""
    told = [(change.new, change.at) for change in changes if change.field and change.new]
    known = {word for word, _ in told}
    yield from told
    for column, word in MILESTONES[kind].items():
        at = getattr(row, column)
        if at is not None and word not in known:
            known.add(word)
            yield word, at
    began = next((change.at for change in changes if not change.field), None)
    first = next((change.old for change in changes if change.field), None)
    if began and first and first not in known:
        yield first, began
    if row.status and row.status_changed_at and row.status not in known:
        yield row.status, row.status_changed_at


def _changes(connection: Connection, kind: Kind, ids: Sequence[str]) -> dict[str, list[Record]]:
    """Return each subject's first appearance and every change of its status."""
    change = table_of(Change).c
    found: dict[str, list[Record]] = {}
    for part in chunks(ids):
        rows = connection.execute(
            select(change.subject_id, change.field, change.old, change.new, change.at)
            .where(
                change.kind == kind.value,
                change.subject_id.in_(part),
                change.field.in_(("", "status")),
            )
            .order_by(change.at, change.id)
        )
        for row in rows:
            found.setdefault(row.subject_id, []).append(row)
    return found


def _consents(connection: Connection, customer_id: str) -> Sequence[Record]:
    table = table_of(Consent)
    return connection.execute(select(table).where(table.c.customer_id == customer_id)).all()


def _replies(connection: Connection, customer_id: str) -> Sequence[Record]:
    table = table_of(Reply)
    return connection.execute(select(table).where(table.c.customer_id == customer_id)).all()


def _suppressions(connection: Connection, customer: dict[str, Any]) -> Sequence[Record]:
    """Return the entries about the customer's addresses, those that were lifted too."""
    table = table_of(Suppression)
    addresses = suppressible(customer)
    if not addresses:
        return ()
    named = (and_(table.c.channel == c.value, table.c.address == a) for c, a in addresses)
    return connection.execute(select(table).where(or_(*named))).all()


def _walking(connection: Connection, customer_id: str) -> Sequence[Record]:
    table = table_of(Enrollment)
    return connection.execute(
        select(table).where(
            table.c.customer_id == customer_id,
            table.c.state == EnrollmentState.ACTIVE.value,
            table.c.plan_at.is_not(None),
        )
    ).all()
