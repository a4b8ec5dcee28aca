"""Foretelling: one message or task asked of the gates ahead of time, until they decide.

Nothing is written. It goes by the data as it is and by what was sent so far.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from outreach.deciding.asking_each import GateAsked, look_through
from outreach.deciding.gates import judge
from outreach.deciding.offering import Offered
from outreach.deciding.planning import (
    Ended,
    Later,
    Plan,
    PlannedHandoff,
    PlannedMessage,
    plan,
)
from outreach.deciding.rendering.templates import Rendered
from outreach.deciding.verdicts import Decision, Verdict, hold, stop, wait
from outreach.model import Channel, MessageState, Reason
from outreach.passes.ahead.foreseen import Walking
from outreach.passes.ahead.outlook import Draft
from outreach.passes.drafting import draft
from outreach.passes.handing_off import judge_handoff, word_handoff
from outreach.passes.judging import Seen, circumstances, read_seen
from outreach.passes.setup import Setup
from outreach.rules.document import Rule

#: more waits than this in a row lead nowhere that people plan with
MOST_WAITS = 50


@dataclass(frozen=True)
class Foretold:
    """How a message would fare: the last gate's `verdict`, given `at` an instant.

    `waits` is what kept it until then, `reason` what the ledger would say of it now.
    """

    step: str
    planned_for: datetime
    at: datetime
    verdict: Verdict
    reason: Reason
    waits: tuple[Verdict, ...] = ()
    template: str = ""
    channel: Channel | None = None
    rendered: Rendered | None = None
    #: of a task, who gets it and what they read first
    team: str = ""
    title: str = ""
    #: the coupon that it would carry, or why it carries none
    offered: Offered | None = None
    #: how each gate would answer when the message is due
    gates: tuple[GateAsked, ...] = ()
    asked_at: datetime | None = None

    @property
    def goes_out(self) -> bool:
        """Whether it reaches the customer or the team, or would if its rule were live."""
        return self.verdict.decision is Decision.GO or self.verdict.reason is Reason.SHADOW


def foretell_enrollment(
    connection: Connection, setup: Setup, rule: Rule, row: Walking, now: datetime
) -> Foretold:
    """Say what comes next of an enrollment, one that is only foreseen included."""
    seen = read_seen(connection, setup, [row], {"": [row]}, now)
    found, waits = _plan(setup, rule, row, seen, max(now, row.base_at))
    match found:
        case PlannedMessage():
            message = Draft.of(draft(setup, rule, row, found, None, now))
            seen = replace(seen, parts={message.id: [row]})
            return foretell_message(setup, message, seen, now)
        case PlannedHandoff():
            return _foretell_handoff(setup, rule, found, seen, waits, now)
        case Later(at=at):
            verdict = waits[-1]
        case Ended(reason=ended):
            at, verdict = max(now, row.base_at), stop(ended)
    step = rule.step(found.walker.step)
    return Foretold(
        step.id if step else "", at, at, verdict, verdict.reason, waits=tuple(waits[:-1])
    )


def _foretell_handoff(
    setup: Setup,
    rule: Rule,
    found: PlannedHandoff,
    seen: Seen,
    waits: Sequence[Verdict],
    now: datetime,
) -> Foretold:
    assert found.step.handoff is not None
    at = max(now, found.opens_at)
    verdict = judge_handoff(setup, rule, found, seen.pauses, seen.stale, at)
    return Foretold(
        step=found.step.id,
        planned_for=found.opens_at,
        at=at,
        verdict=verdict,
        reason=verdict.reason,
        waits=tuple(waits),
        team=found.step.handoff.team,
        title=word_handoff(setup, rule, found, at).title,
    )


def foretell_message(setup: Setup, message: Draft, seen: Seen, now: datetime) -> Foretold:
    """Say how a planned or held message would fare."""
    at = max(now, message.due_at)
    gates = look_through(circumstances(setup, message, seen), now, at)
    return replace(_fare(setup, message, seen, now), gates=gates, asked_at=at)


def _fare(setup: Setup, message: Draft, seen: Seen, now: datetime) -> Foretold:
    if message.state == MessageState.HELD.value:
        verdict = hold(Reason(message.reason), message.said or "")
        return _told(message, max(now, message.due_at), verdict, [], verdict.reason)
    waits: list[Verdict] = []
    at = max(now, message.due_at)
    judged = judge(circumstances(setup, message, seen), at)
    while judged.verdict.until and judged.verdict.until > at and len(waits) < MOST_WAITS:
        waits.append(judged.verdict)
        at = judged.verdict.until
        judged = judge(circumstances(setup, message, seen), at)
    if message.due_at > now:
        reason = Reason(message.reason)
    else:
        reason = (waits[0] if waits else judged.verdict).reason
    told = _told(message, at, judged.verdict, waits, reason)
    channel = judged.channel or told.channel
    return replace(told, channel=channel, rendered=judged.rendered, offered=judged.offered)


def _plan(
    setup: Setup, rule: Rule, row: Walking, seen: Seen, at: datetime
) -> tuple[Plan, list[Verdict]]:
    """Plan an enrollment, its plain waits behind it; stop at a date that is not known."""
    recipient = seen.known.people.get(row.customer_id or "")
    takers = setup.ruleset.over(rule.name)
    walker = seen.known.walker(row)
    if recipient is None:  # planning waits for customers who may come: as things are, nobody is
        return Ended(walker, Reason.NO_CUSTOMER), []
    found = plan(rule, walker, recipient, takers, at)
    waits: list[Verdict] = []
    while isinstance(found, Later) and len(waits) < MOST_WAITS:
        missing = _missing_date(rule, found)
        waits.append(wait(Reason.MATCHED, found.at, f"until {missing} is known" if missing else ""))
        if missing:
            break
        found = plan(rule, found.walker, recipient, takers, found.at)
    return found, waits


def _missing_date(rule: Rule, found: Later) -> str:
    """Return the field whose date a step waits for, empty when it has one."""
    step, facts = rule.step(found.walker.step), found.walker.subject.facts
    if step is None or step.wait is None or facts is None:
        return ""
    field = step.wait.after or step.wait.until
    return field.path if field is not None and facts.get(field) is None else ""


def _told(
    message: Draft, at: datetime, verdict: Verdict, waits: Sequence[Verdict], reason: Reason
) -> Foretold:
    return Foretold(
        step=message.step,
        planned_for=message.planned_for,
        at=at,
        verdict=verdict,
        reason=reason,
        waits=tuple(waits),
        template=message.template,
        channel=Channel(message.channel),
    )
