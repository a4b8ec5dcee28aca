"""Stops: channels that Outreach itself paused, until their provider would take messages again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, bindparam, func, insert, select, update

from outreach.errors import Outcome
from outreach.model import Reason
from outreach.store.frames import table_of
from outreach.store.ledger import Attempt, Message
from outreach.store.pausing import running_pauses
from outreach.store.permissions import Pause
from outreach.store.sql_functions import among
from outreach.store.types import Record

SCOPE = "channel"
#: who stops and resumes when nobody does
OUTREACH = "outreach"
#: the latest attempts that are looked at: more than any channel makes in some minutes of trouble
LATEST = 1000
#: a refusal that is the address's fault says nothing about the channel
_NOT_ITS_FAULT = (Reason.BAD_ADDRESS.value, Reason.OPTED_OUT.value)


class Calls(NamedTuple):
    """How the latest calls of a channel ended."""

    total: int
    failed: int


def stop_channel(
    connection: Connection, channel: str, *, reason: str, probe_at: datetime, now: datetime
) -> bool:
    """Pause a channel until it is probed; False when it is paused already, by whomever."""
    if any((row.scope, row.name) == (SCOPE, channel) for row in running_pauses(connection, now)):
        return False
    values = {"scope": SCOPE, "name": channel, "reason": reason, "who": OUTREACH}
    connection.execute(insert(table_of(Pause)).values(**values, since=now, probe_at=probe_at))
    return True


def to_probe(connection: Connection, channels: Collection[str], now: datetime) -> Sequence[Record]:
    """Return the stops of these channels whose provider is to be asked now."""
    return connection.execute(_to_probe(), {"now": now, "channels": list(channels)}).all()


@cache
def _to_probe() -> Select[Any]:
    table = table_of(Pause)
    return select(table).where(
        table.c.ended_at.is_(None),
        table.c.probe_at <= bindparam("now"),
        among(table.c.name, "channels"),
    )


def begin_probe(connection: Connection, stop: Record, again: datetime) -> bool:
    """Take a probe for ourselves and say when the next is due; False when another was quicker."""
    table = table_of(Pause)
    taken = connection.execute(
        update(table)
        .where(table.c.id == stop.id, table.c.ended_at.is_(None), table.c.probe_at == stop.probe_at)
        .values(probe_at=again)
    )
    return bool(taken.rowcount)


def end_stop(connection: Connection, stop_id: int, now: datetime) -> bool:
    """End one stop; False when a person did meanwhile, or paused the channel themselves."""
    table = table_of(Pause)
    ended = connection.execute(
        update(table).where(table.c.id == stop_id, table.c.ended_at.is_(None)).values(ended_at=now)
    )
    return bool(ended.rowcount)


def stops_since(connection: Connection, channel: str, since: datetime) -> int:
    """Count how often a channel was stopped since an instant."""
    table = table_of(Pause)
    query = select(func.count()).where(
        table.c.name == channel, table.c.probe_at.is_not(None), table.c.since > since
    )
    return connection.execute(query).scalar_one()


def last_resumed(connection: Connection, channel: str) -> datetime | None:
    """Return when a pause or a stop of a channel last ended."""
    table = table_of(Pause)
    query = select(func.max(table.c.ended_at)).where(
        table.c.scope == SCOPE, table.c.name == channel
    )
    return connection.execute(query).scalar()


def latest_calls(
    connection: Connection, channel: str, since: datetime, but_not: Collection[str]
) -> Calls:
    """Count the latest calls that ended since an instant; those with codes `but_not` are left out.

    What is in doubt has failed too: a provider that answers nothing makes every message unknown.
    """
    table, message = table_of(Attempt), table_of(Message)
    latest = select(table).order_by(table.c.id.desc()).limit(LATEST).subquery()
    failed = func.count().filter(latest.c.outcome.in_([outcome.value for outcome in Outcome]))
    row = connection.execute(
        select(func.count(), failed)
        .select_from(latest.join(message, message.c.id == latest.c.message_id))
        .where(
            latest.c.channel == channel,
            latest.c.finished_at > since,
            latest.c.outcome.is_not(None),
            latest.c.code.not_in(but_not),
            message.c.reason.not_in(_NOT_ITS_FAULT),
        )
    ).one()
    return Calls(*row)
