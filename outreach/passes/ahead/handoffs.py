"""Tasks in a look ahead: they are given when their time comes, and their enrollments go on."""

from __future__ import annotations

from datetime import datetime

from outreach.deciding.planning import PlannedHandoff, next_place
from outreach.deciding.recipients import WithPerson
from outreach.deciding.verdicts import Decision, Verdict
from outreach.model import MessageState, Reason
from outreach.passes.ahead.foreseen import Walking, moved
from outreach.passes.ahead.outlook import Outcome, PreviewMessage, tell_handoff
from outreach.passes.ahead.scene import Scene
from outreach.passes.handing_off import judge_handoff, word_handoff
from outreach.passes.progress import GOES_ON
from outreach.rules.document import Rule
from outreach.store import planning
from outreach.store.handoffs import known_handoffs

#: the number of a task that nobody was given yet
FORESEEN = 0


def give(scene: Scene, row: Walking, rule: Rule, found: PlannedHandoff, at: datetime) -> None:
    """Let a task be given, or wait; one that was given before an edit is passed by."""
    here = moved(row, found.walker.step, found.walker.repetition, found.walker.subject.base_at)
    if found.opens_at > at:
        scene.walk(here, found.opens_at, found.opens_at)
        return
    key = planning.id_of(row, found.step.id, found.walker.repetition)
    if known_handoffs(scene.connection, [key]):
        _go_on(scene, here, rule, found, at)
        return
    seen = scene.supposed.seen
    verdict = judge_handoff(scene.setup, rule, found, seen.pauses, seen.stale, at)
    scene.told.append(_told(scene, here, rule, found, verdict, at))
    if verdict.decision is Decision.WAIT:
        scene.walking.pop(row.id, None)
    elif verdict.decision is Decision.GO or verdict.reason in GOES_ON:
        _silence(scene, rule, found, verdict, at)
        _go_on(scene, here, rule, found, at)
    else:
        scene.end(row)


def _told(
    scene: Scene, row: Walking, rule: Rule, found: PlannedHandoff, verdict: Verdict, at: datetime
) -> PreviewMessage:
    outcome = {
        Decision.GO: Outcome.HANDOFF,
        Decision.WAIT: Outcome.WAITING,
    }.get(verdict.decision, Outcome.SKIPPED)
    if verdict.reason is Reason.SHADOW:
        outcome = Outcome.SHADOW
    title = word_handoff(scene.setup, rule, found, at).title
    state = MessageState.PLANNED if verdict.decision is Decision.GO else verdict.state
    return tell_handoff(rule, row, found, outcome, verdict, state=state, title=title, at=at)


def _silence(
    scene: Scene, rule: Rule, found: PlannedHandoff, verdict: Verdict, at: datetime
) -> None:
    """Let the gates know that a person looks after the customer from now on."""
    assert found.step.handoff is not None
    until = found.step.handoff.stop_until(at, scene.setup.zone)
    if verdict.decision is Decision.GO and until is not None:
        scene.supposed.with_person(found.recipient.id, WithPerson(FORESEEN, rule.name, until))


def _go_on(scene: Scene, row: Walking, rule: Rule, found: PlannedHandoff, at: datetime) -> None:
    step, repetition = next_place(rule, row.step, row.repetition, skipped=False)
    if rule.step(step) is None:
        scene.walking.pop(row.id, None)
        return
    opened = found.opens_at
    scene.walk(moved(row, step, repetition, opened), max(opened, at), opened)
