"""The audit log: who did what by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from outreach.store.frames import table_of
from outreach.store.operations import AuditEntry
from outreach.store.types import Record


def note_deed(
    connection: Connection, who: str, action: str, detail: Mapping[str, Any], now: datetime
) -> None:
    """Write down what a person did; `detail` names no address and no text of a message."""
    connection.execute(
        insert(table_of(AuditEntry)).values(at=now, who=who, action=action, detail=dict(detail))
    )


def deeds(
    connection: Connection, *, since: datetime | None = None, who: str = "", limit: int = 50
) -> Sequence[Record]:
    """Return what people did, the newest first."""
    table = table_of(AuditEntry)
    query = select(table).order_by(table.c.at.desc(), table.c.id.desc()).limit(limit)
    if since is not None:
        query = query.where(table.c.at >= since)
    if who:
        query = query.where(table.c.who == who)
    return connection.execute(query).all()
