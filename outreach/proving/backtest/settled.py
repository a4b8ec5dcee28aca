"""Settled: messages that would have gone out though their matter was settled in the meantime.

Judged from the change log alone, not by what gates ask: a subject that was open when the rule
matched it and settled when the message went out.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from outreach.model import Kind, MessageState, SubjectRef
from outreach.store.frames import table_of
from outreach.store.ledger import Enrollment, Message, MessageSubject
from outreach.store.pieces import CHUNK
from outreach.store.subjects import Change
from outreach.store.types import Record
from outreach.timing.instants import EPOCH

#: what ends a matter
STATUSES = {
    Kind.ORDER: frozenset({"delivered", "cancelled", "refunded", "returned"}),
    Kind.TICKET: frozenset({"resolved", "closed"}),
}


class After(NamedTuple):
    """A message that would have gone out too late, and about what."""

    message: str
    rule: str
    subject: SubjectRef
    sent_at: datetime
    settled_at: datetime


def after_settled(connection: Connection) -> list[After]:
    """Return the messages of a scratch database that came after their matter was settled."""
    found: list[After] = []
    for kind, statuses in STATUSES.items():
        rows = _sent(connection, kind)
        while part := rows.fetchmany(CHUNK):
            since = _statuses(connection, kind, sorted({row.subject_id for row in part}))
            found += _too_late(part, since, kind, statuses)
    return found


def _sent(connection: Connection, kind: Kind) -> Any:
    message, part, enrolled = (table_of(m).c for m in (Message, MessageSubject, Enrollment))
    return connection.execute(
        select(message.id, message.rule, message.sent_at, part.subject_id, enrolled.matched_at)
        .select_from(table_of(Message))
        .join(table_of(MessageSubject), part.message_id == message.id)
        .join(table_of(Enrollment), enrolled.id == part.enrollment_id)
        .where(message.state == MessageState.SENT.value, part.kind == kind.value)
    )


def _statuses(
    connection: Connection, kind: Kind, ids: Sequence[str]
) -> dict[str, list[tuple[datetime, str]]]:
    """Return by subject the statuses that it came into, and when."""
    change = table_of(Change).c
    query = (
        select(change.subject_id, change.at, change.old, change.new)
        .where(change.kind == kind.value, change.subject_id.in_(ids), change.field == "status")
        .order_by(change.id)
    )
    found: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    for subject, at, old, new in connection.execute(query):
        if subject not in found:  # what it came with
            found[subject].append((EPOCH, old))
        found[subject].append((at, new))
    return found


def _too_late(
    rows: Sequence[Record],
    since: Mapping[str, Sequence[tuple[datetime, str]]],
    kind: Kind,
    statuses: frozenset[str],
) -> Iterator[After]:
    for row in rows:
        known = since.get(row.subject_id, ())
        now = _latest(known, row.sent_at)
        before = _latest(known, row.matched_at)
        was_open = before is None or before[1] not in statuses
        if now is not None and now[1] in statuses and was_open:
            subject = SubjectRef(kind, row.subject_id)
            yield After(row.id, row.rule, subject, row.sent_at, now[0])


def _latest(known: Sequence[tuple[datetime, str]], at: datetime) -> tuple[datetime, str] | None:
    """Return the status at an instant and since when."""
    place = bisect_right(known, at, key=lambda one: one[0])
    return known[place - 1] if place else None
