"""Gates: may this message go out now?  Order matters; see GATES at the bottom.

The same gates run twice: planning and the preview ask them about the due time, to predict; the
send pass asks them about now, on fresh facts, in the transaction that claims the message.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from outreach.deciding.approving import group_of, needs_approval
from outreach.deciding.asking import in_time_to_ask, judge_asking, settled_itself
from outreach.deciding.caps import (
    judge_contact_policy,
    judge_cooldown,
    judge_customer_cap,
    judge_total,
)
from outreach.deciding.circumstances import Circumstances, Gate, Judged, Paused, Subject
from outreach.deciding.freshness import judge_freshness
from outreach.deciding.offering import Offered, offer_verdict
from outreach.deciding.rechecking import first_broken, first_true, said
from outreach.deciding.recipients import choose_channel
from outreach.deciding.shadowing import is_shadow, judge_canary, judge_shadow
from outreach.deciding.verdicts import GO, Decision, Verdict, hold, stop, wait
from outreach.deciding.waits import is_held_out, is_outside_canary, step_due
from outreach.errors import PromisePassed, RenderError
from outreach.model import Channel, Mode, Purpose, Reason
from outreach.rules.document import Rule
from outreach.rules.facts import Facts

#: a text needs so long at its provider before a window closes, or it waits for the next one
LEAST_TIME = timedelta(minutes=1)
#: how old the time may be that a send pass goes by, when it calls a provider
PASS_LASTS = timedelta(minutes=1)
#: how soon to look again for a channel that somebody may set up
NOT_SET_UP = timedelta(minutes=15)


def judge(seen: Circumstances, now: datetime, gates: Sequence[Gate] | None = None) -> Judged:
    """Ask the gates in order; the first that does not say GO decides."""
    judged = Judged(GO, seen.subjects)
    for gate in GATES if gates is None else gates:
        judged.verdict = gate(seen, judged, now)
        if judged.verdict.decision is not Decision.GO:
            break
    return judged


def in_rules(seen: Circumstances, judged: Judged, now: datetime) -> Verdict:
    if seen.rule is None:
        return stop(Reason.RULE_REMOVED)
    if seen.step is None:
        return stop(Reason.CANCELLED_BY_RULE_EDIT, "the step is gone")
    if seen.rule.mode is Mode.OFF:
        return stop(Reason.CANCELLED_BY_RULE_EDIT, "the rule is off")
    return GO


def in_time(seen: Circumstances, judged: Judged, now: datetime) -> Verdict:
    return stop(Reason.EXPIRED) if now >= seen.expires_at else GO


def unheard(seen: Circumstances, judged: Judged, now: datetime) -> Verdict:
    """Say nothing on the next channel once the one before has reached them."""
    return stop(Reason.REACHED_BEFORE) if seen.reached_before else GO


def not_paused(seen: Circumstances, judged: Judged, now: datetime) -> Verdict:
    assert seen.rule is not None
    names = {"rule": seen.rule.name, "purpose": seen.purpose.value}
    may_wait = seen.purpose is not Purpose.TRANSACTIONAL
    if may_wait:
        names["all"] = ""
    pause = _paused(seen, names, now)
    if pause:
        return wait(Reason.PAUSED, pause.until or seen.expires_at, pause.reason)
    if may_wait and seen.recipient and seen.recipient.has_open_reply:
        return wait(Reason.PAUSED, seen.expires_at, "what they wrote may be a stop")
    silence = seen.recipient.silence(seen.rule.name, now) if seen.recipient else None
    if may_wait and silence:
        return wait(Reason.WITH_PERSON, silence.until, f"H-{silence.handoff} of {silence.rule}")
    return GO


def known_customer(seen: Circumstances, judged: Judged, now: datetime) -> Verdict:
    if seen.recipient is None:
        return stop(Reason.NO_CUSTOMER)
    return stop(Reason.ERASED) if seen.recipient.is_erased else GO


def reachable(seen: Circumstances, judged: Judged, now: datetime) -> Verdict:
    """Choose the channel; one that is paused is passed over only if another will do."""
    assert seen.recipient is not None
    if not seen.via:
        return wait(Reason.PROVIDER_ERROR, now + NOT_SET_UP, "its channel is not set up")
    stopped = {
        channel: pause
        for channel in seen.via
        if (pause := _paused(seen, {"channel": channel.value}, now))
    }
    open_ = tuple(channel for channel in seen.via if channel not in stopped)
    judged.channel, verdict = choose_channel(seen.recipient, open_, seen.purpose, now)
    if judged.channel is None and open_ != seen.via:
        judged.channel, verdict = choose_channel(seen.recipient, seen.via, seen.purpose, now)
    if judged.channel is not None and (pause := stopped.get(judged.channel)):
        return wait(Reason.PAUSED, pause.until or seen.expires_at, f"{pause.name}: {pause.reason}")
    return verdict


def fresh(seen: Circumstances, judged: Judged, now: datetime) -> Verdict:
    """Ask nothing of data that is too old: it would neither be sent nor dropped for good reason."""
    assert seen.rule is not None
    assert seen.step is not None
    return judge_freshness(seen.rule, seen.step, seen.stale, seen.expires_at)


def still_meant(seen: Circumstances, judged: Judged, now: datetime) -> Verdict:
    """Drop the subjects the message is no longer right for; stop when none is left."""
    verdicts = [(subject, _judge_subject(seen, subject, now)) for subject in judged.subjects]
    waiting = [v for _, v in verdicts if v.decision is Decision.WAIT]
    if waiting:
        return min(waiting, key=lambda v: v.until or now)
    judged.subjects = tuple(s for s, v in verdicts if v.decision is Decision.GO)
    judged.dropped = tuple((s, v) for s, v in verdicts if v.decision is Decision.STOP)
    return GO if judged.subjects else judged.dropped[0][1]


def not_held_out(seen: Circumstances, judged: Judged, now: datetime) -> Verdict:
    assert seen.rule is not None
    assert seen.recipient is not None
    return stop(Reason.HELD_OUT) if is_held_out(seen.rule, seen.recipient.id) else GO


def fit_to_ask(seen: Circumstances, judged: Judged, now: datetime) -> Verdict:
    """Ask no survey of somebody we still owe something; decided only when it is sent."""
    return judge_asking(seen.standing) if seen.standing else GO


def within_limits(seen: Circumstances, judged: Judged, now: datetime) -> Verdict:
    assert seen.rule is not None
    for verdict in (
        judge_cooldown(seen.rule, seen.contacts, seen.own, now),
        judge_customer_cap(seen.rule, seen.contacts, seen.own, now),
        judge_total(seen.rule, seen.sent_by_rule, now),
        in_time_to_ask(
            judge_contact_policy(seen.policy, seen.purpose, seen.contacts, now, seen.own),
            seen.purpose,
            seen.expires_at,
        ),
    ):
        if verdict.decision is not Decision.GO:
            return verdict
    return GO


def offered(seen: Circumstances, judged: Judged, now: datetime) -> Verdict:
    """Choose the coupon that goes with it; in shadow nobody is asked about one."""
    assert seen.step is not None
    assert seen.rule is not None
    offer, channel = seen.step.offer, judged.channel
    if offer is None or seen.look is None or channel is None:
        return GO
    judged.offered = seen.look(channel, now)
    verdict = offer_verdict(offer, seen.pool, judged.offered, is_approved=seen.is_approved)
    assert seen.recipient is not None
    is_silent = is_shadow(seen.rule, seen.mode, seen.recipient.id)
    return GO if is_silent and verdict.decision is Decision.HOLD else verdict


def approved(seen: Circumstances, judged: Judged, now: datetime) -> Verdict:
    assert seen.rule is not None
    assert seen.step is not None
    asks = needs_approval(seen.rule, seen.step, seen.repetition)
    assert seen.recipient is not None
    is_silent = is_shadow(seen.rule, seen.mode, seen.recipient.id)
    if seen.is_approved or is_silent or not asks:
        return GO
    return hold(Reason.AWAITING_APPROVAL, group_of(seen.rule, judged.subjects[0].facts))


def in_window(seen: Circumstances, judged: Judged, now: datetime) -> Verdict:
    assert seen.rule is not None
    assert seen.recipient is not None
    window = seen.rule.window
    opens = seen.recipient.next_open(window, now)
    if opens == now and judged.channel is Channel.SMS:
        closes = seen.recipient.closes_at(window, now)
        judged.leaves_by = closes and closes - PASS_LASTS
        if judged.leaves_by and judged.leaves_by < now + LEAST_TIME:
            opens = seen.recipient.next_open(window, closes or now)
    if opens is None:
        return hold(Reason.OUTSIDE_WINDOW, "never open in all of the recipient's zones")
    if opens > now:
        return wait(Reason.OUTSIDE_WINDOW, opens, window.name)
    return GO


def complete(seen: Circumstances, judged: Judged, now: datetime) -> Verdict:
    if seen.render is None or judged.channel is None:
        return GO
    try:
        coupon = judged.offered.coupon if judged.offered else None
        judged.rendered = seen.render(judged.channel, judged.subjects, now, coupon)
        if coupon and coupon.code not in judged.rendered.text:
            judged.offered = Offered(coupon.pool, why="its words do not show it")
    except RenderError as error:
        return hold(_why_unsaid(error), str(error))
    most = seen.max_segments.get(judged.channel)
    if most is not None and judged.rendered.segments > most:
        return hold(Reason.TOO_LONG, f"{judged.rendered.segments} segments, at most {most}")
    return GO


def _why_unsaid(error: BaseException) -> Reason:
    """Return why words could not be made: what went wrong first is told last."""
    while error.__cause__ is not None:
        error = error.__cause__
    passed = isinstance(error, PromisePassed)
    return Reason.PROMISE_PASSED if passed else Reason.TEMPLATE_HOLE


def not_in_shadow(seen: Circumstances, judged: Judged, now: datetime) -> Verdict:
    """Only record what a rule in shadow would do, and a canary for those whom it is not for."""
    assert seen.rule is not None
    assert seen.recipient is not None
    verdict = judge_shadow(seen.rule, seen.mode, seen.recipient.id)
    if verdict.decision is not Decision.GO:
        return verdict
    return judge_canary(seen.rule, seen.contacts, seen.own, seen.sent_by_rule, now)


def _paused(seen: Circumstances, names: Mapping[str, str], now: datetime) -> Paused | None:
    """Return the pause of one of these names, by scope, that runs longest; None when none runs."""
    running = [p for p in seen.pauses if names.get(p.scope) == p.name and p.runs(now)]
    return max(running, key=lambda p: (p.until is None, p.until or now), default=None)


def _judge_subject(seen: Circumstances, subject: Subject, now: datetime) -> Verdict:
    rule, step, facts = seen.rule, seen.step, subject.facts
    assert rule is not None
    assert step is not None
    if facts is None:
        return stop(Reason.CANCELLED_BY_DATA, "it is gone")
    if stopping := first_true((*rule.cancel_if, *step.stop_if), facts, now):
        return stop(Reason.CANCELLED_BY_RULE, said(stopping))
    broken = first_broken(
        (*rule.when, *rule.audience), facts, matched_at=subject.matched_at, now=now
    )
    if broken:
        return stop(Reason.CANCELLED_BY_DATA, said(broken))
    if step.survey and settled_itself(facts):
        return stop(Reason.AUTO_CLOSED)
    assert seen.recipient is not None
    if taker := taken_over_by(seen.takers, subject, seen.recipient.id, now):
        return stop(Reason.TAKEN_OVER, taker.name)
    skipping = first_true((*step.skip_if, *(step.until if step.repeat else ())), facts, now)
    if skipping:
        return stop(Reason.STEP_SKIPPED, said(skipping))
    return _due_yet(seen, subject, facts, now)


def _due_yet(seen: Circumstances, subject: Subject, facts: Facts, now: datetime) -> Verdict:
    assert seen.recipient is not None
    assert seen.rule is not None
    assert seen.step is not None
    zone = seen.recipient.zones.zones[0]
    due = step_due(seen.rule, seen.step, seen.repetition, facts, subject.base_at, zone)
    if due is None:
        return stop(Reason.CANCELLED_BY_DATA, "the date it waits for is gone")
    if due <= now or seen.is_approved:
        return GO
    return wait(Reason.DATE_MOVED, seen.recipient.next_open(seen.rule.window, due) or due)


def taken_over_by(
    takers: Sequence[Rule], subject: Subject, customer_id: str, now: datetime
) -> Rule | None:
    """Return the rule that speaks for this subject instead: it has acted on it, or it applies."""
    facts = subject.facts
    for rule in takers:
        if rule.mode is not Mode.LIVE or rule.about is not subject.ref.kind:
            continue
        if is_outside_canary(rule, customer_id):
            continue
        if rule.name in subject.enrolled_in:
            return rule
        if facts and (facts.value(f"last_sent.{rule.name}") or _applies(rule, facts, now)):
            return rule
    return None


def _applies(rule: Rule, facts: Facts, now: datetime) -> bool:
    return all(condition.holds(facts, now) for condition in (*rule.when, *rule.audience))


GATES: tuple[Gate, ...] = (
    in_rules,
    in_time,
    unheard,
    not_paused,
    known_customer,
    reachable,
    fresh,
    still_meant,
    not_held_out,
    fit_to_ask,
    within_limits,
    offered,
    complete,
    approved,
    in_window,
    not_in_shadow,
)
