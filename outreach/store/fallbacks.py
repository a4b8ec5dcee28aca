"""Fallbacks: the same message once more, on the next of its step's channels."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Integer, Select, bindparam, select, update

from outreach.model import Channel, MessageState, Reason
from outreach.store.frames import table_of
from outreach.store.ledger import Message, MessageSubject
from outreach.store.pieces import chunks
from outreach.store.planning import attach_subjects, known_messages, message_id, write_messages
from outreach.store.sql_functions import among
from outreach.store.types import Record


def undelivered(
    connection: Connection, now: datetime, limit: int | None = None
) -> Sequence[Record]:
    """Return messages of which it was told that they did not arrive, and not looked at since.

    Some may have moved on again, to `delivered`.
    """
    if limit is None:
        return connection.execute(_undelivered(), {"now": now}).all()
    limited = _undelivered().limit(bindparam("most", type_=Integer))
    return connection.execute(limited, {"now": now, "most": limit}).all()


@cache
def _undelivered() -> Select[Any]:
    table = table_of(Message)
    return (
        select(table)
        .where(table.c.undelivered_at <= bindparam("now"))
        .order_by(table.c.undelivered_at, table.c.id)
    )


def looked_for(connection: Connection, messages: Sequence[str]) -> None:
    """Remember that the next channel of messages was looked for."""
    table = table_of(Message)
    for ids in chunks(messages):
        connection.execute(update(table).where(table.c.id.in_(ids)).values(undelivered_at=None))


def next_message(
    message: Record, number: int, channel: Channel, due: datetime, now: datetime
) -> dict[str, Any]:
    """Return the columns of the same message, for the step's channels from `number` on."""
    nothing = ("batch", "lease_owner", "lease_until", "provider", "provider_id")
    return {
        **message._asdict(),
        "id": message_id(message.id, "", message.step, message.repetition, number),
        "channel": channel.value,
        "channel_number": number,
        "state": MessageState.PLANNED.value,
        "reason": Reason.NEXT_CHANNEL.value,
        "due_at": due,
        "planned_at": now,
        "tries": 0,
        "segments": 0,
        **dict.fromkeys((*nothing, "sent_at", "undelivered_at"), None),
    }


def is_written(connection: Connection, message: str) -> bool:
    """Whether a message is there already: a person may have tried the first channel again."""
    return bool(known_messages(connection, [message]))


def write_next(
    connection: Connection, message: dict[str, Any], parts: Sequence[Record], now: datetime
) -> None:
    """Write a message for the next channel, about the same subjects."""
    write_messages(connection, [message], now)
    attach_subjects(
        connection,
        [
            {
                "message_id": message["id"],
                "enrollment_id": part.id,
                "kind": part.kind,
                "subject_id": part.subject_id,
            }
            for part in parts
        ],
    )


def reached_before(connection: Connection, messages: Sequence[str]) -> frozenset[str]:
    """Return which of some messages somebody has had already, by a channel of the step before."""
    found: set[str] = set()
    for ids in chunks(messages):
        rows = connection.execute(_before(), {"ids": ids})
        found |= {row.id for row in rows if row.state == MessageState.DELIVERED.value}
    return frozenset(found)


@cache
def _before() -> Select[Any]:
    mine, before = table_of(Message).alias("mine"), table_of(Message).alias("before")
    my_part, part = (
        table_of(MessageSubject).alias("my_part"),
        table_of(MessageSubject).alias("part"),
    )
    return (
        select(mine.c.id, before.c.state)
        .join(my_part, my_part.c.message_id == mine.c.id)
        .join(part, part.c.enrollment_id == my_part.c.enrollment_id)
        .join(before, before.c.id == part.c.message_id)
        .where(
            among(mine.c.id, "ids"),
            before.c.step == mine.c.step,
            before.c.repetition == mine.c.repetition,
            before.c.channel_number < mine.c.channel_number,
        )
    )
