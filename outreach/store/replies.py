"""Replies as they are kept: each that somebody wrote to us once, and those a person must read."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Insert, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from outreach.model import COUNTS_AS_SENT, Channel, Mode, ReplyState, Sentiment
from outreach.store.frames import table_of
from outreach.store.ledger import Message, Reply
from outreach.store.pieces import chunks
from outreach.store.types import Record

OPEN = ReplyState.OPEN.value
_TO_READ = (OPEN, ReplyState.UNREAD.value)
#: where a reply stands before a person says this of it
_BEFORE = {
    ReplyState.STOP: _TO_READ,
    ReplyState.NOT_STOP: (OPEN,),
    ReplyState.READ: (ReplyState.UNREAD.value,),
}
_MAY_BE_ANSWERED = [state.value for state in COUNTS_AS_SENT] + ["undelivered"]


def store_reply(connection: Connection, row: Mapping[str, Any]) -> int | None:
    """Keep a reply and return its number; None when it was told before."""
    number = connection.execute(_insert(connection.dialect.name), row).scalar()
    return None if number is None else int(number)


@cache
def _insert(dialect: str) -> Insert:
    table = table_of(Reply)
    statement = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(table)
    return statement.on_conflict_do_nothing(
        index_elements=[table.c.provider, table.c.provider_id]
    ).returning(table.c.id)


def mark_confirmed(connection: Connection, reply: int) -> None:
    """Note that a reply was answered."""
    table = table_of(Reply)
    connection.execute(update(table).where(table.c.id == reply).values(confirmed=True))


def named_message(connection: Connection, names: Sequence[str]) -> Record | None:
    """Return the first message that goes by one of these names: our id of it, or a provider's."""
    table = table_of(Message)
    query = select(table).where(or_(table.c.id.in_(names), table.c.provider_id.in_(names)))
    found = {name: row for row in connection.execute(query) for name in (row.id, row.provider_id)}
    return next((found[name] for name in names if name in found), None)


def answered_by(
    connection: Connection, customers: Collection[str], channel: Channel
) -> Record | None:
    """Return the message that a reply answers if it names none: the last on its channel."""
    table = table_of(Message)
    found: list[Record] = []
    for ids in chunks(sorted(customers)):
        found += connection.execute(
            select(table)
            .where(
                table.c.customer_id.in_(ids),
                table.c.channel == channel.value,
                table.c.mode == Mode.LIVE.value,
                table.c.state.in_(_MAY_BE_ANSWERED),
                table.c.sent_at.is_not(None),
            )
            .order_by(table.c.sent_at.desc(), table.c.id)
            .limit(1)
        ).all()
    return max(found, key=lambda row: row.sent_at, default=None)


def replies_to_read(connection: Connection, limit: int | None = None) -> Sequence[Record]:
    """Return the replies that a person must read: urgent ones first, then angry ones, by age."""
    table = table_of(Reply)
    is_calm = table.c.sentiment != Sentiment.ANGRY.value
    query = select(table).where(table.c.state.in_(_TO_READ))
    query = query.order_by(table.c.urgent.desc(), is_calm, table.c.id).limit(limit)
    return connection.execute(query).all()


def count_to_read(connection: Connection) -> int:
    """Count the replies that a person must read."""
    table = table_of(Reply)
    query = select(func.count()).where(table.c.state.in_(_TO_READ))
    return connection.execute(query).scalar_one()


def read_reply(connection: Connection, reply: int) -> Record | None:
    """Return one reply."""
    table = table_of(Reply)
    return connection.execute(select(table).where(table.c.id == reply)).one_or_none()


def settle_replies_of(connection: Connection, channel: Channel, address: str, now: datetime) -> int:
    """Let open replies from an address be stops, as a clear one came after them."""
    table = table_of(Reply)
    done = connection.execute(
        update(table)
        .where(table.c.channel == channel.value, table.c.address == address, table.c.state == OPEN)
        .values(state=ReplyState.STOP.value, settled_at=now)
    )
    return done.rowcount


def settle_reply(
    connection: Connection, reply: int, state: ReplyState, *, who: str, now: datetime
) -> bool:
    """Write down what a person made of a reply; False when another was quicker."""
    table = table_of(Reply)
    done = connection.execute(
        update(table)
        .where(table.c.id == reply, table.c.state.in_(_BEFORE[state]))
        .values(state=state.value, settled_at=now, who=who)
    )
    return bool(done.rowcount)
