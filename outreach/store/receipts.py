"""Receipts as they are kept: each thing a provider told us once, and what is known of a message."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Insert, Select, select
from sqlalchemy.dialects import postgresql, sqlite

from outreach.store.frames import table_of
from outreach.store.ledger import Attempt, Receipt
from outreach.store.pieces import chunks
from outreach.store.sql_functions import among
from outreach.store.types import Record


def store_receipts(
    connection: Connection, rows: Sequence[Mapping[str, Any]]
) -> set[tuple[str, str]]:
    """Keep receipts; return by provider and event which of them nobody had told us before."""
    if not rows:
        return set()
    new = connection.execute(_insert(connection.dialect.name), rows)
    return {(row.provider, row.provider_event_id) for row in new}


@cache
def _insert(dialect: str) -> Insert:
    table = table_of(Receipt)
    statement = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(table)
    return statement.on_conflict_do_nothing(
        index_elements=[table.c.provider, table.c.provider_event_id]
    ).returning(table.c.provider, table.c.provider_event_id)


def last_attempts(connection: Connection, messages: Sequence[str]) -> dict[str, Record]:
    """Return the last call to a provider for each message that had one."""
    return {message: made[-1] for message, made in attempts_on(connection, messages).items()}


def attempts_on(connection: Connection, messages: Sequence[str]) -> dict[str, list[Record]]:
    """Return the calls to providers for each message that had any, the last one last."""
    found: dict[str, list[Record]] = defaultdict(list)
    for ids in chunks(messages):
        for row in connection.execute(_attempts(), {"ids": ids}):
            found[row.message_id].append(row)
    return found


@cache
def _attempts() -> Select[Any]:
    table = table_of(Attempt)
    return select(table).where(among(table.c.message_id, "ids")).order_by(table.c.id)


def receipts_of(connection: Connection, messages: Sequence[str]) -> dict[str, list[Record]]:
    """Return what providers told us about messages, in the order we were told."""
    found: dict[str, list[Record]] = defaultdict(list)
    for ids in chunks(messages):
        for row in connection.execute(_told(), {"ids": ids}):
            found[row.message_id].append(row)
    return found


@cache
def _told() -> Select[Any]:
    table = table_of(Receipt)
    return (
        select(table)
        .where(among(table.c.message_id, "ids"), table.c.received_at.is_not(None))
        .order_by(table.c.id)
    )
