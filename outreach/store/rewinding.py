"""Rewinding: an enrollment stands again at a message that is tried once more."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select, update

from outreach.model import EnrollmentState, Reason
from outreach.store.frames import table_of
from outreach.store.ledger import Enrollment, Message, MessageSubject
from outreach.store.types import Record


def later_messages(
    connection: Connection, message: Record, enrollments: Sequence[int]
) -> Sequence[Record]:
    """Return what was planned for these enrollments after a message, the newest first."""
    table, part = table_of(Message).c, table_of(MessageSubject).c
    return connection.execute(
        select(
            table.id,
            table.step,
            table.repetition,
            table.channel,
            table.state,
            part.enrollment_id,
        )
        .join(table_of(MessageSubject), part.message_id == table.id)
        .where(
            part.enrollment_id.in_(enrollments),
            table.id != message.id,
            # the next channel of a message may be planned in the instant it was itself
            (table.planned_at > message.planned_at)
            | (table.channel_number > message.channel_number),
        )
        .order_by(table.planned_at.desc(), table.id)
    ).all()


def called_off(connection: Connection, enrollments: Sequence[int]) -> set[int]:
    """Return which enrollments were ended before all their steps were done."""
    row = table_of(Enrollment).c
    on_its_way = (EnrollmentState.ACTIVE.value, EnrollmentState.DONE.value)
    found = connection.execute(
        select(row.id).where(row.id.in_(enrollments), row.state.not_in(on_its_way))
    )
    return set(found.scalars())


def rewind(connection: Connection, enrollments: Sequence[int], step: int, repetition: int) -> None:
    """Let enrollments wait for their message at a step, even if they had come to an end."""
    table = table_of(Enrollment)
    connection.execute(
        update(table)
        .where(table.c.id.in_(enrollments))
        .values(
            state=EnrollmentState.ACTIVE.value,
            reason=Reason.MATCHED.value,
            step=step,
            repetition=repetition,
            plan_at=None,
            ended_at=None,
        )
    )
