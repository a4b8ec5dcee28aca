"""Reading the scene of a look ahead: what is planned, held and enrolled, and what would match."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from outreach.deciding.places import STEP_GONE, place_of, spoken_step
from outreach.deciding.verdicts import stop
from outreach.model import Reason
from outreach.passes.ahead.caps import Caps
from outreach.passes.ahead.enrollments import watch
from outreach.passes.ahead.following import Following
from outreach.passes.ahead.foreseen import Walking, foreseen, moved, standing
from outreach.passes.ahead.gauge import Gauge
from outreach.passes.ahead.outlook import Draft, Outcome, waiting_draft
from outreach.passes.ahead.scene import Scene
from outreach.passes.ahead.supposed import Supposed
from outreach.passes.judging import read_seen
from outreach.passes.meanwhile import foresee_met
from outreach.passes.next_channel import Fallback, to_follow
from outreach.passes.setup import Setup
from outreach.store import claiming, fallbacks, places, planning


def read_scene(
    connection: Connection,
    setup: Setup,
    now: datetime,
    until: datetime,
    rules: Collection[str] | None = None,
    customer: str | None = None,
) -> Scene:
    """Return the scene at `now`, with what is to come until then, of some rules or of one customer.

    The staging tables must be there.
    """

    def asked(row: Any) -> bool:
        return (not rules or row.rule in rules) and customer in (None, row.customer_id)

    messages = [row for row in planning.open_messages(connection) if asked(row)]
    about = claiming.subjects_of(connection, [row.id for row in messages])
    again = [each for each in _again(connection, setup, now) if asked(each.before)]
    waiting = {number for each in again for number in each.standing}
    due = [
        (row, at)
        for row, at in _due(connection, setup, until)
        if asked(row) and row.id not in waiting
    ]
    coming = [row for row in foreseen(connection, setup, now, until, rules) if asked(row)]
    alone = [*(row for row, _ in due), *(part for each in again for part in each.parts), *coming]
    subjects: dict[str, Sequence[Any]] = {**about, "": alone}
    seen = read_seen(connection, setup, [*messages, *alone], subjects, now)
    parts: dict[str, list[Walking]] = {}
    supposed = Supposed(replace(seen, parts=parts))
    following = Following(connection, setup, supposed, until, coming)
    gauge = Gauge(connection, setup, supposed, until)
    caps = Caps.read(connection, setup)
    scene = Scene(connection, setup, now, supposed, following, gauge, caps, parts=parts)
    for each in again:
        rows = [_back(setup, part, each) for part in each.parts]
        _take_over(scene, Draft.of(each.message), rows)
    # an enrollment goes on from its latest message: what is said once more comes first
    for message in sorted(messages, key=lambda row: -row.channel_number):
        rows = [standing(setup, part) for part in about[message.id]]
        _take_over(scene, waiting_draft(setup, message), rows)
    for row, plan_at in due:
        _stand(scene, standing(setup, row), plan_at)
    scene.met = foresee_met(connection, setup, [*scene.walking.values(), *coming], now)
    for walking in list(scene.walking.values()):
        watch(scene, walking, now)
    scene.expect(coming)
    return scene


def _again(connection: Connection, setup: Setup, now: datetime) -> list[Fallback]:
    """Return what the next plan pass would say on another channel."""
    return list(to_follow(connection, setup, fallbacks.undelivered(connection, now), now))


def _back(setup: Setup, part: Any, again: Fallback) -> Walking:
    """Return an enrollment where it waits for a message on the next channel."""
    row, place = standing(setup, part), place_of(setup.ruleset.get(part.rule), again.before.step)
    if part.id not in again.standing or place is None:
        return row
    return moved(row, place, again.before.repetition, row.base_at)


def _due(connection: Connection, setup: Setup, until: datetime) -> Iterator[tuple[Any, datetime]]:
    """Yield the enrollments planned until the end, and those an edit moves on, with when."""
    leaving = set()
    for rule, moves in setup.moves.items():
        for row in places.leaving(connection, rule, moves):
            leaving.add(row.id)
            yield row, row.base_at
    for row in planning.due_enrollments(connection, until):
        if row.id not in leaving:
            yield row, row.plan_at


def _take_over(scene: Scene, message: Draft, rows: list[Walking]) -> None:
    """Take over a message of the ledger; one whose step is gone ends when that is applied."""
    rule = scene.setup.ruleset.get(message.rule)
    if (
        scene.setup.applied is None
        or rule is None
        or spoken_step(rule, message.step, message.repetition)
    ):
        scene.wait(message, rows, scene.now)
        scene.collectors.open(vars(message))
        return
    verdict = stop(Reason.CANCELLED_BY_RULE_EDIT, STEP_GONE)
    scene.tell(message, rows, Outcome.SKIPPED, verdict=verdict)
    for row in rows:
        _stand(scene, row, row.base_at)


def _stand(scene: Scene, row: Walking, plan_at: datetime) -> None:
    """Let an enrollment of the ledger be planned, unless an edit left it nothing to do."""
    rule = scene.rule(row)
    if rule is None or rule.step(row.step):
        scene.walk(row, max(plan_at, scene.now), plan_at)
