"""The plan pass: enrollments become messages with a due time; a flood is held for a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from outreach.deciding.caps import exceeds
from outreach.deciding.planning import Ended, Later, Plan, PlannedMessage, Walker, plan
from outreach.model import MessageState, Mode, Reason
from outreach.passes.drafting import Collectors, draft, draft_part
from outreach.passes.known import read_known
from outreach.passes.setup import Setup
from outreach.rules.document import Rule
from outreach.rules.limits import Rate
from outreach.store import planning
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
        new = planning.new_matches(connection, now)
        batches = {
            name: planning.new_batch(connection, name, Reason.OVER_HOLD_LIMIT, said, now)
            for name, said in floods(connection, setup, new, now)
        }
    while True:
        with setup.store.write() as connection:
            rows = planning.due_enrollments(connection, now, CHUNK, lock=True)
            if not rows:
                return report
            _plan_chunk(connection, setup, rows, batches, report, now)


def floods(
    connection: Connection, setup: Setup, new: Mapping[str, Sequence[datetime]], now: datetime
) -> Iterator[tuple[str, str]]:
    """Yield the rules of which too much matched at once, and how much that is.

    `new` has for each rule when its enrollments matched that are now planned for the first time.
    """
    rules = {rule.name: rule for rule in setup.ruleset if rule.mode is Mode.LIVE}
    live = {name: times for name, times in new.items() if name in rules}
    everywhere = _exceeds(connection, setup.hold_above, live, list(rules), now)
    for name, times in live.items():
        own = rules[name].limits.hold_above
        if everywhere:
            yield name, f"{len(times)} at once, all rules together above {setup.hold_above}"
        elif _exceeds(connection, own, {name: times}, [name], now):
            yield name, f"{len(times)} at once, above {own}"


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
    return exceeds(rate, planning.earlier_matches(connection, rules, since, now), times)


def _plan_chunk(
    connection: Connection,
    setup: Setup,
    rows: Sequence[Record],
    batches: Mapping[str, str],
    report: PlanReport,
    now: datetime,
) -> None:
    plans = list(_plans(connection, setup, rows, now))
    collecting = {rule.name for rule in setup.ruleset if rule.combine_within is not None}
    customers = {row.customer_id for row in rows if row.rule in collecting and row.customer_id}
    waiting = planning.open_collectors(connection, collecting, customers)
    collectors = Collectors(row._asdict() for row in waiting)
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
                message = collectors.joined(rule, row.customer_id, found)
                if message is None:
                    message = draft(setup, rule, row, found, batches.get(rule.name), now)
                    messages.append(message)
                    collectors.open(rule, message)
                parts.append(draft_part(message["id"], row))
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
    known = read_known(connection, setup, rows, now)
    for row in rows:
        rule = setup.ruleset.get(row.rule)
        if rule is None:
            end_enrollments(connection, [row.id], Reason.RULE_REMOVED, now)
            continue
        recipient = known.people.get(row.customer_id)
        takers = setup.ruleset.over(rule.name)
        yield row, rule, plan(rule, known.walker(row), recipient, takers, now)


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
