"""Batches: messages that were held together and wait for one decision by a person."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, exists, func, select, update

from outreach.model import MessageState, Reason
from outreach.store.frames import table_of
from outreach.store.ledger import Batch, Message
from outreach.store.planning import new_batch
from outreach.store.states import StateChange, change_states
from outreach.store.subjects import Customer
from outreach.store.types import Record


@dataclass(frozen=True)
class OpenBatch:
    """A batch that waits for a decision: how many messages it holds, and for how many people."""

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
    )
