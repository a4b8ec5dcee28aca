"""Waits: when a step is due, who is held out and who is sampled follow from data alone."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from outreach.deciding.waits import is_held_out, is_outside_canary, is_sampled_out, step_due
from outreach.model import Kind
from outreach.rules.canary import Canary
from outreach.rules.document import Repeat, Wait
from outreach.rules.phrases import parse_rate
from outreach.timing.durations import Duration
from tests.unit.berlin import BERLIN, berlin
from tests.unit.deciding.conftest import CATALOGUE, a_rule, a_step, facts_of

DELIVERED = CATALOGUE.field(Kind.ORDER, "delivered_at")
BASE = "2026-11-20 13:00"  # a Friday
NOON = berlin("2026-11-20 12:00")


@pytest.mark.parametrize(
    ("wait", "delivered", "due"),
    [
        (None, None, BASE),  # no wait: at once
        (Wait(Duration(days=3)), None, "2026-11-23 13:00"),
        (Wait(Duration(business_days=1)), None, "2026-11-23 13:00"),  # over the weekend
        (Wait(Duration(business_minutes=300)), None, "2026-11-23 10:00"),  # four today, one Monday
        (Wait(Duration(days=1), at=time(10)), None, "2026-11-22 10:00"),  # the first 10:00 after
        # counted from a date in the data
        (Wait(Duration(days=3), after=DELIVERED), "2026-11-19 08:00", "2026-11-22 08:00"),
        (Wait(Duration(days=3), DELIVERED, at=time(10)), "2026-11-19 08:00", "2026-11-22 10:00"),
        (Wait(until=DELIVERED), "2026-11-25 08:00", "2026-11-25 08:00"),
        # a date long past: never before the step before it
        (Wait(Duration(days=3), after=DELIVERED), "2026-10-01 08:00", BASE),
        # a date that is missing: nobody knows
        (Wait(Duration(days=3), after=DELIVERED), None, None),
        (Wait(until=DELIVERED), None, None),
    ],
)
def test_a_step_is_due_when_its_wait_is_over(
    wait: Wait | None, delivered: str | None, due: str | None
) -> None:
    facts = facts_of(delivered_at=delivered and berlin(delivered))
    found = step_due(a_rule(), a_step(wait=wait), 1, facts, berlin(BASE), BERLIN)
    assert found == (due and berlin(due))


def test_repetitions_count_from_the_one_before_whatever_the_first_waited_for() -> None:
    step = a_step(wait=Wait(until=DELIVERED), repeat=Repeat(Duration(days=3), 3))
    for repetition in (2, 3):
        due = step_due(a_rule(), step, repetition, facts_of(), berlin(BASE), BERLIN)
        assert due == berlin("2026-11-23 13:00")


def test_a_wait_in_days_keeps_the_recipient_s_clock() -> None:
    step = a_step(wait=Wait(Duration(days=2)))
    due = step_due(a_rule(), step, 1, facts_of(), berlin("2026-10-24 13:00"), BERLIN)
    assert due == berlin("2026-10-26 13:00")  # 49 hours: the clocks went back


def out_of(rule: Any, people: int = 4000) -> set[str]:
    return {name for n in range(people) if is_held_out(rule, name := f"c{n}")}


def holding_out(share: str, name: str = "late") -> Any:
    return a_rule(name=name, holdout=Decimal(share))


@pytest.mark.parametrize("share", ["0", "0.5", "5", "10", "50", "100"])
def test_a_holdout_has_about_its_share_of_all_customers(share: str) -> None:
    part = len(out_of(holding_out(share))) / 4000
    assert abs(part - float(share) / 100) < 0.02
    assert share not in ("0", "100") or part == float(share) / 100


def test_raising_the_share_keeps_everybody_who_was_held_out() -> None:
    assert out_of(holding_out("5")) < out_of(holding_out("10")) < out_of(holding_out("50"))


def test_each_rule_holds_out_other_people() -> None:
    one, other = out_of(holding_out("10")), out_of(holding_out("10", "update"))
    assert len(one & other) < len(one) / 3


@pytest.mark.parametrize(
    ("customer", "stays_in_at", "is_out_at"),
    [
        # worked out once and written down: another answer would contact who was left out
        ("c1", "65.9", "66"),
        ("c2", "51.2", "51.3"),
        ("ana", "16.1", "16.2"),
    ],
)
def test_who_is_held_out_is_the_same_on_every_machine_and_in_every_version(
    customer: str, stays_in_at: str, is_out_at: str
) -> None:
    assert not is_held_out(holding_out(stays_in_at), customer)
    assert is_held_out(holding_out(is_out_at), customer)


def heard(share: str, name: str = "late") -> set[str]:
    rule = a_rule(name=name, canary=Canary(share=Decimal(share)))
    return {who for n in range(4000) if not is_outside_canary(rule, who := f"c{n}")}


@pytest.mark.parametrize("share", ["0", "0.5", "10", "50"])
def test_a_canary_is_live_for_about_its_share_of_all_customers(share: str) -> None:
    assert abs(len(heard(share)) / 4000 - float(share) / 100) < 0.02


def test_a_canary_that_grows_keeps_who_was_in_it() -> None:
    assert heard("5") < heard("10") < heard("50")


def test_a_canary_is_for_other_people_than_a_holdout_keeps_out() -> None:
    assert len(heard("10") & out_of(holding_out("10"))) < 80


def test_a_rule_without_a_canary_and_one_by_rate_are_for_everybody() -> None:
    by_rate = a_rule(canary=Canary(rate=parse_rate("20 per hour")))
    assert not any(
        is_outside_canary(rule, f"c{n}") for n in range(50) for rule in (a_rule(), by_rate)
    )


def asked_of(share: str, matched_at: datetime = NOON, tickets: int = 4000) -> set[str]:
    rule = a_rule(sample=Decimal(share))
    return {t for n in range(tickets) if not is_sampled_out(rule, t := f"T-{n}", matched_at)}


@pytest.mark.parametrize("share", ["0", "5", "50", "100"])
def test_a_sample_has_about_its_share_of_all_matches(share: str) -> None:
    part = len(asked_of(share)) / 4000
    assert abs(part - float(share) / 100) < 0.02
    assert share not in ("0", "100") or part == float(share) / 100


def test_raising_the_share_keeps_everybody_who_was_asked() -> None:
    assert asked_of("5") < asked_of("10") < asked_of("50")


def test_a_sample_is_drawn_anew_for_the_next_match() -> None:
    first, second = asked_of("10"), asked_of("10", NOON + timedelta(days=90))
    assert len(first & second) < len(first) / 3
    assert asked_of("10") == first
