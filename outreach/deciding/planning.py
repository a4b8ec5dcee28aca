"""Planning: from an enrollment to its next message or task, when it is due, what it waits for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from outreach.deciding.circumstances import Subject
from outreach.deciding.gates import taken_over_by
from outreach.deciding.recipients import Recipient, choose_channel
from outreach.deciding.waits import (
    is_held_out,
    is_outside_canary,
    is_sampled_out,
    step_due,
)
from outreach.model import Channel, Mode, Reason
from outreach.rules.document import Rule, Step
from outreach.rules.facts import Facts
from outreach.timing.waits import add_local

#: how soon to look again for a date or a customer that is still missing
LOOK_AGAIN = timedelta(minutes=15)
UTC = ZoneInfo("UTC")


@dataclass(frozen=True)
class Walker:
    """An enrollment on its way through a rule's steps; nothing is due before `known_from`."""

    subject: Subject
    known_from: datetime
    step: int
    repetition: int
    mode: Mode


@dataclass(frozen=True)
class PlannedMessage:
    """A message to be: `planned_for` is when it is due, `expires_at` counts from there.

    `collects_from` is when it began to wait for more of its customer's subjects.
    """

    walker: Walker
    step: Step
    channel: Channel
    collects_from: datetime
    planned_for: datetime
    expires_at: datetime
    reason: Reason


@dataclass(frozen=True)
class PlannedHandoff:
    """A task for people, to be given when `opens_at` has come."""

    walker: Walker
    step: Step
    recipient: Recipient
    opens_at: datetime


@dataclass(frozen=True)
class Later:
    """Nothing to plan yet; look again at `at`. The walker has come this far.

    When it is not `is_known` what it waits for, a date or its customer, is missing in the data.
    """

    walker: Walker
    at: datetime
    is_known: bool = True


@dataclass(frozen=True)
class Ended:
    """The enrollment is over."""

    walker: Walker
    reason: Reason


Plan = PlannedMessage | PlannedHandoff | Later | Ended


def plan(
    rule: Rule,
    walker: Walker,
    recipient: Recipient | None,
    takers: Sequence[Rule],
    now: datetime,
) -> Plan:
    """Plan what an enrollment does next; waits without a message are walked through.

    Whom a canary is not for is walked on in shadow. What was live when its rule was stays where it
    is, for a day: the edit may be undone.
    """
    if walker.mode is Mode.LIVE and rule.mode is not Mode.LIVE:
        return Later(walker, now + LOOK_AGAIN, is_known=False)
    if recipient is None:
        return _without_customer(rule, walker, now)
    if chance := _left_out(rule, walker.subject, recipient.id):
        return Ended(walker, chance)
    if taken_over_by(takers, walker.subject, recipient.id, now):
        return Ended(walker, Reason.TAKEN_OVER)
    facts = walker.subject.facts
    if facts is None:
        return Ended(walker, Reason.CANCELLED_BY_DATA)
    if is_outside_canary(rule, recipient.id):
        walker = replace(walker, mode=Mode.SHADOW)
    return _next(rule, walker, recipient, facts, now)


def _next(rule: Rule, walker: Walker, recipient: Recipient, facts: Facts, now: datetime) -> Plan:
    zone = recipient.zones.zones[0]
    while step := rule.step(walker.step):
        base = walker.subject.base_at
        due = step_due(rule, step, walker.repetition, facts, base, zone)
        if due is None:
            return Later(walker, now + LOOK_AGAIN, is_known=False)
        due = max(due, walker.known_from)
        if step.template is not None:
            return _message(rule, step, walker, recipient, due)
        if step.handoff is not None:
            return PlannedHandoff(walker, step, recipient, due)
        if due > now:
            return Later(walker, due)
        walker = next_step(walker, due)
    return Ended(walker, Reason.FINISHED)


def _left_out(rule: Rule, subject: Subject, customer: str) -> Reason | None:
    """Return which chance leaves out a match, None when neither does."""
    if is_held_out(rule, customer):
        return Reason.HELD_OUT
    if is_sampled_out(rule, subject.ref.id, subject.matched_at):
        return Reason.SAMPLED_OUT
    return None


def planned_again(
    rule: Rule, step: Step, walker: Walker, recipient: Recipient
) -> PlannedMessage | None:
    """Return a step's message as it would be planned now, None while its date is missing."""
    if walker.subject.facts is None:
        return None
    zone, subject = recipient.zones.zones[0], walker.subject
    due = step_due(rule, step, walker.repetition, walker.subject.facts, subject.base_at, zone)
    return _message(rule, step, walker, recipient, max(due, walker.known_from)) if due else None


def next_step(walker: Walker, base_at: datetime) -> Walker:
    """Return the walker at its next step, whose wait counts from `base_at`."""
    subject = replace(walker.subject, base_at=base_at)
    return replace(walker, subject=subject, step=walker.step + 1, repetition=1)


def next_place(rule: Rule, step_number: int, repetition: int, *, skipped: bool) -> tuple[int, int]:
    """Return where an enrollment goes on after a message: again, or to the next step."""
    step = rule.step(step_number)
    if step and step.repeat and repetition < step.repeat.times and not skipped:
        return step_number, repetition + 1
    return step_number + 1, 1


def _without_customer(rule: Rule, walker: Walker, now: datetime) -> Plan:
    """Wait for a customer who may come after the order, as long as a message would last."""
    begins = max(walker.subject.base_at, walker.known_from)
    if now < add_local(begins, rule.expires_after, UTC):
        return Later(walker, now + LOOK_AGAIN, is_known=False)
    return Ended(walker, Reason.NO_CUSTOMER)


def _message(
    rule: Rule, step: Step, walker: Walker, recipient: Recipient, due: datetime
) -> PlannedMessage:
    zone = recipient.zones.zones[0]
    reason, collects_from = Reason.MATCHED, due
    if rule.combine_within is not None:
        due = add_local(due, rule.combine_within, zone)
        reason = Reason.COMBINING
    opens = recipient.next_open(rule.window, due)
    if opens is not None and opens > due:
        due, reason = opens, Reason.OUTSIDE_WINDOW
    channel, _ = choose_channel(recipient, step.via, rule.purpose, due)
    return PlannedMessage(
        walker=walker,
        step=step,
        channel=channel or step.via[0],
        collects_from=collects_from,
        planned_for=due,
        expires_at=add_local(due, rule.expires_after, zone),
        reason=reason,
    )
