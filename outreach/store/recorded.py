"""What rules only recorded, and the enrollments that take its place when they go live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, exists, insert, select, update

from outreach.model import IS_WAITING, EnrollmentState, Mode, Reason
from outreach.store.enrolling import Match
from outreach.store.frames import table_of
from outreach.store.ledger import Enrollment, Message, MessageSubject
from outreach.store.pieces import chunks
from outreach.store.types import Record

#: those that were called off had a reason that still counts
_RECORDED = (EnrollmentState.ACTIVE.value, EnrollmentState.DONE.value)


def of_rule(connection: Connection, rule: str) -> Sequence[Record]:
    """Return the enrollments of a rule that were recorded from first to last, and not called off.

    One that was live before has heard something: it does not begin again.
    """
    table, message, part = table_of(Enrollment), table_of(Message).c, table_of(MessageSubject)
    row = table.c
    was_live = exists(
        select(message.id)
        .join(part, part.c.message_id == message.id)
        .where(part.c.enrollment_id == row.id, message.mode == Mode.LIVE.value)
    )
    query = select(table).where(
        row.rule == rule, row.mode == Mode.SHADOW.value, row.state.in_(_RECORDED), ~was_live
    )
    return connection.execute(query.order_by(row.id)).all()


def waiting(connection: Connection, enrollments: Sequence[int]) -> list[str]:
    """Return the messages of enrollments that still wait to be recorded."""
    message, part = table_of(Message).c, table_of(MessageSubject).c
    states = [state.value for state in IS_WAITING]
    query = (
        select(message.id).distinct().join(table_of(MessageSubject), part.message_id == message.id)
    )
    return [
        found
        for ids in chunks(enrollments)
        for found in connection.execute(
            query.where(part.enrollment_id.in_(ids), message.state.in_(states))
        ).scalars()
    ]


def begin_anew(
    connection: Connection,
    rows: Sequence[Record],
    matches: Mapping[str, Match],
    version: int | None,
    now: datetime,
) -> None:
    """Put live enrollments in the place of recorded ones, which keep what they recorded.

    What is said now has other ids than what was only recorded.
    """
    table = table_of(Enrollment)
    for row in rows:
        aside: dict[str, Any] = {"key": f"{row.key}|recorded {row.id}"}
        if row.state == EnrollmentState.ACTIVE.value:
            ended = {"state": EnrollmentState.DONE.value, "reason": Reason.FINISHED.value}
            aside |= {**ended, "ended_at": now, "plan_at": None}
        connection.execute(update(table).where(table.c.id == row.id).values(**aside))
    if rows:
        begun = [_begun(row, matches[row.key], version, now) for row in rows]
        connection.execute(insert(table), begun)


def _begun(row: Record, match: Match, version: int | None, now: datetime) -> dict[str, Any]:
    return {
        "rule": row.rule,
        "key": row.key,
        "rule_version": version,
        "kind": row.kind,
        "subject_id": row.subject_id,
        "customer_id": match.customer_id,
        "matched_at": match.matched_at,
        "known_from": max(match.matched_at, now),
        "state": EnrollmentState.ACTIVE.value,
        "reason": Reason.MATCHED.value,
        "mode": Mode.LIVE.value,
        "step": 0,
        "repetition": 1,
        "base_at": match.matched_at,
        "plan_at": match.matched_at,
        "enrolled_at": now,
        "known_as": f"{row.known_as or row.rule} after its shadow",
    }
