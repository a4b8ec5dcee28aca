"""Specimens: some of the subjects that a rule has found, to see its messages by."""

from __future__ import annotations

from sqlalchemy import Connection, select

from outreach.model import Kind, SubjectRef
from outreach.store.frames import table_of
from outreach.store.ledger import Enrollment


def found_by(connection: Connection, rule: str, count: int) -> list[SubjectRef]:
    """Return the subjects of a rule's newest enrollments, each once, if they have a customer."""
    enrollment = table_of(Enrollment).c
    rows = connection.execute(
        select(enrollment.kind, enrollment.subject_id)
        .where(enrollment.rule == rule, enrollment.customer_id.is_not(None))
        .order_by(enrollment.known_from.desc(), enrollment.id.desc())
        .limit(count)
    )
    return list(dict.fromkeys(SubjectRef(Kind(row.kind), row.subject_id) for row in rows))
