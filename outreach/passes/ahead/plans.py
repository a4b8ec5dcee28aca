"""Planning in a look ahead: the next message of each enrollment that has come to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from outreach.deciding.planning import (
    Ended,
    Later,
    Plan,
    PlannedHandoff,
    PlannedMessage,
    next_place,
    plan,
)
from outreach.deciding.verdicts import stop
from outreach.model import Reason
from outreach.passes.ahead.foreseen import Walking, moved
from outreach.passes.ahead.handoffs import give
from outreach.passes.ahead.outlook import Draft
from outreach.passes.ahead.scene import Scene
from outreach.passes.drafting import draft, is_opening
from outreach.passes.flooding import Flood
from outreach.rules.document import Rule
from outreach.store import planning


def plan_all(scene: Scene, numbers: Iterable[int], at: datetime) -> None:
    """Plan enrollments as one plan pass does."""
    rows = [scene.walking[n] for n in numbers if n in scene.walking]
    flooded = scene.gauge.floods(rows)
    plans = list(_plans(scene, rows, at))
    ids = [_id(row, found) for row, _, found in plans if isinstance(found, PlannedMessage)]
    written = planning.known_messages(scene.connection, ids)
    for row, rule, found in plans:
        match found:
            case PlannedMessage(walker=walker) if _id(row, found) in written:
                place = next_place(rule, walker.step, walker.repetition, skipped=False)
                past = moved(row, *place, found.planned_for)
                scene.walk(past, max(found.planned_for, at), found.planned_for)
            case PlannedMessage():
                _planned(scene, row, rule, found, flooded, at)
            case PlannedHandoff():
                give(scene, row, rule, found, at)
            case Later(walker=walker, at=later, is_known=True):
                here = moved(row, walker.step, walker.repetition, walker.subject.base_at)
                scene.walk(here, later, later)
            case Ended(reason=Reason.FINISHED):
                del scene.walking[row.id]
            case Ended(reason=reason):
                scene.end(row)
                scene.tell_unplanned(rule, row, stop(reason))


def _plans(
    scene: Scene, rows: Iterable[Walking], at: datetime
) -> Iterator[tuple[Walking, Rule, Plan]]:
    known, ruleset = scene.supposed.seen.known, scene.setup.ruleset
    for row in rows:
        rule, recipient = ruleset.get(row.rule), known.people.get(row.customer_id or "")
        walker = known.walker(row)
        if rule is None:
            scene.end(row)
        elif recipient is None:  # planning waits for them: as things are, nobody comes
            yield row, rule, Ended(walker, Reason.NO_CUSTOMER)
        else:
            yield row, rule, plan(rule, walker, recipient, ruleset.over(rule.name), at)


def _planned(
    scene: Scene,
    row: Walking,
    rule: Rule,
    found: PlannedMessage,
    flooded: Mapping[str, Flood],
    at: datetime,
) -> None:
    """Let a new message wait, or let its subject join one that collects."""
    walker = found.walker
    here = moved(row, walker.step, walker.repetition, walker.subject.base_at)
    joined = scene.collectors.joined(rule, row.customer_id or "", found)
    if joined is not None:
        scene.parts[joined].append(here)
        scene.join(here, joined)
        return
    flood = flooded.get(rule.name)
    is_part = flood is not None and flood.holds(row.known_from) and is_opening(rule, walker)
    said = flood.said if flood is not None and is_part else None
    columns = draft(scene.setup, rule, row, found, said, at)
    if rule.combine_within is not None:
        scene.collectors.open(columns)
    scene.wait(Draft.of({**columns, "said": said}), [here], at)


def _id(row: Walking, found: PlannedMessage) -> str:
    return planning.id_of(row, found.step.id, found.walker.repetition)
