"""Gates: is the message still right, who speaks for its subject, and how much is too much."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from decimal import Decimal
from typing import Any

import pytest

from outreach.deciding.caps import Contact
from outreach.deciding.circumstances import Circumstances
from outreach.deciding.gates import judge, taken_over_by
from outreach.deciding.verdicts import GO, Decision
from outreach.model import Kind, Mode, Purpose, Reason
from outreach.rules.canary import Canary
from outreach.rules.document import Repeat, Rule, Wait
from outreach.rules.facts import StepEvent
from outreach.rules.limits import ContactRule, Limits, Rate
from outreach.timing.durations import Duration
from outreach.timing.hours import EVERY_DAY, Hours
from outreach.timing.windows import ANY_TIME, SendWindow
from tests.unit.berlin import berlin
from tests.unit.deciding.conftest import (
    CATALOGUE,
    DAY,
    DAYTIME,
    HOUR,
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
    render = lambda channel, left, *_: said.extend(s.ref.id for s in left)  # noqa: E731 - one line
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
        # nor does a canary those whom it is not for: ana stands at 44.2 in it
        (a_rule("status is missing", name="vip", canary=Canary(share=Decimal(45))), {}, True),
        (a_rule("status is missing", name="vip", canary=Canary(share=Decimal(44))), {}, False),
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
    found = taken_over_by([taker], replace(a_subject(), **subject), "ana", NOON)
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


@pytest.mark.parametrize(
    ("at", "window", "leaves_by", "until"),
    [
        ("2026-11-20 18:00", DAYTIME, "2026-11-20 19:59", None),
        ("2026-11-20 19:58", DAYTIME, "2026-11-20 19:59", None),
        # too little time to leave its provider's queue
        ("2026-11-20 19:59", DAYTIME, "2026-11-20 19:59", "2026-11-21 09:00"),
        ("2026-11-20 23:00", ANY_TIME, None, None),
    ],
)
def test_a_text_leaves_its_provider_before_the_window_closes(
    at: str, window: SendWindow, leaves_by: str | None, until: str | None
) -> None:
    subject = a_subject(base_at=berlin(at))
    seen = circumstances(
        a_rule(window=window), expires_at=berlin(at) + 2 * DAY, subjects=(subject,), via=(SMS,)
    )
    judged = judge(seen, berlin(at))
    assert judged.leaves_by == (leaves_by and berlin(leaves_by))
    assert judged.verdict.until == (until and berlin(until))
