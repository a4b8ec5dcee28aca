"""Waking: messages that wait for something are looked at now, because it is over."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, update

from outreach.model import MessageState, Reason
from outreach.store.frames import table_of
from outreach.store.ledger import Message


def wake(connection: Connection, reason: Reason, now: datetime) -> int:
    """Let every message that waits for a reason be looked at now; return how many that are."""
    table = table_of(Message)
    done = connection.execute(
        update(table)
        .where(
            table.c.state == MessageState.PLANNED.value,
            table.c.reason == reason.value,
            table.c.due_at > now,
        )
        .values(due_at=now)
    )
    return done.rowcount
