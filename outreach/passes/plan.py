"""The plan pass: enrollments become messages with a due time, or tasks when their time has come.

A flood of messages is held for a person.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection

from outreach.deciding.approving import group_of, needs_approval
from outreach.deciding.planning import (
    Ended,
    Later,
    Plan,
    PlannedHandoff,
    PlannedMessage,
    Walker,
    next_place,
    plan,
)
from outreach.model import MessageState, Mode, Reason
from outreach.passes.drafting import Collectors, draft, draft_part, is_opening
from outreach.passes.ending_suspended import end_suspended
from outreach.passes.flooding import Flood, floods
from outreach.passes.handing_off import Handing, hand_off
from outreach.passes.known import read_known
from outreach.passes.next_channel import fall_back
from outreach.passes.progress import stand
from outreach.passes.reserving import reserve
from outreach.passes.setup import Setup
from outreach.rules.document import Rule
from outreach.store import planning
from outreach.store.pending import ANYTHING, Pending
from outreach.store.queue import lock_customers
from outreach.store.rulesets import is_renamed_since, newest_version
from outreach.store.states import end_enrollments, put_in_shadow
from outreach.store.types import Record
from outreach.timing.instants import MICROSECOND

#: enrollments planned in one transaction
CHUNK = 500


@dataclass
class PlanReport:
    """What one plan pass did, in messages, tasks and enrollments."""

    planned: int = 0
    held: int = 0
    handed_off: int = 0
    #: of these, by rule, how many are part of a flood: their teams are not told one by one
    untold: dict[str, int] = field(default_factory=dict)
    ended: dict[Reason, int] = field(default_factory=dict)

    def note_given(self, given: Iterable[Handing]) -> None:
        """Count tasks that were given."""
        for each in given:
            self.handed_off += 1
            if each.is_flood:
                self.untold[each.rule.name] = self.untold.get(each.rule.name, 0) + 1


def plan_due(setup: Setup, *, now: datetime, pending: Pending = ANYTHING) -> PlanReport:
    """Plan the next message of every enrollment whose turn it is.

    What is enrolled while it runs is left to the next pass: it was not looked at for a flood.
    Messages that did not arrive come first, if any are `pending`: their rules go on from them.
    """
    if pending.suspended:
        end_suspended(setup, now=now)
    report = PlanReport(planned=fall_back(setup, now=now) if pending.undelivered else 0)
    with setup.store.read() as connection:
        if not planning.is_any_due(connection, now):
            return report  # as mostly: nobody shall wait for a lock
        newest = planning.newest_enrollment(connection)
        version = newest_version(connection)
        new = planning.new_matches(connection, now, upto=newest)
        earlier = partial(planning.earlier_matches, connection, now=now)
        flooded = _Flooded(dict(floods(setup, new, earlier)), now)
    while True:
        with setup.store.write() as connection:
            rows = _take(connection, setup, newest, now)
            # an edit that was applied meanwhile moved enrollments: the next pass has its rules
            if not rows or newest_version(connection) != version:
                return report
            if is_renamed_since(connection, setup.ruleset.version):
                return report
            _plan_chunk(connection, setup, rows, flooded, report, now)


@dataclass
class _Flooded:
    """The rules whose new messages are held, and the batches opened for them, when needed."""

    floods: Mapping[str, Flood]
    now: datetime
    _batches: dict[str, str] = field(default_factory=dict)

    def is_part(self, rule: Rule, walker: Walker) -> bool:
        """Whether an enrollment that has come to its first step is part of a flood."""
        flood = self.floods.get(rule.name)
        return flood is not None and flood.holds(walker.known_from) and walker.step == 0

    def hold(
        self, connection: Connection, rule: Rule, found: PlannedMessage
    ) -> tuple[str | None, Reason]:
        """Return in which batch a new message is held, None when nobody is asked, and why."""
        walker, why = found.walker, Reason.AWAITING_APPROVAL
        # before a flood: whoever approves a group has its number before them
        if walker.mode is Mode.LIVE and needs_approval(rule, found.step, walker.repetition):
            group = group_of(rule, walker.subject.facts)
            return planning.open_batch(connection, rule.name, why, group, self.now), why
        return self._batch(connection, rule, walker), Reason.OVER_HOLD_LIMIT

    def _batch(self, connection: Connection, rule: Rule, walker: Walker) -> str | None:
        """Return the batch in which a message is held, None when it is no part of a flood."""
        flood = self.floods.get(rule.name)
        if flood is None or not flood.holds(walker.known_from) or not is_opening(rule, walker):
            return None
        if rule.name not in self._batches:
            batch = planning.new_batch(
                connection, rule.name, Reason.OVER_HOLD_LIMIT, flood.said, self.now
            )
            self._batches[rule.name] = batch
        return self._batches[rule.name]


def _take(connection: Connection, setup: Setup, newest: int, now: datetime) -> Sequence[Record]:
    """Return enrollments that are ours to plan.

    First come the customers of those that may join a message: it must not be claimed meanwhile.
    """
    rows = planning.due_enrollments(connection, now, CHUNK, upto=newest)
    collecting = _collecting(setup)
    lock_customers(
        connection, {r.customer_id for r in rows if r.customer_id and r.rule in collecting}
    )
    return planning.lock_enrollments(connection, rows, now)


def _collecting(setup: Setup) -> set[str]:
    return {rule.name for rule in setup.ruleset if rule.combine_within is not None}


def _plan_chunk(
    connection: Connection,
    setup: Setup,
    rows: Sequence[Record],
    flooded: _Flooded,
    report: PlanReport,
    now: datetime,
) -> None:
    plans = list(_plans(connection, setup, rows, now))
    written = _written(connection, plans)
    collecting = _collecting(setup)
    customers = {row.customer_id for row in rows if row.rule in collecting and row.customer_id}
    waiting = planning.open_collectors(connection, collecting, customers)
    collectors = Collectors(row._asdict() for row in waiting)
    handing: list[Handing] = []
    messages: list[dict[str, Any]] = []
    parts: list[dict[str, Any]] = []
    offering: list[tuple[dict[str, Any], PlannedMessage]] = []
    put_in_shadow(
        connection, [row.id for row, _, found in plans if found.walker.mode.value != row.mode]
    )
    _end(connection, plans, report, now)
    for row, rule, found in plans:
        match found:
            case Ended():
                pass
            case Later(walker=walker, at=at):
                stand(connection, row, walker, max(at, now + MICROSECOND))
            case PlannedHandoff(walker=walker, opens_at=at) if at > now:
                stand(connection, row, walker, at)
            case PlannedHandoff():
                is_flood = flooded.is_part(rule, found.walker)
                handing.append(Handing(row, rule, found, is_flood=is_flood))
            case PlannedMessage() if _id(row, found) in written:
                _pass_by(connection, rule, row, found)
            case PlannedMessage(walker=walker):
                message = collectors.joined(rule, row.customer_id, found)
                if message is None:
                    batch, why = flooded.hold(connection, rule, found)
                    messages.append(draft(setup, rule, row, found, batch, now, why_held=why))
                    collectors.open(messages[-1])
                    offering.append((messages[-1], found))
                parts.append(draft_part(message or messages[-1]["id"], row))
                if (walker.step, walker.repetition) != (row.step, row.repetition):
                    stand(connection, row, walker, None)
    report.note_given(hand_off(connection, setup, handing, now))
    reserve(connection, setup, offering, now)
    planning.write_messages(connection, messages, now)
    planning.attach_subjects(connection, parts)
    planning.stop_planning(connection, [part["enrollment_id"] for part in parts])
    held = sum(message["state"] == MessageState.HELD.value for message in messages)
    report.held += held
    report.planned += len(messages) - held


def _end(
    connection: Connection,
    plans: Iterable[tuple[Record, Rule, Plan]],
    report: PlanReport,
    now: datetime,
) -> None:
    """End the enrollments that have nothing more to plan, those of one reason at once."""
    ended: dict[Reason, list[int]] = defaultdict(list)
    for row, _, found in plans:
        if isinstance(found, Ended):
            ended[found.reason].append(row.id)
    for reason, enrollments in ended.items():
        end_enrollments(connection, enrollments, reason, now)
        report.ended[reason] = report.ended.get(reason, 0) + len(enrollments)


def _plans(
    connection: Connection, setup: Setup, rows: Sequence[Record], now: datetime
) -> Iterator[tuple[Record, Rule, Plan]]:
    known = read_known(connection, setup, rows, now)
    for row in rows:
        rule = setup.ruleset.get(row.rule)
        if rule is None:
            end_enrollments(connection, [row.id], Reason.RULE_REMOVED, now)
            continue
        recipient = known.people.get(row.customer_id)
        takers = setup.ruleset.over(rule.name)
        yield row, rule, plan(rule, known.walker(row), recipient, takers, now)


def _id(row: Record, found: PlannedMessage) -> str:
    return planning.id_of(row, found.step.id, found.walker.repetition)


def _written(connection: Connection, plans: Sequence[tuple[Record, Rule, Plan]]) -> set[str]:
    """Return the messages that were written before: somebody edited the rule's steps since."""
    ids = [_id(row, found) for row, _, found in plans if isinstance(found, PlannedMessage)]
    return planning.known_messages(connection, ids)


def _pass_by(connection: Connection, rule: Rule, row: Record, found: PlannedMessage) -> None:
    """Let an enrollment go on from a step whose message it has had already."""
    walker = found.walker
    step, repetition = next_place(rule, walker.step, walker.repetition, skipped=False)
    subject = replace(walker.subject, base_at=found.planned_for)
    walker = replace(walker, subject=subject, step=step, repetition=repetition)
    stand(connection, row, walker, found.planned_for)
