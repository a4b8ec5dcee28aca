"""Gates: each says no for its own reason, and of several the first in order answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from outreach.deciding.caps import Contact
from outreach.deciding.gates import GATES, Circumstances, Paused, judge, taken_over_by
from outreach.deciding.recipients import ConsentWord, Suppressed
from outreach.deciding.verdicts import GO, Decision
from outreach.errors import RenderError
from outreach.model import Channel, Kind, Mode, Purpose, Reason
from outreach.rules.document import Repeat, Rule, Wait
from outreach.rules.facts import StepEvent
from outreach.rules.limits import ContactRule, Limits, Rate
from outreach.timing.durations import Duration
from outreach.timing.hours import EVERY_DAY, Hours
from outreach.timing.windows import ANY_TIME, SendWindow
from tests.unit.deciding.conftest import (
    BERLIN,
    CATALOGUE,
    DAY,
    HOUR,
    NOON,
    a_rule,
    a_step,
    a_subject,
    ana,
    circumstances,
    facts_of,
    say,
)

EMAIL, SMS = Channel.EMAIL, Channel.SMS
#: 23:00 in Berlin
NIGHT = NOON + 10 * HOUR
SHIPPED = a_rule("status is shipped")


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


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
        Reason.PAUSED: {"pauses": [Paused("all", "", "wrong feed", None)]},
        Reason.ERASED: {"recipient": ana(erased_at=NOON)},
        Reason.SUPPRESSED: {"recipient": ana(suppressed=[Suppressed(EMAIL, None, "bounced")])},
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


# what the message is about


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (facts_of(status="shipped", promised_at=NOON - DAY), None),
        (None, Reason.CANCELLED_BY_DATA),  # the order is gone
        (facts_of(status="delivered", promised_at=NOON - DAY), Reason.CANCELLED_BY_DATA),
        # the promise was moved ahead: it was never late, by today's data
        (facts_of(status="shipped", promised_at=NOON + DAY), Reason.CANCELLED_BY_DATA),
        # what cancels comes before what no longer holds
        (
            facts_of(status="delivered", return_requested_at=NOON, promised_at=NOON - DAY),
            Reason.CANCELLED_BY_RULE,
        ),
        # the audience is asked again too
        (
            facts_of(status="shipped", promised_at=NOON - DAY, customer__tier="gold"),
            Reason.CANCELLED_BY_DATA,
        ),
    ],
)
def test_a_message_is_right_at_the_moment_it_goes_out(facts: Any, reason: Reason | None) -> None:
    rule = a_rule(
        "promised_at is more than 1 day ago",
        "status is shipped",
        audience=(say("customer.tier is not gold"),),
        cancel_if=(say("return_requested_at is present"),),
    )
    subject = replace(a_subject(), facts=facts)
    verdict = judge(circumstances(rule, subjects=(subject,)), NOON + HOUR).verdict
    assert verdict.reason is (reason or GO.reason)
    assert reason is None or verdict.decision is Decision.STOP


def test_a_stopped_message_says_which_sentence_stopped_it() -> None:
    subject = a_subject(facts_of(status="delivered"))
    verdict = judge(circumstances(SHIPPED, subjects=(subject,)), NOON).verdict
    assert "status is shipped" in verdict.note


REPLIED = StepEvent("check-in", "replied", NOON - HOUR)
REPEATING = Repeat(Duration(days=3), 3)


@pytest.mark.parametrize(
    ("step", "events", "reason"),
    [
        (a_step(stop_if=(say("check-in was replied to", Kind.ORDER, "check-in"),)), (), None),
        (
            a_step(stop_if=(say("check-in was replied to", Kind.ORDER, "check-in"),)),
            (REPLIED,),
            Reason.CANCELLED_BY_RULE,
        ),
        (
            a_step(skip_if=(say("check-in was replied to", Kind.ORDER, "check-in"),)),
            (REPLIED,),
            Reason.STEP_SKIPPED,
        ),
        # `until` ends the repeating, and means nothing where nothing repeats
        (
            a_step(
                until=(say("check-in was replied to", Kind.ORDER, "check-in"),), repeat=REPEATING
            ),
            (REPLIED,),
            Reason.STEP_SKIPPED,
        ),
        (a_step(until=(say("check-in was replied to", Kind.ORDER, "check-in"),)), (REPLIED,), None),
    ],
)
def test_a_step_is_stopped_or_skipped_by_its_own_sentences(
    step: Any, events: tuple[StepEvent, ...], reason: Reason | None
) -> None:
    subject = a_subject(replace(facts_of(), events=events))
    verdict = judge(circumstances(a_rule(steps=(step,)), subjects=(subject,)), NOON).verdict
    assert verdict.reason is (reason or GO.reason)


def test_a_combined_message_goes_on_without_the_subjects_that_were_settled() -> None:
    rule = a_rule("status is shipped", cancel_if=(say("return_requested_at is present"),))
    subjects = (
        a_subject(facts_of("A-1", status="delivered"), enrollment_id=1),
        a_subject(facts_of("A-2", status="shipped"), enrollment_id=2),
        a_subject(facts_of("A-3", status="shipped", return_requested_at=NOON), enrollment_id=3),
    )
    said: list[Any] = []
    render = lambda channel, left, now: said.extend(s.ref.id for s in left)  # noqa: E731 - one line
    judged = judge(circumstances(rule, subjects=subjects, render=render), NOON)
    assert judged.verdict == GO
    assert said == ["A-2"]  # the words speak only of what is left
    assert [(s.ref.id, v.reason) for s, v in judged.dropped] == [
        ("A-1", Reason.CANCELLED_BY_DATA),
        ("A-3", Reason.CANCELLED_BY_RULE),
    ]


def test_a_combined_message_stops_when_none_of_its_subjects_is_left() -> None:
    subjects = tuple(
        a_subject(facts_of(n, status="delivered"), enrollment_id=e)
        for e, n in enumerate(("A-1", "A-2"))
    )
    judged = judge(circumstances(SHIPPED, subjects=subjects), NOON)
    assert judged.verdict.reason is Reason.CANCELLED_BY_DATA
    assert len(judged.dropped) == 2


# dates that move

DELIVERED = CATALOGUE.field(Kind.ORDER, "delivered_at")
AFTER_DELIVERY = a_step(wait=Wait(Duration(days=3), after=DELIVERED, at=time(10)))


@pytest.mark.parametrize(
    ("delivered", "decision", "until"),
    [
        ("2026-11-17 08:00", Decision.GO, None),  # due this morning at ten
        ("2026-11-19 08:00", Decision.WAIT, "2026-11-22 10:00"),  # two days later than we thought
        ("2026-11-19 11:00", Decision.WAIT, "2026-11-23 10:00"),
        (None, Decision.STOP, None),  # the date is gone
    ],
)
def test_a_date_that_moved_moves_the_message(
    delivered: str | None, decision: Decision, until: str | None
) -> None:
    subject = a_subject(
        facts_of(delivered_at=delivered and berlin(delivered)), base_at=NOON - 3 * DAY
    )
    rule = a_rule(steps=(AFTER_DELIVERY,))
    verdict = judge(circumstances(rule, subjects=(subject,)), NOON).verdict
    assert (verdict.decision, verdict.until) == (decision, until and berlin(until))
    assert decision is not Decision.WAIT or verdict.reason is Reason.DATE_MOVED


def test_a_date_that_moved_into_the_night_means_the_next_morning() -> None:
    rule = a_rule(steps=(a_step(wait=Wait(until=DELIVERED)),))
    subject = a_subject(facts_of(delivered_at=berlin("2026-11-20 23:00")))
    verdict = judge(circumstances(rule, subjects=(subject,)), NOON).verdict
    assert verdict.until == berlin("2026-11-21 09:00")


def test_what_a_person_moved_goes_out_when_they_said() -> None:
    """Sooner than its rule would: the wait was not over, and the person knew."""
    rule = a_rule(steps=(a_step(wait=Wait(Duration(days=3))),))
    seen = circumstances(rule)
    assert judge(seen, NOON).verdict.reason is Reason.DATE_MOVED
    assert judge(replace(seen, is_approved=True), NOON).verdict == GO


# taking over

VIP = a_rule("total is at least 1000 EUR", "promised_at is in the past", name="vip")


@pytest.mark.parametrize(
    ("taker", "subject", "takes"),
    [
        (VIP, {}, False),  # it neither applies nor has it said anything
        (VIP, {"enrolled_in": frozenset({"vip"})}, True),  # it is about to, or has
        (VIP, {"enrolled_in": frozenset({"other"})}, False),
        # it has spoken, even if it was called off afterwards
        (VIP, {"facts": facts_of(last_sent__vip=NOON - DAY)}, True),
        # it applies now
        (a_rule("status is missing", name="vip"), {}, True),
        # in shadow or switched off it silences nobody
        (
            a_rule("status is missing", name="vip", mode=Mode.SHADOW),
            {"enrolled_in": frozenset({"vip"})},
            False,
        ),
        (a_rule("status is missing", name="vip", mode=Mode.OFF), {}, False),
        # of another kind of subject
        (
            replace(a_rule(name="vip"), about=Kind.TICKET),
            {"enrolled_in": frozenset({"vip"})},
            False,
        ),
    ],
)
def test_a_rule_that_applies_or_has_acted_speaks_alone(
    taker: Rule, subject: dict[str, Any], takes: bool
) -> None:
    found = taken_over_by([taker], replace(a_subject(), **subject), NOON)
    assert found is (taker if takes else None)
    verdict = judge(
        circumstances(takers=[taker], subjects=(replace(a_subject(), **subject),)), NOON
    ).verdict
    assert verdict.reason is (Reason.TAKEN_OVER if takes else GO.reason)


# limits


@pytest.mark.parametrize(
    ("changed", "decision", "reason"),
    [
        (
            {"contacts": [Contact("late", Purpose.SERVICE, NOON - DAY)]},
            Decision.STOP,
            Reason.COOLDOWN,
        ),
        (
            {"contacts": [Contact("late", Purpose.SERVICE, NOON - 20 * DAY)] * 2},
            Decision.STOP,
            Reason.CUSTOMER_CAP,
        ),
        ({"sent_by_rule": [NOON - HOUR] * 5}, Decision.WAIT, Reason.TOTAL_LIMIT),
        (
            {"contacts": [Contact("other", Purpose.SERVICE, NOON - HOUR)]},
            Decision.WAIT,
            Reason.CONTACT_POLICY,
        ),
        # its own earlier step: no cooldown, but the policy counts every letter
        (
            {"contacts": [Contact("late", Purpose.SERVICE, NOON - HOUR, frozenset([1]))]},
            Decision.WAIT,
            Reason.CONTACT_POLICY,
        ),
        # what is final answers before what only waits
        (
            {
                "contacts": [Contact("late", Purpose.SERVICE, NOON - HOUR)],
                "sent_by_rule": [NOON] * 5,
            },
            Decision.STOP,
            Reason.COOLDOWN,
        ),
    ],
)
def test_limits_and_the_contact_policy_are_kept(
    changed: dict[str, Any], decision: Decision, reason: Reason
) -> None:
    limits = Limits(
        cooldown=Duration(days=14),
        per_customer=Rate(2, Duration(days=30)),
        total=Rate(5, Duration(days=1)),
    )
    policy = [ContactRule(frozenset({Purpose.SERVICE}), gap=Duration(minutes=240))]
    seen = circumstances(a_rule(limits=limits), policy=policy, **changed)
    verdict = judge(seen, NOON).verdict
    assert (verdict.decision, verdict.reason) == (decision, reason)


# windows


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-11-20 09:00", None),  # it opens
        ("2026-11-20 19:59", None),
        ("2026-11-20 20:00", "2026-11-21 09:00"),  # it closes
        ("2026-03-28 23:00", "2026-03-29 09:00"),  # ten hours later by the clock, nine by the sun
    ],
)
def test_nothing_goes_out_at_night(at: str, until: str | None) -> None:
    subject = a_subject(base_at=berlin(at))
    seen: Circumstances = circumstances(expires_at=berlin(at) + 2 * DAY, subjects=(subject,))
    verdict = judge(seen, berlin(at)).verdict
    assert verdict.until == (until and berlin(until))
    assert verdict.reason is (Reason.OUTSIDE_WINDOW if until else GO.reason)


def test_a_window_that_is_never_open_for_somebody_asks_a_person() -> None:
    early = SendWindow("early birds", EVERY_DAY, Hours(6 * 60, 9 * 60))
    guess = ana(zone=None, country="RU", phone=None)
    verdict = judge(circumstances(a_rule(window=early), recipient=guess), NOON).verdict
    assert (verdict.decision, verdict.reason) == (Decision.HOLD, Reason.OUTSIDE_WINDOW)
