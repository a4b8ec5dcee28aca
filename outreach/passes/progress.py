"""Progress: where an enrollment goes on once a message of it has come to its end."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from outreach.deciding.planning import next_place
from outreach.model import Reason
from outreach.rules.document import Rule
from outreach.store.states import end_enrollments, move_enrollment
from outreach.store.types import Record

#: after these the rule's later steps still have something to say
GOES_ON = frozenset(
    {
        Reason.SENT,
        Reason.SHADOW,
        Reason.IN_DOUBT,
        Reason.STEP_SKIPPED,
        Reason.EXPIRED,
        Reason.CANCELLED_BY_PERSON,
        Reason.PROVIDER_REJECTED,
        Reason.PROVIDER_ERROR,
        Reason.BAD_ADDRESS,
        Reason.BOUNCED,
    }
)


def go_on(
    connection: Connection,
    rule: Rule | None,
    enrollments: Iterable[Record],
    reason: Reason,
    *,
    base_at: datetime,
    now: datetime,
) -> None:
    """Move enrollments to what comes after a message that ended for a reason, or end them.

    `base_at` is when the message was meant to go out: the next wait counts from there.
    """
    for row in enrollments:
        if rule is None or reason not in GOES_ON:
            end_enrollments(connection, [row.id], reason, now)
            continue
        step, repetition = next_place(
            rule, row.step, row.repetition, skipped=reason is Reason.STEP_SKIPPED
        )
        if rule.step(step) is None:
            end_enrollments(connection, [row.id], Reason.FINISHED, now)
            continue
        move_enrollment(
            connection,
            row.id,
            step=step,
            repetition=repetition,
            base_at=base_at,
            plan_at=base_at,
        )
