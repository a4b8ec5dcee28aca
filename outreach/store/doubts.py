"""Messages in doubt: what is known of the calls whose answers never came."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, select, update

from outreach.model import MessageState
from outreach.store.frames import table_of
from outreach.store.ledger import Attempt, Message
from outreach.store.pieces import chunks
from outreach.store.types import Record


def doubts(connection: Connection) -> Sequence[Record]:
    """Return all messages in doubt, each with its last call."""
    return connection.execute(_doubts()).all()


@cache
def _doubts() -> Select[Any]:
    message, call = table_of(Message).c, table_of(Attempt).c
    return (
        select(
            message.id,
            message.purpose,
            call.id.label("attempt"),
            call.channel,
            call.provider,
            call.address,
            call.fingerprint,
            call.started_at,
            call.checked_at,
        )
        .join(table_of(Attempt), call.message_id == message.id)
        .where(message.state == MessageState.UNKNOWN.value, call.number == message.tries)
    )


def belonging(connection: Connection, provider_ids: Collection[str]) -> set[str]:
    """Return which of a provider's ids are those of messages of ours already."""
    table = table_of(Message).c
    found: set[str] = set()
    for part in chunks(sorted(provider_ids)):
        rows = connection.execute(select(table.provider_id).where(table.provider_id.in_(part)))
        found |= set(rows.scalars())
    return found


def note_check(connection: Connection, attempt: int, now: datetime) -> None:
    """Remember that a provider was asked about a call."""
    table = table_of(Attempt)
    connection.execute(update(table).where(table.c.id == attempt).values(checked_at=now))
