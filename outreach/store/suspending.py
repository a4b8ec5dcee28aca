"""Suspended rules: those that an edit made live no longer, and what waits of them meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, insert, select

from outreach.model import EnrollmentState, MessageState, Mode, Reason
from outreach.store.frames import table_of
from outreach.store.ledger import Enrollment, Message
from outreach.store.operations import SuspendedRule
from outreach.store.sql_functions import Barred
from outreach.store.types import Record


def suspend(connection: Connection, rule: str, now: datetime) -> None:
    """Remember that a rule is live no longer."""
    release(connection, rule)
    connection.execute(insert(table_of(SuspendedRule)).values(rule=rule, since=now))


def release(connection: Connection, rule: str) -> None:
    """Forget that a rule was live once."""
    table = table_of(SuspendedRule)
    connection.execute(delete(table).where(table.c.rule == rule))


def suspended_before(connection: Connection, instant: datetime) -> list[str]:
    """Return the rules that have been suspended since an instant or longer."""
    return list(connection.execute(_before(), {"instant": instant}).scalars())


@cache
def _before() -> Select[Any]:
    row = table_of(SuspendedRule).c
    return select(row.rule).where(row.since <= bindparam("instant")).order_by(row.rule)


def waiting_live(connection: Connection, rule: str, state: MessageState) -> Sequence[Record]:
    """Return the messages of a rule that are planned as live ones, or held for being suspended."""
    table = table_of(Message)
    query = select(table).where(
        Barred(table.c.rule) == rule,
        table.c.state == state.value,
        table.c.mode == Mode.LIVE.value,
    )
    if state is MessageState.HELD:
        query = query.where(table.c.reason == Reason.RULE_SUSPENDED.value)
    return connection.execute(query.order_by(table.c.id)).all()


def live_enrollments(connection: Connection, rule: str) -> list[int]:
    """Return a rule's active enrollments that are not only recorded."""
    row = table_of(Enrollment).c
    query = select(row.id).where(
        row.rule == rule,
        row.state == EnrollmentState.ACTIVE.value,
        row.mode == Mode.LIVE.value,
    )
    return list(connection.execute(query).scalars())
