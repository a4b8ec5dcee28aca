"""Promises to customers: the dates that messages stated, kept for ever, and what became of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    Connection,
    Index,
    Select,
    UniqueConstraint,
    Update,
    bindparam,
    delete,
    insert,
    select,
    union,
    update,
)
from sqlmodel import Field, SQLModel

from outreach.deciding.promises import Stated
from outreach.model import Kind, MessageState, PromiseState
from outreach.store.frames import table_of
from outreach.store.ledger import Message
from outreach.store.pieces import chunks, run_each
from outreach.store.sql_functions import Barred, among
from outreach.store.subjects import Change
from outreach.store.types import Instant, Record

#: so long after a message was due somebody may tell us that it did not arrive
BOUNCES_COME = timedelta(days=14)


class Promise(SQLModel, table=True):
    """A date that a message stated; `until` is the end of that day where the customer lives."""

    __tablename__ = "promises"
    __table_args__ = (
        UniqueConstraint("message_id", "kind", "subject_id", "what"),
        Index("ix_promises_subject", "kind", "subject_id"),
        Index("ix_promises_until", "state", "until"),
    )

    id: int | None = Field(default=None, primary_key=True)
    kind: str
    subject_id: str
    customer_id: str | None = None
    what: str
    promised_at: datetime = Field(sa_type=Instant)
    until: datetime = Field(sa_type=Instant)
    message_id: str
    made_at: datetime = Field(sa_type=Instant)
    state: str
    settled_at: datetime | None = Field(default=None, sa_type=Instant)


def write_stated(
    connection: Connection, messages: Iterable[tuple[Record, Sequence[Stated]]], now: datetime
) -> None:
    """Write down what messages that are about to leave promise, and no longer what they did."""
    begun = list(messages)
    table = table_of(Promise)
    tried = [row.id for row, _ in begun if row.tries]
    for ids in chunks(tried):
        connection.execute(delete(table).where(table.c.message_id.in_(ids)))
    rows = [_row(row, one, now) for row, stated in begun for one in stated]
    if rows:
        connection.execute(insert(table), rows)


def _row(message: Record, stated: Stated, now: datetime) -> Mapping[str, Any]:
    return {
        "kind": Kind.ORDER.value,
        "subject_id": stated.order,
        "customer_id": message.customer_id,
        "what": stated.what.value,
        "promised_at": stated.promised_at,
        "until": stated.until,
        "message_id": message.id,
        "made_at": now,
        "state": PromiseState.STATED.value,
    }


def take_back(connection: Connection, message: str) -> None:
    """Let it be asked anew whether a message went out; it was taken for sent, and was not."""
    values = {"state": PromiseState.STATED.value, "settled_at": None}
    connection.execute(_taken_back(), {"message": message, **values})


@cache
def _taken_back() -> Update:
    table = table_of(Promise)
    return update(table).where(table.c.message_id == bindparam("message"))


def orders_to_look_at(connection: Connection, now: datetime, *, after: int, upto: int) -> list[str]:
    """Return the orders with promises of which something may be new.

    A message stated one, or did not arrive with it, the day of one is over, or the order changed:
    in the change log after a number, up to another.
    """
    asked = {"now": now, "lately": now - BOUNCES_COME, "after": after, "upto": upto}
    return sorted(connection.execute(_to_look_at(), asked).scalars())


@cache
def _to_look_at() -> Any:
    promise, change = table_of(Promise).c, table_of(Change).c
    stated = select(promise.subject_id).where(promise.state == PromiseState.STATED.value)
    over = select(promise.subject_id).where(
        promise.state == PromiseState.OPEN.value, promise.until <= bindparam("now", type_=Instant)
    )
    changed = (
        select(change.subject_id)
        .join(
            table_of(Promise),
            (promise.kind == change.kind) & (promise.subject_id == change.subject_id),
        )
        .where(change.id > bindparam("after"), change.id <= bindparam("upto"))
        # barred: an index by kind would lead through the whole log
        .where(Barred(change.kind) == Kind.ORDER.value)
    )
    message = table_of(Message).c
    unheard = (
        select(promise.subject_id)
        .join(table_of(Message), message.id == promise.message_id)
        .where(message.state == MessageState.UNDELIVERED.value)
        .where(message.due_at > bindparam("lately", type_=Instant))
        .where(promise.state != PromiseState.VOID.value)
    )
    return union(stated, over, changed, unheard)


def promises_of(connection: Connection, orders: Sequence[str]) -> Sequence[Record]:
    """Return the promises about orders, each with the state of the message that stated it."""
    return connection.execute(_of_orders(), {"ids": orders}).all()


@cache
def _of_orders() -> Select[Any]:
    promise, message = table_of(Promise), table_of(Message)
    return (
        select(promise, message.c.state.label("message_state"))
        .outerjoin(message, message.c.id == promise.c.message_id)
        .where(promise.c.kind == Kind.ORDER.value, among(promise.c.subject_id, "ids"))
    )


def write_settled(connection: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write what became of promises: rows of `which`, state and settled_at."""
    table = table_of(Promise)
    run_each(connection, update(table).where(table.c.id == bindparam("which")), rows)


def forget_promises(connection: Connection, ids: Sequence[int]) -> None:
    """Forget promises of messages that did not go out."""
    table = table_of(Promise)
    for part in chunks(ids):
        connection.execute(delete(table).where(table.c.id.in_(part)))
