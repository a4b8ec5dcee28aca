"""Which active enrollments a rule's `cancel_if` ends now: one statement a rule, prepared once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Dialect,
    Select,
    TextClause,
    case,
    exists,
    literal_column,
    select,
    text,
)

from outreach.model import EnrollmentState, MessageState
from outreach.rules.conditions.branch import branches_sql
from outreach.rules.document import Rule
from outreach.store.frames import TableFrame, Thresholds, table_of
from outreach.store.ledger import Enrollment, Message, MessageSubject
from outreach.store.pieces import chunks
from outreach.store.prepared import Prepared, Statements, prepare
from outreach.store.sql_functions import Barred, among, written

ACTIVE = EnrollmentState.ACTIVE.value
WAITING = (MessageState.PLANNED.value, MessageState.HELD.value)


@dataclass
class Canceller:
    """The statements for one database, each prepared when first needed."""

    dialect: Dialect
    statements: Statements = field(default_factory=Statements)

    def find(self, connection: Connection, rule: Rule, now: datetime) -> list[tuple[int, int]]:
        """Return active enrollments, each with the place of the first condition true of it."""
        prepared = self.statements.of(rule, "cancel", lambda: self._find(rule))
        values = prepared.thresholds.values({"now": now})
        return [tuple(row) for row in prepared.run(connection, values).fetchall()]

    def _find(self, rule: Rule) -> Prepared:
        thresholds = Thresholds()
        frame = TableFrame(rule.about, thresholds, enrollment_id=_row("id"))
        ways = [branches_sql(condition.branches(), frame) for condition in rule.cancel_if]
        which = case(*((way, number) for number, way in enumerate(ways)))
        source, its_subject = frame.source(), frame.own.c.id == _row("subject_id")
        first = select(which).select_from(source).where(its_subject).scalar_subquery()
        met = exists(select(1).select_from(source).where(its_subject, which.is_not(None)))
        query = (
            select(_row("id"), first.label("which"))
            .select_from(self._active())
            .where(_row("rule") == rule.name, _row("state") == written(ACTIVE), met)
        )
        return prepare(query, self.dialect, thresholds)

    def _active(self) -> TextClause:
        """Return the table; SQLite has to be told that the index of active ones is the best."""
        is_sqlite = self.dialect.name == "sqlite"
        return text("enrollments INDEXED BY ix_enrollments_active" if is_sqlite else "enrollments")


def _row(name: str) -> ColumnElement[Any]:
    """Return a column of the enrollment that is asked about."""
    return literal_column(f"enrollments.{name}", table_of(Enrollment).c[name].type)


def waiting_messages(connection: Connection, enrollments: Sequence[int]) -> dict[str, str]:
    """Return the planned and held messages of enrollments, each with its customer."""
    found: dict[str, str] = {}
    for ids in chunks(enrollments):
        found |= dict(connection.execute(_waiting_of(), {"ids": ids}).all())
    return found


@cache
def _waiting_of() -> Select[Any]:
    message, part = table_of(Message).c, table_of(MessageSubject).c
    return (
        select(message.id, message.customer_id)
        .join(table_of(MessageSubject), part.message_id == message.id)
        .where(among(part.enrollment_id, "ids"), Barred(message.state).in_(WAITING))
    )


def still_waiting(connection: Connection, messages: Collection[str]) -> set[str]:
    """Return which of some messages are planned or held."""
    found: set[str] = set()
    for ids in chunks(sorted(messages)):
        found |= set(connection.execute(_still(), {"ids": ids}).scalars())
    return found


@cache
def _still() -> Select[Any]:
    message = table_of(Message).c
    return select(message.id).where(among(message.id, "ids"), Barred(message.state).in_(WAITING))
