"""Which active enrollments a rule's `cancel_if` ends now: one statement a rule, prepared once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, Dialect, case, exists, literal_column, select

from outreach.model import EnrollmentState, MessageState
from outreach.rules.conditions.branch import branches_sql
from outreach.rules.document import Rule
from outreach.store.frames import TableFrame, Thresholds, table_of
from outreach.store.ledger import Enrollment, Message, MessageSubject
from outreach.store.prepared import Prepared, prepare
from outreach.store.staging import chunks

WAITING = (MessageState.PLANNED.value, MessageState.HELD.value)


@dataclass
class Canceller:
    """The statements for one database, each prepared when first needed."""

    dialect: Dialect
    _finds: dict[str, tuple[Rule, Prepared]] = field(default_factory=dict)

    def find(self, connection: Connection, rule: Rule, now: datetime) -> list[tuple[int, int]]:
        """Return active enrollments, each with the place of the first condition true of it."""
        known = self._finds.get(rule.name)
        if known is None or known[0] is not rule:
            known = self._finds[rule.name] = (rule, self._find(rule))
        prepared = known[1]
        values = prepared.thresholds.values({"now": now})
        return [tuple(row) for row in prepared.run(connection, values).fetchall()]

    def _find(self, rule: Rule) -> Prepared:
        thresholds = Thresholds()
        row = table_of(Enrollment)
        frame = TableFrame(rule.about, thresholds, enrollment_id=row.c.id)
        ways = [branches_sql(condition.branches(), frame) for condition in rule.cancel_if]
        which = case(*((way, number) for number, way in enumerate(ways)))
        its_subject = frame.own.c.id == row.c.subject_id
        source = frame.source()
        query = select(
            row.c.id,
            select(which)
            .select_from(source)
            .where(its_subject)
            .correlate(row)
            .scalar_subquery()
            .label("which"),
        ).where(
            row.c.rule == rule.name,
            # written out: only then does SQLite see that the index of active ones will do
            row.c.state == literal_column(f"'{EnrollmentState.ACTIVE.value}'"),
            exists(
                select(literal_column("1"))
                .select_from(source)
                .where(its_subject, which.is_not(None))
                .correlate(row)
            ),
        )
        return prepare(query, self.dialect, thresholds)


def waiting_messages(connection: Connection, enrollments: Sequence[int]) -> dict[str, str]:
    """Return the planned and held messages of enrollments, each with its customer."""
    message, part = table_of(Message).c, table_of(MessageSubject).c
    found: dict[str, str] = {}
    for ids in chunks(enrollments):
        rows = connection.execute(
            select(message.id, message.customer_id)
            .join(table_of(MessageSubject), part.message_id == message.id)
            .where(part.enrollment_id.in_(ids), message.state.in_(WAITING))
        )
        found |= dict(rows.all())
    return found


def still_waiting(connection: Connection, messages: Collection[str]) -> set[str]:
    """Return which of some messages are planned or held."""
    message = table_of(Message).c
    found: set[str] = set()
    for ids in chunks(sorted(messages)):
        rows = connection.execute(
            select(message.id).where(message.id.in_(ids), message.state.in_(WAITING))
        )
        found |= set(rows.scalars())
    return found
