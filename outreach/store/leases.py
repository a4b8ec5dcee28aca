"""Messages that somebody should have settled by now, and attempts nobody completed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    bindparam,
    select,
)

from outreach.model import MessageState
from outreach.store.frames import table_of
from outreach.store.ledger import Attempt, Message
from outreach.store.sql_functions import written
from outreach.store.types import Record


def sending(connection: Connection) -> Sequence[Record]:
    """Return every message that is being sent, or was when its process ended."""
    return connection.execute(_sending()).all()


@cache
def _sending() -> Select[Any]:
    table = table_of(Message)
    return select(table).where(table.c.state == MessageState.SENDING.value)


def held_too_long(connection: Connection, now: datetime, limit: int) -> Sequence[Record]:
    """Return held messages that are no longer worth sending."""
    return connection.execute(_held_too_long(), {"now": now, "most": limit}).all()


@cache
def _held_too_long() -> Select[Any]:
    table = table_of(Message)
    return (
        select(table)
        .where(is_held(), table.c.expires_at <= bindparam("now"))
        .order_by(table.c.expires_at, table.c.id)
        .limit(bindparam("most", type_=Integer))
    )


def is_held() -> ColumnElement[bool]:
    """Ask for held messages so that their own index serves: a parameter would not fit it."""
    return table_of(Message).c.state == written(MessageState.HELD.value)


def open_attempts(connection: Connection, message: str) -> list[int]:
    """Return the attempts to send a message of which no outcome is known."""
    table = table_of(Attempt)
    rows = connection.execute(
        select(table.c.id).where(table.c.message_id == message, table.c.outcome.is_(None))
    )
    return list(rows.scalars())
