"""Gates: each says no for its own reason, and of several the first in order answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from outreach.deciding.caps import Contact
from outreach.deciding.circumstances import Paused
from outreach.deciding.freshness import StaleSource
from outreach.deciding.gates import GATES, judge
from outreach.deciding.recipients import ConsentWord, Suppressed
from outreach.deciding.verdicts import GO, Decision
from outreach.errors import RenderError
from outreach.model import Approval, Channel, Kind, Mode, Purpose, Reason
from outreach.rules.canary import Canary
from outreach.rules.document import Rule
from outreach.rules.limits import Limits, Rate
from outreach.timing.durations import Duration
from outreach.timing.windows import ANY_TIME
from tests.unit.deciding.conftest import (
    DAY,
    EMAIL,
    HOUR,
    NIGHT,
    NOON,
    SHIPPED,
    SMS,
    a_rule,
    a_step,
    a_subject,
    ana,
    circumstances,
    facts_of,
    say,
)


def refuse(*_: Any) -> Any:
    raise RenderError("order.estimated_at is missing")


# the order


def broken(rule: Rule) -> dict[Reason, dict[str, Any]]:
    """Return for each reason, in the order of the gates, what makes it answer."""
    cancelled = facts_of(status="cancelled", return_requested_at=NOON)
    taker = a_rule("status is shipped", name="vip")
    return {
        Reason.CANCELLED_BY_RULE_EDIT: {"step": None},
        Reason.EXPIRED: {"expires_at": NIGHT},
        Reason.REACHED_BEFORE: {"reached_before": True},
        Reason.PAUSED: {"pauses": [Paused("all", "", "wrong feed", None)]},
        Reason.ERASED: {"recipient": ana(erased_at=NOON)},
        Reason.SUPPRESSED: {"recipient": ana(suppressed=[Suppressed(EMAIL, None, "bounced")])},
        Reason.SOURCE_STALE: {"stale": [StaleSource("shop", frozenset({Kind.ORDER}), HOUR, None)]},
        Reason.CANCELLED_BY_RULE: {"subjects": (a_subject(cancelled),)},
        Reason.CANCELLED_BY_DATA: {"subjects": (a_subject(facts_of(status="cancelled")),)},
        Reason.TAKEN_OVER: {"takers": [taker]},
        Reason.STEP_SKIPPED: {"step": a_step(skip_if=(say("status is shipped"),))},
        Reason.HELD_OUT: {"rule": replace(rule, holdout=Decimal(100))},
        Reason.COOLDOWN: {"contacts": [Contact("late", Purpose.SERVICE, NOON)]},
        Reason.TEMPLATE_HOLE: {"render": refuse},
        Reason.OUTSIDE_WINDOW: {},
    }


def test_of_several_reasons_the_first_in_order_answers() -> None:
    """At night everything is wrong; each time one thing is put right, the next one answers."""
    rule = a_rule(
        "status is shipped",
        cancel_if=(say("return_requested_at is present"),),
        limits=Limits(cooldown=Duration(days=14)),
    )
    well = {
        "rule": rule,
        "step": a_step(),
        "expires_at": NIGHT + DAY,
        "pauses": [],
        "stale": [],
        "recipient": ana(),
        "via": (EMAIL,),
        "subjects": (a_subject(facts_of(status="shipped")),),
        "takers": [],
        "contacts": [],
        "render": None,
    }
    wrong = broken(rule)
    reasons = list(wrong)
    for place, reason in enumerate(reasons):
        told = dict(well)
        for later in reversed(reasons[place:]):
            told |= wrong[later]
        verdict = judge(circumstances(**told), NIGHT).verdict
        assert verdict.reason is reason, f"{reason} should answer before {reasons[place + 1 :]}"


def test_a_message_nothing_speaks_against_goes_out_by_its_first_channel() -> None:
    judged = judge(circumstances(SHIPPED, subjects=(a_subject(facts_of(status="shipped")),)), NOON)
    assert judged.verdict == GO
    assert (judged.channel, len(judged.subjects), judged.dropped) == (EMAIL, 1, ())


def test_every_gate_is_asked_once() -> None:
    assert len(set(GATES)) == len(GATES)


# the rule itself


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"rule": None}, Reason.RULE_REMOVED),
        ({"step": None}, Reason.CANCELLED_BY_RULE_EDIT),
        ({"rule": replace(SHIPPED, mode=Mode.OFF)}, Reason.CANCELLED_BY_RULE_EDIT),
    ],
)
def test_what_a_rule_no_longer_says_is_not_said(changed: dict[str, Any], reason: Reason) -> None:
    seen = replace(circumstances(), **changed)
    assert judge(seen, NOON).verdict.reason is reason


@pytest.mark.parametrize(
    ("at", "goes"),
    [
        (NOON + 2 * DAY - timedelta(microseconds=1), True),  # the last moment
        (NOON + 2 * DAY, False),
    ],
)
def test_a_message_goes_out_before_it_expires_or_not_at_all(at: datetime, goes: bool) -> None:
    verdict = judge(circumstances(expires_at=NOON + 2 * DAY), at).verdict
    assert verdict.reason is (GO.reason if goes else Reason.EXPIRED)


@pytest.mark.parametrize("modes", [(Mode.SHADOW, Mode.LIVE), (Mode.LIVE, Mode.SHADOW)])
def test_in_shadow_every_other_gate_is_asked_and_nothing_goes_out(modes: tuple[Mode, Mode]) -> None:
    """Whether it was planned in shadow or the rule has gone back into it."""
    planned, now = modes
    seen = circumstances(a_rule(mode=now), mode=planned, render=lambda *_: "words")
    judged = judge(seen, NOON)
    assert judged.verdict.reason is Reason.SHADOW
    assert judged.rendered == "words"  # what would have been said is known
    assert judge(seen, NIGHT).verdict.reason is Reason.OUTSIDE_WINDOW
    assert judge(replace(seen, render=refuse), NOON).verdict.reason is Reason.TEMPLATE_HOLE


OURS = Contact("late", Purpose.SERVICE, NOON - DAY, frozenset({1}))


@pytest.mark.parametrize(
    ("canary", "sent", "contacts", "goes"),
    [
        (Canary(share=Decimal(27)), [], [], True),  # ana stands at 26.4
        (Canary(share=Decimal(26)), [], [], False),
        (Canary(rate=Rate(2, Duration(minutes=60))), [NOON - HOUR / 2], [], True),
        (Canary(rate=Rate(2, Duration(minutes=60))), [NOON - HOUR / 2, NOON], [], False),
        (Canary(rate=Rate(2, Duration(minutes=60))), [NOON - HOUR, NOON], [], True),
        # a later step of what she has heard the beginning of
        (Canary(rate=Rate(1, Duration(minutes=60))), [NOON], [OURS], True),
        (Canary(rate=Rate(1, Duration(minutes=60))), [NOON], [replace(OURS, rule="x")], False),
    ],
)
def test_a_canary_goes_out_to_a_few_and_is_recorded_for_the_rest(
    canary: Canary, sent: list[datetime], contacts: list[Contact], goes: bool
) -> None:
    policy: dict[str, Any] = {"policy": (), "contacts": contacts, "sent_by_rule": sent}
    verdict = judge(circumstances(a_rule(canary=canary), **policy), NOON).verdict
    assert verdict.reason is (GO.reason if goes else Reason.SHADOW)
    assert goes or str(canary) in verdict.note


def test_nobody_approves_what_a_canary_only_records() -> None:
    rule = a_rule(canary=Canary(share=Decimal(1)), approval=Approval.ALWAYS)
    assert judge(circumstances(rule), NOON).verdict.reason is Reason.SHADOW


# pauses


@pytest.mark.parametrize(
    ("scope", "name", "purpose", "waits"),
    [
        ("all", "", Purpose.SERVICE, True),
        ("all", "", Purpose.MARKETING, True),
        ("all", "", Purpose.TRANSACTIONAL, False),  # the kill switch spares what must be said
        ("rule", "late", Purpose.SERVICE, True),
        ("rule", "late", Purpose.TRANSACTIONAL, True),  # by name everything can be paused
        ("rule", "other", Purpose.SERVICE, False),
        ("purpose", "service", Purpose.SERVICE, True),
        ("purpose", "transactional", Purpose.TRANSACTIONAL, True),
        ("purpose", "survey", Purpose.SERVICE, False),
        ("channel", "email", Purpose.SERVICE, True),
        ("channel", "email", Purpose.TRANSACTIONAL, True),
        ("channel", "sms", Purpose.SERVICE, False),
    ],
)
def test_a_pause_stops_what_it_names(scope: str, name: str, purpose: Purpose, waits: bool) -> None:
    seen = circumstances(
        a_rule(purpose=purpose, window=ANY_TIME),
        recipient=ana(consents=[ConsentWord(Purpose.MARKETING, None, True, NOON)]),
        via=(EMAIL,),
        pauses=[Paused(scope, name, "wrong feed", NOON + HOUR)],
    )
    verdict = judge(seen, NOON).verdict
    assert (verdict.reason is Reason.PAUSED) is waits
    if waits:
        assert verdict.until == NOON + HOUR
        assert "wrong feed" in verdict.note
        assert judge(seen, NOON + HOUR).verdict == GO  # it ends by itself


def test_a_pause_without_an_end_keeps_a_message_until_it_expires() -> None:
    seen = circumstances(pauses=[Paused("all", "", "x", None)])
    assert judge(seen, NOON).verdict.until == seen.expires_at
    assert judge(seen, seen.expires_at).verdict.reason is Reason.EXPIRED


@pytest.mark.parametrize("purpose", Purpose)
def test_a_reply_that_nobody_has_read_keeps_all_but_what_must_be_said(purpose: Purpose) -> None:
    agreed = [ConsentWord(Purpose.MARKETING, None, True, NOON)]
    person = ana(consents=agreed, has_open_reply=True)
    rule = a_rule(purpose=purpose, window=ANY_TIME)
    seen = circumstances(rule, recipient=person, via=(EMAIL,))
    verdict = judge(seen, NOON).verdict
    if purpose is Purpose.TRANSACTIONAL:
        assert verdict == GO
    else:
        assert (verdict.reason, verdict.until) == (Reason.PAUSED, seen.expires_at)


def test_of_several_pauses_the_longest_counts() -> None:
    ends = [NOON + HOUR, NOON + 3 * HOUR, NOON + 2 * HOUR]
    pauses = [
        Paused(s, n, s, e)
        for s, n, e in zip(("all", "rule", "purpose"), ("", "late", "service"), ends, strict=True)
    ]
    assert judge(circumstances(pauses=pauses), NOON).verdict.until == NOON + 3 * HOUR
    pauses.append(Paused("rule", "late", "for good", None))
    verdict = judge(circumstances(pauses=pauses), NOON).verdict
    assert (verdict.until, verdict.note) == (NOON + 2 * DAY, "for good")


@pytest.mark.parametrize(
    ("paused", "customer", "channel", "reason"),
    [
        (["email"], {}, SMS, None),  # another channel will do
        (["email"], {"phone": None}, EMAIL, Reason.PAUSED),  # no other: it waits, it is not lost
        (["email", "sms"], {}, EMAIL, Reason.PAUSED),
        (["sms"], {"email": None}, SMS, Reason.PAUSED),
        # who cannot be reached anyway is told as such
        (["email"], {"email": None, "phone": None}, None, Reason.NO_ADDRESS),
    ],
)
def test_a_paused_channel_is_passed_over_if_another_will_do(
    paused: list[str], customer: dict[str, Any], channel: Channel | None, reason: Reason | None
) -> None:
    pauses = [Paused("channel", name, "outage", NOON + HOUR) for name in paused]
    # a pause of something else that ends sooner changes nothing
    pauses.append(Paused("rule", "other", "x", NOON + HOUR / 2))
    judged = judge(circumstances(recipient=ana(**customer), pauses=pauses), NOON)
    assert (judged.channel, judged.verdict.reason) == (channel, reason or GO.reason)
    assert reason is not Reason.PAUSED or judged.verdict.until == NOON + HOUR


# the recipient


@pytest.mark.parametrize(
    ("recipient", "decision", "reason"),
    [
        (None, Decision.STOP, Reason.NO_CUSTOMER),
        (ana(erased_at=NOON), Decision.STOP, Reason.ERASED),
        (ana(email=None, phone=None), Decision.STOP, Reason.NO_ADDRESS),
        (
            ana(suppressed=[Suppressed(c, None, "x") for c in Channel]),
            Decision.STOP,
            Reason.SUPPRESSED,
        ),
        (
            ana(consents=[ConsentWord(Purpose.SERVICE, None, False, NOON)]),
            Decision.STOP,
            Reason.OPTED_OUT,
        ),
        (ana(send_only_to=["*@nordlicht.example"]), Decision.HOLD, Reason.NOT_ALLOWED_HERE),
    ],
)
def test_who_must_not_or_cannot_be_written_to_is_not(
    recipient: Any, decision: Decision, reason: Reason
) -> None:
    verdict = judge(circumstances(recipient=recipient), NOON).verdict
    assert (verdict.decision, verdict.reason) == (decision, reason)


def test_a_channel_that_is_not_set_up_lets_a_message_wait_for_a_person_to_do_it() -> None:
    verdict = judge(circumstances(via=()), NOON).verdict
    assert (verdict.decision, verdict.reason) == (Decision.WAIT, Reason.PROVIDER_ERROR)
    assert verdict.until is not None
    assert NOON < verdict.until <= NOON + HOUR
