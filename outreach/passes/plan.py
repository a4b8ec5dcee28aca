"""The plan pass: enrollments become messages with a due time; a flood is held for a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from outreach.deciding.gates import Subject
from outreach.deciding.planning import Ended, Later, Plan, PlannedMessage, Walker, exceeds, plan
from outreach.deciding.recipients import Recipient
from outreach.model import Kind, MessageState, Mode, Reason, SubjectRef
from outreach.passes.setup import Setup
from outreach.rules.document import Rule
from outreach.rules.limits import Rate
from outreach.store import planning
from outreach.store.facts import read_events, read_facts
from outreach.store.states import end_enrollments, move_enrollment
from outreach.store.types import Record
from outreach.timing.instants import MICROSECOND

#: enrollments planned in one transaction
CHUNK = 500


@dataclass
class PlanReport:
    """What one plan pass did, in messages and enrollments."""

    planned: int = 0
    held: int = 0
    ended: dict[Reason, int] = field(default_factory=dict)


def plan_due(setup: Setup, *, now: datetime) -> PlanReport:
    """Plan the next message of every enrollment whose turn it is."""
    report = PlanReport()
    with setup.store.write() as connection:
        batches = dict(_floods(connection, setup, now))
    while True:
        with setup.store.write() as connection:
            rows = planning.due_enrollments(connection, now, CHUNK)
            if not rows:
                return report
            _plan_chunk(connection, setup, rows, batches, report, now)


def _floods(connection: Connection, setup: Setup, now: datetime) -> Iterator[tuple[str, str]]:
    """Yield the rules of which too much matched at once, each with a new batch to hold it."""
    new = planning.new_matches(connection, now)
    rules = {rule.name: rule for rule in setup.ruleset if rule.mode is Mode.LIVE}
    live = {name: times for name, times in new.items() if name in rules}
    everywhere = _exceeds(connection, setup.hold_above, live, list(rules), now)
    for name, times in live.items():
        own = rules[name].limits.hold_above
        if everywhere:
            said = f"{len(times)} at once, all rules together above {setup.hold_above}"
        elif _exceeds(connection, own, {name: times}, [name], now):
            said = f"{len(times)} at once, above {own}"
        else:
            continue
        yield name, planning.new_batch(connection, name, Reason.OVER_HOLD_LIMIT, said, now)


def _exceeds(
    connection: Connection,
    rate: Rate | None,
    new: Mapping[str, Sequence[datetime]],
    rules: Sequence[str],
    now: datetime,
) -> bool:
    times = [at for matched in new.values() for at in matched]
    if rate is None or not times:
        return False
    since = min(times) - rate.per.fixed
    earlier = planning.earlier_matches(connection, rules, since, now)
    return exceeds(rate, earlier, times)


def _plan_chunk(
    connection: Connection,
    setup: Setup,
    rows: Sequence[Record],
    batches: Mapping[str, str],
    report: PlanReport,
    now: datetime,
) -> None:
    plans = list(_plans(connection, setup, rows, now))
    collectors = _Collectors(connection, setup, rows)
    messages: list[dict[str, Any]] = []
    parts: list[dict[str, Any]] = []
    for row, rule, found in plans:
        match found:
            case Ended(reason=reason):
                end_enrollments(connection, [row.id], reason, now)
                report.ended[reason] = report.ended.get(reason, 0) + 1
            case Later(walker=walker, at=at):
                move_enrollment(
                    connection,
                    row.id,
                    step=walker.step,
                    repetition=walker.repetition,
                    base_at=walker.subject.base_at,
                    plan_at=max(at, now + MICROSECOND),
                )
            case PlannedMessage():
                message = collectors.joined(rule, row, found)
                if message is None:
                    message = _message(setup, rule, row, found, batches.get(rule.name), now)
                    messages.append(message)
                    collectors.open(rule, row, message)
                parts.append(_part(message["id"], row))
                _keep_place(connection, row, found.walker)
    planning.write_messages(connection, messages, now)
    planning.attach_subjects(connection, parts)
    planning.stop_planning(connection, [part["enrollment_id"] for part in parts])
    held = sum(message["state"] == MessageState.HELD.value for message in messages)
    report.held += held
    report.planned += len(messages) - held


def _plans(
    connection: Connection, setup: Setup, rows: Sequence[Record], now: datetime
) -> Iterator[tuple[Record, Rule, Plan]]:
    refs = [SubjectRef(Kind(row.kind), row.subject_id) for row in rows]
    facts = read_facts(connection, setup.catalogue, refs)
    events = read_events(connection, [row.id for row in rows])
    enrolled = planning.enrolled_rules(connection, refs)
    people = setup.recipients.read(connection, {row.customer_id for row in rows}, now)
    for row, ref in zip(rows, refs, strict=True):
        rule = setup.ruleset.get(row.rule)
        subject = Subject(
            ref, row.id, row.matched_at, row.base_at, facts.get(ref), enrolled.get(ref, frozenset())
        )
        subject = with_events(subject, events)
        walker = Walker(subject, row.step, row.repetition, Mode(row.mode))
        if rule is None:
            end_enrollments(connection, [row.id], Reason.RULE_REMOVED, now)
            continue
        recipient: Recipient | None = people.get(row.customer_id)
        yield row, rule, plan(rule, walker, recipient, setup.ruleset.over(rule.name), now)


def with_events(subject: Subject, events: Mapping[int, tuple[Any, ...]]) -> Subject:
    """Return the subject with what became of its enrollment's earlier steps among its facts."""
    happened = events.get(subject.enrollment_id)
    if not happened or subject.facts is None:
        return subject
    return replace(subject, facts=replace(subject.facts, events=happened))


def _keep_place(connection: Connection, row: Record, walker: Walker) -> None:
    """Write down how far waits without a message have taken the enrollment."""
    if (walker.step, walker.repetition) != (row.step, row.repetition):
        move_enrollment(
            connection,
            row.id,
            step=walker.step,
            repetition=walker.repetition,
            base_at=walker.subject.base_at,
            plan_at=None,
        )


def _message(
    setup: Setup,
    rule: Rule,
    row: Record,
    found: PlannedMessage,
    batch: str | None,
    now: datetime,
) -> dict[str, Any]:
    walker = found.walker
    is_first = (walker.step, walker.repetition) == (0, 1)
    held = batch if is_first and walker.mode is Mode.LIVE else None
    return {
        "id": planning.message_id(row.rule, row.key, found.step.id, walker.repetition),
        "rule": row.rule,
        "rule_version": setup.ruleset.version,
        "step": found.step.id,
        "repetition": walker.repetition,
        "customer_id": row.customer_id,
        "channel": found.channel.value,
        "channel_number": 0,
        "purpose": rule.purpose.value,
        "template": found.step.template,
        "locale": "",
        "mode": walker.mode.value,
        "state": (MessageState.HELD if held else MessageState.PLANNED).value,
        "reason": (Reason.OVER_HOLD_LIMIT if held else found.reason).value,
        "matched_at": row.matched_at,
        "planned_for": found.planned_for,
        "due_at": found.planned_for,
        "expires_at": found.expires_at,
        "planned_at": now,
        "batch": held,
        "approved": False,
        "tries": 0,
        "segments": 0,
    }


def _part(message_id: str, row: Record) -> dict[str, Any]:
    return {
        "message_id": message_id,
        "enrollment_id": row.id,
        "kind": row.kind,
        "subject_id": row.subject_id,
    }


class _Collectors:
    """Messages that still collect subjects of their customer (`combine_within`)."""

    def __init__(self, connection: Connection, setup: Setup, rows: Sequence[Record]) -> None:
        rules = {r.name for r in setup.ruleset if r.combine_within is not None}
        customers = {row.customer_id for row in rows if row.rule in rules and row.customer_id}
        self._open: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
        for found in planning.open_collectors(connection, rules, customers):
            self._add(found._asdict())

    def _add(self, message: dict[str, Any]) -> None:
        which = tuple(message[k] for k in ("rule", "step", "repetition", "customer_id", "mode"))
        self._open.setdefault(which, []).append(message)

    def open(self, rule: Rule, row: Record, message: dict[str, Any]) -> None:
        """Let a new message collect, if its rule combines."""
        if rule.combine_within is not None:
            self._add(message)

    def joined(self, rule: Rule, row: Record, found: PlannedMessage) -> dict[str, Any] | None:
        """Return the message this one becomes part of: due no later than it would be itself."""
        if rule.combine_within is None:
            return None
        walker = found.walker
        which = (rule.name, found.step.id, walker.repetition, row.customer_id, walker.mode.value)
        return next(
            (
                message
                for message in self._open.get(which, ())
                if found.collects_from <= message["planned_for"] <= found.planned_for
            ),
            None,
        )
