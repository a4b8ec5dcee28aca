"""Messages in a look ahead: they are judged when they are due, and their enrollments go on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from outreach.deciding.circumstances import Judged
from outreach.deciding.gates import judge
from outreach.deciding.planning import next_place
from outreach.deciding.verdicts import Decision, stop
from outreach.model import MessageState, Reason
from outreach.passes.ahead.enrollments import watch
from outreach.passes.ahead.foreseen import Walking, moved
from outreach.passes.ahead.outlook import Draft, Outcome, outcome_of
from outreach.passes.ahead.scene import Scene
from outreach.passes.drafting import postponed
from outreach.passes.judging import circumstances, settle_coupon
from outreach.passes.progress import goes_on


def claim(scene: Scene, ids: Iterable[str], at: datetime) -> None:
    """Judge what is due as one claim does: of each customer only the first message."""
    first: dict[str, Draft] = {}
    for message in filter(None, map(scene.waiting.get, ids)):
        if message.customer_id in first:
            scene.look_again(message, at)
        else:
            first[message.customer_id] = message
    for message in first.values():
        _judge(scene, message, at)


def expire(scene: Scene, number: str, at: datetime) -> None:
    """Let go of a held message; it is told as held if somebody can still approve it."""
    message = scene.waiting.get(number)
    if message is None:
        return
    rows = scene.parts[number]
    scene.leave(message)
    if message.expires_at > scene.now:
        scene.tell(message, rows, Outcome.HELD)
    else:
        scene.tell(message, rows, Outcome.SKIPPED, verdict=stop(Reason.EXPIRED))
    for row in rows:
        _go_on(scene, row, message, Reason.EXPIRED, at)


def tell_waiting(scene: Scene) -> None:
    """Tell of the messages that still wait when the look ahead ends."""
    for message in scene.waiting.values():
        is_held = message.state == MessageState.HELD.value
        outcome = Outcome.HELD if is_held else Outcome.WAITING
        scene.tell(message, scene.parts[message.id], outcome)


def _judge(scene: Scene, message: Draft, at: datetime) -> None:
    """Ask the gates, and let happen what they say."""
    asked = circumstances(scene.setup, message, scene.supposed.seen)
    judged = judge(asked, at)
    judged.verdict = scene.caps.ask(judged, at)
    settle_coupon(scene.supposed.seen.purse, message, judged, at)
    verdict, rows = judged.verdict, {row.id: row for row in scene.parts[message.id]}
    message.reason, message.said = verdict.reason.value, verdict.note
    left_out = [(rows[subject.enrollment_id], why) for subject, why in judged.dropped]
    if verdict.decision is not Decision.STOP:
        for row, why in left_out:
            scene.leave_out(message, row, why)
    match verdict.decision:
        case Decision.WAIT:
            for name, value in postponed(asked, verdict).items():
                setattr(message, name, value)
            scene.collectors.move(message.id, message.planned_for)
            scene.look_again(message, at)
        case Decision.HOLD:
            message.state = MessageState.HELD.value
            scene.hold(message, at)
        case _:
            _finish(scene, message, judged, [rows[s.enrollment_id] for s in judged.subjects], at)
    for row, why in left_out:
        _go_on(scene, row, message, why.reason, at)


def _finish(
    scene: Scene, message: Draft, judged: Judged, going: list[Walking], at: datetime
) -> None:
    """Let a message be sent, or not at all."""
    verdict = judged.verdict
    scene.leave(message)
    message.due_at = at
    scene.tell(message, scene.parts[message.id], outcome_of(verdict), judged=judged)
    if verdict.decision is Decision.GO:
        _sent(scene, message, going, at)
    reason = Reason.SENT if verdict.decision is Decision.GO else verdict.reason
    for row in going:
        _go_on(scene, row, message, reason, at)


def _sent(scene: Scene, message: Draft, rows: Iterable[Walking], at: datetime) -> None:
    """Let the data know that a message went out, and what comes of that."""
    changed = scene.supposed.sent(message, rows, at)
    for number in {number for ref in changed for number in scene.watched.get(ref, ())}:
        if number in scene.walking:
            watch(scene, scene.walking[number], at)
    scene.expect(scene.following.on_send(changed, at))


def _go_on(scene: Scene, row: Walking, message: Draft, reason: Reason, at: datetime) -> None:
    """Let an enrollment go on from a message that came to its end, or end with it.

    One whose next message waits already goes on from that one.
    """
    rule = scene.setup.ruleset.get(message.rule)
    if rule is None or not goes_on(message, reason):
        scene.end(row)
        return
    if scene.speaks_in.get(row.id, message.id) != message.id:
        return
    is_skipped = reason is Reason.STEP_SKIPPED
    step, repetition = next_place(rule, row.step, row.repetition, skipped=is_skipped)
    if rule.step(step) is None:
        scene.walking.pop(row.id, None)
        return
    base_at = message.planned_for
    scene.walk(moved(row, step, repetition, base_at), max(base_at, at), base_at)
