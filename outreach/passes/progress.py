"""Progress: where an enrollment goes on once a message of it has come to its end."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from outreach.deciding.planning import next_place
from outreach.model import Reason
from outreach.rules.document import Rule
from outreach.store.places import look_again, move_on
from outreach.store.rewinding import later_messages
from outreach.store.states import end_enrollments
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
#: what a step's next channel may lack: the channel before it was there, so the later steps may be
NOT_BY_THIS_CHANNEL = frozenset(
    {Reason.NO_ADDRESS, Reason.SUPPRESSED, Reason.OPTED_OUT, Reason.NO_CONSENT}
)


def goes_on(message: Any, reason: Reason) -> bool:
    """Whether a message that ended for a reason leaves the rule's later steps to come."""
    is_next_channel = message.channel_number > 0
    return reason in GOES_ON or (is_next_channel and reason in NOT_BY_THIS_CHANNEL)


def go_on(
    connection: Connection,
    rule: Rule | None,
    message: Record,
    enrollments: Iterable[Record],
    reason: Reason,
    *,
    now: datetime,
) -> None:
    """Move enrollments to what comes after a message that ended for a reason, or end them.

    The next wait counts from when the message was meant to go out.
    """
    has_rest = goes_on(message, reason)
    if rule is None or not has_rest:
        why = Reason.RULE_REMOVED if has_rest else reason
        end_enrollments(connection, [row.id for row in enrollments], why, now)
        return
    for row in enrollments:
        here = rule.step(row.step)
        if here is None or (here.id, row.repetition) != (message.step, message.repetition):
            # it went on while the message was in doubt; or its steps were edited while the message
            # was on its way, and it stands at what follows
            if not later_messages(connection, message, [row.id]):
                look_again(connection, row, message.planned_for)
            continue
        step, repetition = next_place(
            rule, row.step, row.repetition, skipped=reason is Reason.STEP_SKIPPED
        )
        if rule.step(step) is None:
            end_enrollments(connection, [row.id], Reason.FINISHED, now)
            continue
        move_on(connection, row, step, repetition, message.planned_for)
