"""Progress: where an enrollment goes on once a message of it has come to its end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from outreach.deciding.planning import Walker, next_place
from outreach.model import Reason
from outreach.rules.document import Rule
from outreach.store.places import Onward, look_again, move_on
from outreach.store.rewinding import later_messages
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
        Reason.REACHED_BEFORE,
        Reason.OFFER_SPENT,
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


@dataclass(frozen=True)
class Ending:
    """A message that ended for a reason, with its rule and the enrollments it was about."""

    rule: Rule | None
    message: Record
    enrollments: Sequence[Record]
    reason: Reason


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
    go_on_after(connection, [Ending(rule, message, list(enrollments), reason)], now=now)


def go_on_after(connection: Connection, endings: Iterable[Ending], *, now: datetime) -> None:
    """Let the enrollments of several messages go on, or end, in a few statements."""
    over: dict[Reason, list[int]] = {}
    onwards: list[Onward] = []
    for ending in endings:
        has_rest = goes_on(ending.message, ending.reason)
        if ending.rule is None or not has_rest:
            why = Reason.RULE_REMOVED if has_rest else ending.reason
            over.setdefault(why, []).extend(row.id for row in ending.enrollments)
            continue
        for row, place in _places(connection, ending.rule, ending):
            if ending.rule.step(place[0]) is None:
                over.setdefault(Reason.FINISHED, []).append(row.id)
            else:
                onwards.append(Onward(row, *place, ending.message.planned_for))
    for reason, ids in over.items():
        end_enrollments(connection, ids, reason, now)
    move_on(connection, onwards)


def _places(
    connection: Connection, rule: Rule, ending: Ending
) -> Iterator[tuple[Record, tuple[int, int]]]:
    """Yield the enrollments that go on from the message's step, each with the place after it."""
    message = ending.message
    for row in ending.enrollments:
        here = rule.step(row.step)
        if here is None or (here.id, row.repetition) != (message.step, message.repetition):
            # it went on while the message was in doubt; or its steps were edited while the message
            # was on its way, and it stands at what follows
            if not later_messages(connection, message, [row.id]):
                look_again(connection, row, message.planned_for)
            continue
        is_skipped = ending.reason is Reason.STEP_SKIPPED
        place = next_place(rule, row.step, row.repetition, skipped=is_skipped)
        while ending.reason is Reason.EXPIRED and _asks_again(rule, message, place):
            place = next_place(rule, *place, skipped=True)
        yield row, place


def _asks_again(rule: Rule, message: Record, place: tuple[int, int]) -> bool:
    """Whether a step asks what a message asked: nobody is reminded of what they never saw."""
    step = rule.step(place[0])
    return step is not None and step.survey is not None and step.survey == message.survey


def stand(connection: Connection, row: Record, walker: Walker, plan_at: datetime | None) -> None:
    """Write down where an enrollment stands, and when planning shall look at it."""
    move_enrollment(
        connection,
        row.id,
        step=walker.step,
        repetition=walker.repetition,
        base_at=walker.subject.base_at,
        plan_at=plan_at,
    )
