"""What came of a survey in a time: who was asked, who was not and why, and all answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select

from outreach.model import COUNTS_AS_SENT, MessageState, Mode, Reason
from outreach.store.frames import table_of
from outreach.store.ledger import Enrollment, Message, MessageSubject
from outreach.store.subjects import Response
from outreach.store.types import Record

_ASKED = [*(state.value for state in COUNTS_AS_SENT), MessageState.UNDELIVERED.value]
#: why somebody is left out for whom no message is planned
BY_CHANCE = (Reason.HELD_OUT.value, Reason.SAMPLED_OUT.value)
_ENDED = [
    state.value
    for state in (
        *(MessageState.CANCELLED, MessageState.SUPPRESSED),
        *(MessageState.EXPIRED, MessageState.FAILED),
    )
]


def answers(
    connection: Connection, survey: str, since: datetime, until: datetime
) -> Sequence[Record]:
    """Return all answers to a survey in a time, those that do not count too, the oldest first."""
    table = table_of(Response)
    return connection.execute(
        select(table)
        .where(
            table.c.survey == survey,
            table.c.received_at >= since,
            table.c.received_at < until,
        )
        .order_by(table.c.received_at, table.c.id)
    ).all()


def asked(connection: Connection, survey: str, since: datetime, until: datetime) -> int:
    """Count the messages that asked a survey in a time; a reminder asks no second time."""
    message, part = table_of(Message).c, table_of(MessageSubject).c
    query = (
        select(func.count(part.enrollment_id.distinct()))
        .join(table_of(Message), message.id == part.message_id)
        .where(
            message.survey == survey,
            message.mode == Mode.LIVE.value,
            message.sent_at >= since,
            message.sent_at < until,
            message.state.in_([*(s.value for s in COUNTS_AS_SENT), MessageState.UNDELIVERED.value]),
        )
    )
    return connection.execute(query).scalar_one()


def not_asked(
    connection: Connection, survey: str, since: datetime, until: datetime
) -> dict[str, int]:
    """Count by reason the messages that would have asked a survey in a time and did not go out.

    With them those held out or not in the sample, of all rules that ever asked it. What was
    answered before its reminder, and what only a shadow would have sent, is none of it.
    """
    message, enrollment = table_of(Message).c, table_of(Enrollment).c
    rows = connection.execute(
        select(message.reason, func.count())
        .where(
            message.survey == survey,
            message.planned_for >= since,
            message.planned_for < until,
            message.state.in_(_ENDED),
            message.reason.not_in([Reason.SHADOW.value, Reason.ANSWERED.value]),
        )
        .group_by(message.reason)
    )
    found = Counter({row.reason: row[1] for row in rows})
    rules = select(message.rule).where(message.survey == survey).distinct()
    by_chance = (
        select(enrollment.reason, func.count())
        .where(
            enrollment.rule.in_(rules),
            enrollment.reason.in_(BY_CHANCE),
            enrollment.matched_at >= since,
            enrollment.matched_at < until,
        )
        .group_by(enrollment.reason)
    )
    for row in connection.execute(by_chance):
        found[row.reason] += row[1]
    return dict(+found)
