"""Planning: what an enrollment does next, when that is due, and when it is too late for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any

import pytest

from outreach.deciding.planning import (
    LOOK_AGAIN,
    Ended,
    Later,
    PlannedMessage,
    Walker,
    next_place,
    plan,
)
from outreach.model import Channel, Kind, Mode, Purpose, Reason
from outreach.rules.document import Repeat, Rule, Wait
from outreach.timing.durations import Duration
from outreach.timing.hours import EVERY_DAY, Hours
from outreach.timing.windows import SendWindow
from tests.unit.berlin import berlin
from tests.unit.deciding.conftest import (
    CATALOGUE,
    DAY,
    HOUR,
    NOON,
    a_rule,
    a_step,
    a_subject,
    ana,
    facts_of,
)

DELIVERED = CATALOGUE.field(Kind.ORDER, "delivered_at")
DAYS = Duration(days=3)
PAUSE = a_step("pause", template=None, wait=Wait(Duration(days=1)))


def walker(matched: datetime = NOON, **more: Any) -> Walker:
    """Return an enrollment that has just matched."""
    facts = more.pop("facts", facts_of())
    subject = a_subject(facts, matched_at=matched, base_at=more.pop("base_at", matched))
    usual = {"known_from": matched, "step": 0, "repetition": 1, "mode": Mode.LIVE}
    return Walker(subject, **{**usual, **more})


def planned(rule: Rule, at: Walker, now: datetime = NOON, **customer: Any) -> PlannedMessage:
    found = plan(rule, at, ana(**customer), [], now)
    assert isinstance(found, PlannedMessage)
    return found


@pytest.mark.parametrize(
    ("rule", "matched", "due", "expires", "reason"),
    [
        # in the window: at once, and two days to do it
        (a_rule(), "2026-11-20 13:00", "2026-11-20 13:00", "2026-11-22 13:00", Reason.MATCHED),
        # at night: in the morning, and the two days count from there
        (
            a_rule(),
            "2026-11-20 22:00",
            "2026-11-21 09:00",
            "2026-11-23 09:00",
            Reason.OUTSIDE_WINDOW,
        ),
        # clocks change: two days later by the clock
        (a_rule(), "2026-10-24 13:00", "2026-10-24 13:00", "2026-10-26 13:00", Reason.MATCHED),
        # a wait
        (
            a_rule(steps=(a_step(wait=Wait(DAYS)),)),
            "2026-11-20 13:00",
            "2026-11-23 13:00",
            "2026-11-25 13:00",
            Reason.MATCHED,
        ),
        # a wait that ends at night
        (
            a_rule(steps=(a_step(wait=Wait(Duration(minutes=600))),)),
            "2026-11-20 13:00",
            "2026-11-21 09:00",
            "2026-11-23 09:00",
            Reason.OUTSIDE_WINDOW,
        ),
        # it waits for more of the customer's orders
        (
            a_rule(combine_within=Duration(minutes=120)),
            "2026-11-20 13:00",
            "2026-11-20 15:00",
            "2026-11-22 15:00",
            Reason.COMBINING,
        ),
        # and what combined over the evening goes out in the morning
        (
            a_rule(combine_within=Duration(minutes=120)),
            "2026-11-20 19:00",
            "2026-11-21 09:00",
            "2026-11-23 09:00",
            Reason.OUTSIDE_WINDOW,
        ),
    ],
)
def test_a_message_is_due_after_its_wait_when_the_window_is_open(
    rule: Rule, matched: str, due: str, expires: str, reason: Reason
) -> None:
    found = planned(rule, walker(berlin(matched)))
    assert (found.planned_for, found.expires_at) == (berlin(due), berlin(expires))
    assert found.reason is reason


def test_when_a_message_is_due_does_not_depend_on_when_it_is_planned() -> None:
    rule = a_rule(steps=(a_step(wait=Wait(DAYS)),))
    assert planned(rule, walker(), NOON) == planned(rule, walker(), NOON + 9 * DAY)


def test_what_a_first_pass_finds_is_due_from_then_on() -> None:
    """It matched ten days ago, when there was no such rule: nobody is late."""
    found = planned(a_rule(), walker(NOON - 10 * DAY, known_from=NOON))
    assert (found.planned_for, found.expires_at) == (NOON, NOON + 2 * DAY)


def test_combining_begins_when_the_message_would_have_been_due_by_itself() -> None:
    found = planned(a_rule(combine_within=Duration(minutes=120)), walker())
    assert (found.collects_from, found.planned_for) == (NOON, NOON + 2 * HOUR)


@pytest.mark.parametrize(
    ("customer", "via", "channel"),
    [
        ({}, (Channel.SMS, Channel.EMAIL), Channel.SMS),
        ({"phone": None}, (Channel.SMS, Channel.EMAIL), Channel.EMAIL),
        # nobody can be reached yet: the first one stands for it, and the gates ask again
        ({"phone": None, "email": None}, (Channel.SMS, Channel.EMAIL), Channel.SMS),
    ],
)
def test_the_channel_is_foretold(
    customer: dict[str, Any], via: tuple[Channel, ...], channel: Channel
) -> None:
    found = planned(a_rule(steps=(a_step(via=via),)), walker(), **customer)
    assert found.channel is channel


def test_a_window_that_never_opens_leaves_it_to_the_gates() -> None:
    early = SendWindow("early birds", EVERY_DAY, Hours(6 * 60, 9 * 60))
    found = planned(a_rule(window=early), walker(), zone=None, country="RU", phone=None)
    assert found.planned_for == NOON


def test_waits_without_a_message_are_walked_through() -> None:
    rule = a_rule(steps=(PAUSE, a_step(wait=Wait(Duration(minutes=60)))))
    found = plan(rule, walker(), ana(), [], NOON)
    assert found == Later(walker(), NOON + DAY)
    found = plan(rule, walker(), ana(), [], NOON + DAY)
    assert isinstance(found, PlannedMessage)
    assert (found.walker.step, found.planned_for) == (1, NOON + DAY + HOUR)
    # however late it is looked at, the waits count from their ends
    assert plan(rule, walker(), ana(), [], NOON + 9 * DAY) == found


def test_a_rule_that_ends_with_a_wait_ends_with_it() -> None:
    rule = a_rule(steps=(PAUSE,))
    assert isinstance(plan(rule, walker(), ana(), [], NOON), Later)
    found = plan(rule, walker(), ana(), [], NOON + DAY)
    assert isinstance(found, Ended)
    assert found.reason is Reason.FINISHED


def test_a_date_that_is_missing_is_looked_for_again() -> None:
    rule = a_rule(steps=(a_step(wait=Wait(DAYS, after=DELIVERED)),))
    found = plan(rule, walker(), ana(), [], NOON)
    assert found == Later(walker(), NOON + LOOK_AGAIN, is_known=False)
    known = walker(facts=facts_of(delivered_at=NOON - DAY))
    assert planned(rule, known).planned_for == NOON + 2 * DAY


TAKER = a_rule("status is missing", name="vip")


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"rule": a_rule(holdout=Decimal(100))}, Reason.HELD_OUT),
        ({"takers": [TAKER]}, Reason.TAKEN_OVER),
        ({"takers": [replace(TAKER, mode=Mode.SHADOW)]}, None),  # a shadow silences nobody
        ({"gone": True}, Reason.CANCELLED_BY_DATA),
        ({"walker": walker(step=1)}, Reason.FINISHED),
    ],
)
def test_an_enrollment_ends_when_there_is_nothing_to_say(
    changed: dict[str, Any], reason: Reason | None
) -> None:
    at = changed.get("walker", walker())
    if changed.get("gone"):
        at = replace(at, subject=replace(at.subject, facts=None))
    found = plan(changed.get("rule", a_rule()), at, ana(), changed.get("takers", []), NOON)
    assert (found.reason if isinstance(found, Ended) else None) is reason


@pytest.mark.parametrize(
    ("purpose_hours", "now", "gives_up"),
    [
        (6, NOON, False),  # the customers may come after the orders
        (6, NOON + 6 * HOUR - LOOK_AGAIN, False),
        (6, NOON + 6 * HOUR, True),  # the message would have expired
        (48, NOON + 6 * HOUR, False),
    ],
)
def test_a_customer_who_is_not_known_yet_is_waited_for_as_long_as_the_message_would_last(
    purpose_hours: int, now: datetime, gives_up: bool
) -> None:
    rule = a_rule(purpose=Purpose.SERVICE, expires_after=Duration(minutes=60 * purpose_hours))
    found = plan(rule, walker(), None, [], now)
    if gives_up:
        assert found == Ended(walker(), Reason.NO_CUSTOMER)
    else:
        assert found == Later(walker(), now + LOOK_AGAIN, is_known=False)


REPEATING = a_rule(steps=(a_step(repeat=Repeat(DAYS, 3)), a_step("last")))


@pytest.mark.parametrize(
    ("step", "repetition", "skipped", "next_one"),
    [
        (0, 1, False, (0, 2)),
        (0, 2, False, (0, 3)),
        (0, 3, False, (1, 1)),  # three times in all
        (0, 2, True, (1, 1)),  # `until`: no more of it, but the next step comes
        (1, 1, False, (2, 1)),  # past the last: the end
    ],
)
def test_an_enrollment_repeats_a_step_and_then_goes_on(
    step: int, repetition: int, skipped: bool, next_one: tuple[int, int]
) -> None:
    assert next_place(REPEATING, step, repetition, skipped=skipped) == next_one


def test_a_repetition_is_due_its_interval_after_the_one_before() -> None:
    found = planned(REPEATING, walker(base_at=NOON, repetition=2))
    assert found.planned_for == NOON + 3 * DAY


def test_a_step_waits_at_a_time_of_day_on_the_recipient_s_clock() -> None:
    rule = a_rule(steps=(a_step(wait=Wait(Duration(days=1), at=time(10))),))
    found = planned(rule, walker(), zone="America/New_York", phone=None)
    assert found.planned_for == datetime(2026, 11, 21, 15, tzinfo=UTC)
