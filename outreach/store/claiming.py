"""Claiming and recording: which due messages a worker may send, and what became of them.

One customer is claimed by one worker at a time, so caps and an opt-out hold across workers. A
claim is a lease: what is still being sent when it has run out may have gone out, and is unknown.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    Connection,
    Integer,
    Select,
    Update,
    bindparam,
    exists,
    insert,
    select,
    update,
)

from outreach.model import MessageState
from outreach.store.frames import table_of
from outreach.store.ledger import Attempt, Enrollment, Message, MessageSubject
from outreach.store.pieces import chunks, run_each
from outreach.store.sql_functions import Barred, among, written
from outreach.store.subjects import Customer
from outreach.store.types import Record


def due_messages(
    connection: Connection, now: datetime, limit: int, *, but_not: Collection[str] = ()
) -> list[Record]:
    """Return due messages, one a customer, whose customers nobody else is writing to.

    On PostgreSQL the customers are locked until the transaction ends; those that another worker
    has locked are left out. `but_not` names channels that are left alone.
    """
    asked = {"now": now, "but_not": list(but_not), "most": limit}
    if connection.dialect.name == "postgresql":
        rows = _locked(connection, asked)
    else:
        rows = connection.execute(_first_due(), asked).all()
    first: dict[str, Record] = {}
    for row in rows:
        first.setdefault(row.customer_id, row)
    return list(first.values())


def _locked(connection: Connection, asked: Mapping[str, Any]) -> Sequence[Record]:
    """Return due messages whose customers are ours now, as they stand after we got them."""
    found = connection.execute(_ours(), asked).all()
    if found:
        # between asking and locking another worker may have been quicker
        ids = [row.id for row in found]
        return connection.execute(_due().where(table_of(Message).c.id.in_(ids)), asked).all()
    return connection.execute(_of_nobody(), asked).all()


def is_any_due(connection: Connection, now: datetime) -> bool:
    """Whether a claim may find something."""
    return bool(connection.execute(_is_any_due(), {"now": now}).scalar())


@cache
def _is_any_due() -> Select[Any]:
    row = table_of(Message).c
    due = row.state == MessageState.PLANNED.value, row.due_at <= bindparam("now")
    return select(exists(select(row.id).where(*due)))


@cache
def _due() -> Select[Any]:
    table = table_of(Message)
    busy = table.alias("busy")
    sending = written(MessageState.SENDING.value)
    is_busy = exists(
        select(busy.c.id).where(busy.c.customer_id == table.c.customer_id, busy.c.state == sending)
    )
    return (
        select(table)
        .where(
            table.c.state == MessageState.PLANNED.value,
            table.c.due_at <= bindparam("now"),
            ~among(table.c.channel, "but_not"),
            ~is_busy,
        )
        .order_by(table.c.due_at, table.c.planned_at, table.c.id)
    )


@cache
def _first_due() -> Select[Any]:
    return _due().limit(bindparam("most", type_=Integer))


@cache
def _ours() -> Select[Any]:
    """Return what is due with its customer locked, but for customers another worker has."""
    message, person = table_of(Message), table_of(Customer)
    due = _first_due().join(person, person.c.id == message.c.customer_id)
    return due.with_for_update(of=person, skip_locked=True)


@cache
def _of_nobody() -> Select[Any]:
    message, person = table_of(Message), table_of(Customer)
    nobody = ~exists(select(person.c.id).where(person.c.id == message.c.customer_id))
    return _first_due().where(nobody)


def subjects_of(connection: Connection, messages: Sequence[str]) -> dict[str, list[Record]]:
    """Return the enrollments behind messages, each with its place in the message."""
    found: dict[str, list[Record]] = {message: [] for message in messages}
    for ids in chunks(messages):
        for row in connection.execute(_parts(), {"ids": ids}):
            found[row.message_id].append(row)
    return found


@cache
def _parts() -> Select[Any]:
    part, row = table_of(MessageSubject).c, table_of(Enrollment).c
    return (
        select(
            part.message_id,
            part.position,
            row.id,
            row.rule,
            row.key,
            row.mode,
            row.kind,
            row.subject_id,
            row.customer_id,
            row.matched_at,
            row.known_from,
            row.base_at,
            row.step,
            row.repetition,
            row.rule_version,
            row.known_as,
        )
        .join(table_of(Enrollment), row.id == part.enrollment_id)
        .where(among(part.message_id, "ids"))
        .order_by(part.message_id, part.position)
    )


def drop_subject(connection: Connection, message: str, position: int) -> None:
    """Take one subject out of a message."""
    table = table_of(MessageSubject)
    connection.execute(
        table.delete().where(table.c.message_id == message, table.c.position == position)
    )


def begin_attempts(connection: Connection, attempts: Sequence[Mapping[str, Any]]) -> list[int]:
    """Write the intents to call a provider and return the attempts' ids, in the same order."""
    if not attempts:
        return []
    connection.execute(insert(table_of(Attempt)), attempts)
    # asked afterwards: SQLite would tell the ids only one statement a row
    found: dict[tuple[str, int], int] = {}
    for ids in chunks([attempt["message_id"] for attempt in attempts]):
        for row in connection.execute(_numbers(), {"ids": ids}):
            found[row.message_id, row.number] = row.id
    return [found[attempt["message_id"], attempt["number"]] for attempt in attempts]


@cache
def _numbers() -> Select[Any]:
    table = table_of(Attempt).c
    query = select(table.id, table.message_id, table.number)
    return query.where(among(table.message_id, "ids")).order_by(table.id)


def finish_attempts(connection: Connection, outcomes: Mapping[int, Mapping[str, Any]]) -> None:
    """Write what came of calls, by the ids of their attempts."""
    rows = ({**values, "finished": attempt} for attempt, values in outcomes.items())
    run_each(connection, _finish(), rows)


@cache
def _finish() -> Update:
    table = table_of(Attempt)
    return update(table).where(table.c.id == bindparam("finished"))


def still_ours(connection: Connection, attempts: Sequence[int]) -> dict[int, str]:
    """Return which of these attempts still send their messages, and how their rules are called."""
    return {
        row.id: row.rule
        for ids in chunks(attempts)
        for row in connection.execute(_sending(), {"ids": ids})
    }


@cache
def _sending() -> Select[Any]:
    table, tried = table_of(Message).c, table_of(Attempt).c
    return (
        select(tried.id, table.rule)
        .join(table_of(Message), table.id == tried.message_id)
        .where(
            among(tried.id, "ids"),
            tried.outcome.is_(None),
            Barred(table.state) == MessageState.SENDING.value,
        )
    )


def in_hand(connection: Connection, owner: str) -> frozenset[str]:
    """Return the messages that are being sent by one worker, as far as anybody knows."""
    return frozenset(connection.execute(_of_owner(), {"owner": owner}).scalars())


@cache
def _of_owner() -> Select[Any]:
    table = table_of(Message).c
    sending = written(MessageState.SENDING.value)
    return select(table.id).where(table.state == sending, table.lease_owner == bindparam("owner"))


def lapsed(connection: Connection, now: datetime) -> Sequence[Record]:
    """Return messages whose lease ran out while they were being sent."""
    table = table_of(Message)
    return connection.execute(
        select(table).where(table.c.state == MessageState.SENDING.value, table.c.lease_until < now)
    ).all()
