"""The queue as people see it: messages with what they are about, where they stand and why."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select

from outreach.errors import Refused
from outreach.model import IS_WAITING, Kind, MessageState, SubjectRef
from outreach.store.frames import table_of
from outreach.store.ledger import Enrollment, Message, MessageSubject
from outreach.store.ledger import MessageState as StateRow
from outreach.store.pieces import chunks
from outreach.store.sql_functions import Barred
from outreach.store.subjects import Customer
from outreach.store.types import Record

WAITING = [state.value for state in IS_WAITING]


@dataclass(frozen=True)
class Wanted:
    """Which messages to list; what is None or empty does not narrow it down."""

    states: Collection[MessageState] = ()
    rule: str | None = None
    channel: str | None = None
    purpose: str | None = None
    customer: str | None = None
    batch: str | None = None
    due_before: datetime | None = None


@dataclass(frozen=True)
class QueuedMessage:
    """One message with what it is about; `note` says what exactly its reason met."""

    id: str
    rule: str
    step: str
    subjects: tuple[SubjectRef, ...]
    customer: str
    channel: str
    purpose: str
    template: str
    locale: str
    mode: str
    state: MessageState
    reason: str
    note: str
    planned_for: datetime
    due_at: datetime
    expires_at: datetime
    sent_at: datetime | None
    batch: str | None
    attempts: int


def queued(connection: Connection, wanted: Wanted, limit: int | None = None) -> list[QueuedMessage]:
    """Return messages, those due first coming first."""
    table = table_of(Message)
    query = _narrowed(select(table), wanted).order_by(table.c.due_at, table.c.id).limit(limit)
    return _with_subjects(connection, connection.execute(query).all())


def queued_by_id(connection: Connection, message: str) -> QueuedMessage:
    """Return one message; raises Refused when there is none of that id."""
    rows = list(read_messages(connection, [message]).values())
    if not rows:
        raise Refused(f"there is no message '{message}': see `outreach queue`")
    return _with_subjects(connection, rows)[0]


def count_queued(connection: Connection, wanted: Wanted) -> int:
    """Return how many messages there are."""
    query = _narrowed(select(func.count()).select_from(table_of(Message)), wanted)
    return connection.execute(query).scalar() or 0


def find_message(connection: Connection, text: str) -> str:
    """Return the id that begins like this; raises Refused when none or several do."""
    table = table_of(Message)
    text = text.strip().lower()
    ids = connection.execute(
        select(table.c.id).where(table.c.id.startswith(text, autoescape=True)).limit(2)
    ).scalars()
    match list(ids) if text else []:
        case [found]:
            return str(found)
        case []:
            raise Refused(f"there is no message '{text}': see `outreach queue`")
        case _:
            raise Refused(f"several messages begin with '{text}': write more of the id")


def read_messages(connection: Connection, ids: Sequence[str]) -> dict[str, Record]:
    """Return messages as the ledger keeps them, by their ids and in that order."""
    table = table_of(Message)
    found = {
        row.id: row
        for part in chunks(ids)
        for row in connection.execute(select(table).where(table.c.id.in_(part)))
    }
    return {id_: found[id_] for id_ in ids if id_ in found}


def lock_messages(connection: Connection, wanted: Wanted | str) -> Sequence[Record]:
    """Return messages that nobody else changes until this transaction ends.

    Like a claim it takes the customers, so that a message is decided on or sent, never both.
    """
    table = table_of(Message)
    if isinstance(wanted, str):
        query = select(table).where(table.c.id == wanted)
    else:
        query = _narrowed(select(table), wanted)
    lock_customers(connection, {row.customer_id for row in connection.execute(query)})
    return connection.execute(query.order_by(table.c.due_at, table.c.id)).all()


def lock_customers(connection: Connection, customers: Collection[str]) -> None:
    """Wait until no claim holds these customers, and keep claims off; SQLite has one writer."""
    if connection.dialect.name != "postgresql":
        return
    person = table_of(Customer).c
    for ids in chunks(sorted(customers)):
        # in one order everywhere, so that two who lock several never wait for each other
        query = select(person.id).where(person.id.in_(ids)).order_by(person.id)
        connection.execute(query.with_for_update()).all()


def has_enrollments(connection: Connection, rule: str) -> bool:
    """Whether a rule ever enrolled anyone."""
    row = table_of(Enrollment).c
    return connection.execute(select(row.id).where(row.rule == rule).limit(1)).first() is not None


def waiting_by_rule(connection: Connection, rules: Collection[str]) -> dict[str, int]:
    """Return how many messages of rules are planned or held."""
    message = table_of(Message).c
    rows = connection.execute(
        select(message.rule, func.count())
        .where(Barred(message.rule).in_(list(rules)), message.state.in_(WAITING))
        .group_by(message.rule)
    )
    return dict(rows.all())


def _narrowed(query: Select[Any], wanted: Wanted) -> Select[Any]:
    message = table_of(Message).c
    rule: ColumnElement[Any] = message.rule
    if wanted.states:
        query = query.where(message.state.in_([state.value for state in wanted.states]))
        # of all that a rule ever wrote only what is in these states is asked for
        rule = Barred(rule)
    for column, value in (
        (rule, wanted.rule),
        (message.channel, wanted.channel),
        (message.purpose, wanted.purpose),
        (message.customer_id, wanted.customer),
        (message.batch, wanted.batch),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.due_before is not None:
        query = query.where(message.due_at < wanted.due_before)
    return query


def _with_subjects(connection: Connection, rows: Sequence[Record]) -> list[QueuedMessage]:
    ids = [row.id for row in rows]
    subjects = _subjects(connection, ids)
    notes = _notes(connection, ids)
    return [
        QueuedMessage(
            id=row.id,
            rule=row.rule,
            step=row.step,
            subjects=tuple(subjects.get(row.id, ())),
            customer=row.customer_id,
            channel=row.channel,
            purpose=row.purpose,
            template=row.template,
            locale=row.locale,
            mode=row.mode,
            state=MessageState(row.state),
            reason=row.reason,
            note=notes.get(row.id, ""),
            planned_for=row.planned_for,
            due_at=row.due_at,
            expires_at=row.expires_at,
            sent_at=row.sent_at,
            batch=row.batch,
            attempts=row.tries,
        )
        for row in rows
    ]


def _subjects(connection: Connection, messages: Iterable[str]) -> dict[str, list[SubjectRef]]:
    part = table_of(MessageSubject).c
    found: dict[str, list[SubjectRef]] = {}
    for ids in chunks(list(messages)):
        rows = connection.execute(
            select(part.message_id, part.kind, part.subject_id)
            .where(part.message_id.in_(ids))
            .order_by(part.message_id, part.position)
        )
        for message, kind, subject in rows:
            found.setdefault(message, []).append(SubjectRef(Kind(kind), subject))
    return found


def _notes(connection: Connection, messages: Iterable[str]) -> dict[str, str]:
    """Return what was noted when each message came into the state it is in."""
    said = table_of(StateRow)
    found: dict[str, str] = {}
    for ids in chunks(list(messages)):
        last = (
            select(func.max(said.c.id).label("id"))
            .where(said.c.message_id.in_(ids))
            .group_by(said.c.message_id)
            .subquery("last")
        )
        rows = connection.execute(
            select(said.c.message_id, said.c.note).join(last, last.c.id == said.c.id)
        )
        found |= dict(rows.all())
    return found
