"""Batches: messages that were held together and wait for one decision by a person."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, exists, func, select, update

from outreach.model import Kind, MessageState, Reason
from outreach.store.frames import table_of
from outreach.store.ledger import Batch, Message, MessageSubject
from outreach.store.planning import new_batch
from outreach.store.states import StateChange, change_states
from outreach.store.subjects import Customer, Order
from outreach.store.types import Record


@dataclass(frozen=True)
class OpenBatch:
    """A batch that waits for a decision: how many messages it holds, and for how many people.

    `with_ticket` of these people have a ticket open; `oldest_order` is when the oldest order that
    it is about was placed, as far as that is known.
    """

    id: str
    rule: str
    reason: str
    said: str
    created_at: datetime
    messages: int
    people: int
    expired: int
    next_expiry: datetime | None
    by_channel: dict[str, int]
    by_locale: dict[str, int]
    with_ticket: int = 0
    oldest_order: datetime | None = None


def open_batches(connection: Connection, now: datetime) -> list[OpenBatch]:
    """Return the batches that wait for a decision, the oldest first."""
    batch, message = table_of(Batch), table_of(Message).c
    rows = connection.execute(
        select(batch)
        .where(
            batch.c.decided_at.is_(None),
            exists(
                select(message.id).where(
                    message.batch == batch.c.id, message.state == MessageState.HELD.value
                )
            ),
        )
        .order_by(batch.c.created_at, batch.c.id)
    ).all()
    return [_summed(connection, row, now) for row in rows]


def decide_batch(
    connection: Connection, batch: str, *, decision: str, who: str, note: str, now: datetime
) -> None:
    """Write down what a person said about a batch."""
    table = table_of(Batch)
    values = {"decided_at": now, "decision": decision, "who": who, "note": note}
    connection.execute(update(table).where(table.c.id == batch).values(values))


def let_go(connection: Connection, rule: str, steps: Collection[str]) -> dict[str, str]:
    """Return the messages approved in a batch that have not gone out, each with its customer."""
    message = table_of(Message).c
    rows = connection.execute(
        select(message.id, message.customer_id)
        .where(
            message.rule == rule,
            message.step.in_(steps),
            message.state == MessageState.PLANNED.value,
            message.approved.is_(True),
            message.batch.is_not(None),
        )
        .order_by(message.id)
    )
    return dict(rows.all())


def reopen(
    connection: Connection, rule: str, steps: Collection[str], note: str, now: datetime
) -> None:
    """Hold approved messages of some reworded steps again, for a decision anew."""
    ids = let_go(connection, rule, steps)
    if not ids:
        return
    why = Reason.REWORDED
    values = {"approved": False, "batch": new_batch(connection, rule, why, note, now)}
    held = (StateChange(id_, MessageState.HELD, why, note, values=values) for id_ in ids)
    change_states(connection, held, now)


def _summed(connection: Connection, batch: Record, now: datetime) -> OpenBatch:
    message, person = table_of(Message), table_of(Customer).c
    held = and_(message.c.batch == batch.id, message.c.state == MessageState.HELD.value)
    total = connection.execute(
        select(
            func.count(),
            func.count(message.c.customer_id.distinct()),
            func.count().filter(message.c.expires_at <= now),
            func.min(message.c.expires_at).filter(message.c.expires_at > now),
        ).where(held)
    ).one()
    channels = connection.execute(
        select(message.c.channel, func.count()).where(held).group_by(message.c.channel)
    )
    locales = connection.execute(
        select(func.coalesce(person.locale, ""), func.count())
        .select_from(message.outerjoin(table_of(Customer), person.id == message.c.customer_id))
        .where(held)
        .group_by(person.locale)
    )
    return OpenBatch(
        id=batch.id,
        rule=batch.rule,
        reason=batch.reason,
        said=batch.said,
        created_at=batch.created_at,
        messages=total[0],
        people=total[1],
        expired=total[2],
        next_expiry=total[3],
        by_channel=dict(channels.all()),
        by_locale=dict(locales.all()),
        with_ticket=_with_ticket(connection, held),
        oldest_order=_oldest_order(connection, held),
    )


def _with_ticket(connection: Connection, held: ColumnElement[bool]) -> int:
    """Count the people of held messages who have a ticket open."""
    message, person = table_of(Message).c, table_of(Customer)
    query = select(func.count(message.customer_id.distinct()))
    theirs = query.join(person, person.c.id == message.customer_id)
    return connection.execute(theirs.where(held, person.c.open_tickets > 0)).scalar_one()


def _oldest_order(connection: Connection, held: ColumnElement[bool]) -> datetime | None:
    """Return when the oldest order was placed that held messages are about."""
    message, part, order = table_of(Message), table_of(MessageSubject), table_of(Order)
    query = (
        select(func.min(order.c.placed_at))
        .select_from(message)
        .join(part, part.c.message_id == message.c.id)
        .join(order, order.c.id == part.c.subject_id)
        .where(held, part.c.kind == Kind.ORDER.value)
    )
    found: datetime | None = connection.execute(query).scalar()
    return found
