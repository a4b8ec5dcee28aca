"""Enrollments in a look ahead: they come to be, and `cancel_if` ends them."""

from __future__ import annotations

from datetime import datetime

from outreach.deciding.rechecking import first_true, said
from outreach.deciding.verdicts import stop
from outreach.model import Reason
from outreach.passes.ahead.agenda import Phase
from outreach.passes.ahead.foreseen import Walking
from outreach.passes.ahead.outlook import Outcome
from outreach.passes.ahead.scene import Scene
from outreach.timing.instants import MICROSECOND


def enrol(scene: Scene, row: Walking, at: datetime) -> None:
    """Let an enrollment come to be, unless what we sent meanwhile keeps it from matching."""
    rule = scene.rule(row)
    assert rule is not None
    # what passes find now has come true already, and may not be true any more
    if at > scene.now and not scene.following.still_matches(rule, row, at):
        scene.expect(scene.following.after(rule, row, at))
        return
    scene.supposed.enrolled(row)
    scene.walk(row, at, row.matched_at)
    watch(scene, row, at)


def watch(scene: Scene, row: Walking, at: datetime) -> None:
    """Look for the first instant from which on `cancel_if` ends an enrollment."""
    rule, facts = scene.rule(row), scene.supposed.facts(row)
    if rule is None or facts is None or not rule.cancel_if:
        return
    scene.watched[facts.subject].add(row.id)
    starts = [condition.spans(facts).first_from(at) for condition in rule.cancel_if]
    if row.id in scene.met:
        starts.append(at)
    if start := min(filter(None, starts), default=None):
        scene.agenda.add(start, Phase.CANCEL, row.id)


def cancel(scene: Scene, number: int, at: datetime) -> None:
    """End an enrollment of which a `cancel_if` is true, and the message it speaks in."""
    row = scene.walking.get(number)
    facts = scene.supposed.facts(row) if row else None
    if row is None or facts is None:
        return
    rule = scene.rule(row)
    assert rule is not None
    true_now = first_true(rule.cancel_if, facts, at) or scene.met.get(number)
    if true_now is None:  # something we sent has changed it
        watch(scene, row, at + MICROSECOND)
        return
    verdict = stop(Reason.CANCELLED_BY_RULE, said(true_now))
    message = scene.waiting.get(scene.speaks_in.get(number, ""))
    scene.end(row)
    if message is None:
        scene.tell_unplanned(rule, row, verdict)
    elif len(scene.parts[message.id]) > 1:
        scene.leave_out(message, row, verdict)
    else:
        scene.leave(message)
        scene.tell(message, [row], Outcome.SKIPPED, verdict=verdict)
