"""Pauses: what must not send for now, and the messages that wait for its end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, insert, or_, select, update

from outreach.model import MessageState, Purpose, Reason
from outreach.store.frames import table_of
from outreach.store.ledger import Message
from outreach.store.permissions import Pause
from outreach.store.sql_functions import Barred
from outreach.store.types import Record


class Held(NamedTuple):
    """How many messages a pause keeps waiting, and how many of them expire before it ends."""

    waiting: int
    expiring: int


def begin_pause(
    connection: Connection,
    scope: str,
    name: str,
    *,
    reason: str,
    who: str,
    until: datetime | None,
    now: datetime,
) -> None:
    """Pause `all`, or one rule, channel or purpose; a pause of the same that runs is replaced."""
    end_pauses(connection, scope, name, now)
    connection.execute(
        insert(table_of(Pause)).values(
            scope=scope, name=name, reason=reason, who=who, since=now, until=until
        )
    )


def end_pauses(connection: Connection, scope: str, name: str, now: datetime) -> int:
    """End the pauses of one thing and return how many that were."""
    table = table_of(Pause)
    done = connection.execute(
        update(table)
        .where(table.c.scope == scope, table.c.name == name, *_running(now))
        .values(ended_at=now)
    )
    return done.rowcount


def running_pauses(connection: Connection, now: datetime) -> Sequence[Record]:
    """Return the pauses that run now, the oldest first."""
    table = table_of(Pause)
    return connection.execute(
        select(table).where(*_running(now)).order_by(table.c.since, table.c.id)
    ).all()


def keep_pauses(connection: Connection) -> None:
    """Let no pause end before this transaction does: it may decide that messages wait for it.

    Otherwise they would be put off after those that waited were woken. SQLite has one writer.
    """
    if connection.dialect.name == "postgresql":
        table = table_of(Pause)
        running = select(table.c.id).where(table.c.ended_at.is_(None)).order_by(table.c.id)
        connection.execute(running.with_for_update(read=True)).all()


def held_by_pause(connection: Connection, scope: str, name: str, until: datetime | None) -> Held:
    """Count the planned messages that a pause keeps from going out."""
    message = table_of(Message).c
    where: list[Any] = [message.state == MessageState.PLANNED.value, *_in_scope(scope, name)]
    if until is not None:
        where.append(message.due_at < until)
    expiring = func.count().filter(message.expires_at <= until) if until else func.count(None)
    row = connection.execute(select(func.count(), expiring).where(*where)).one()
    return Held(*row)


def count_paused(connection: Connection, scope: str, name: str, now: datetime) -> Held:
    """Count the messages that go on when a pause ends now, and those that expired meanwhile."""
    is_late = table_of(Message).c.expires_at <= now
    counts = select(func.count(), func.count().filter(is_late))
    row = connection.execute(counts.where(*_goes_on(scope, name, now))).one()
    return Held(*row)


def too_late(connection: Connection, scope: str, name: str, now: datetime) -> Sequence[Record]:
    """Return the messages that expired while a pause kept them."""
    message = table_of(Message)
    return connection.execute(
        select(message)
        .where(*_goes_on(scope, name, now), message.c.expires_at <= now)
        .order_by(message.c.id)
    ).all()


def _goes_on(scope: str, name: str, now: datetime) -> list[Any]:
    """Return what tells the messages that a pause kept, or keeps, from being looked at."""
    message = table_of(Message).c
    return [
        message.state == MessageState.PLANNED.value,
        or_(message.reason == Reason.PAUSED.value, message.due_at <= now),
        *_in_scope(scope, name),
    ]


def _running(now: datetime) -> list[Any]:
    table = table_of(Pause)
    return [table.c.ended_at.is_(None), or_(table.c.until.is_(None), table.c.until > now)]


def _in_scope(scope: str, name: str) -> list[Any]:
    """Return what tells the messages that a pause is about; `all` spares transactional ones."""
    message = table_of(Message).c
    match scope:
        case "rule":
            # the rule may have written for years: the few that wait are found by their state
            return [Barred(message.rule) == name]
        case "channel":
            return [message.channel == name]
        case "purpose":
            return [message.purpose == name]
        case _:
            return [message.purpose != Purpose.TRANSACTIONAL.value]
