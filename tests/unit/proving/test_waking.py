"""The alarm rings at the first instant at which a pass would find something, and not before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from outreach.model import Kind
from outreach.proving.simulation import Simulation
from outreach.proving.waking import SOON

START = datetime.fromisoformat("2026-11-20T12:00Z")  # a Friday, 13:00 in Berlin
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NIGHT = datetime.fromisoformat("2026-11-21T02:30Z")  # housekeeping: 03:30 in Berlin


def rule(when: str, *more: str, about: str = "order") -> str:
    lines = [f"- rule: r\n  about: {about}\n  when:\n    - {when}\n  steps: [{{send: note}}]"]
    return "\n".join([*lines, *(f"  {line}" for line in more)])


@pytest.mark.parametrize(
    ("rules", "values", "expected"),
    [
        (rule("promised_at is more than 2 hours ago"), {"promised_at": START}, START + 2 * HOUR),
        # ahead of a date
        (
            rule("promised_at is within the next 1 day"),
            {"promised_at": START + 30 * HOUR},
            START + 6 * HOUR,
        ),
        # reached long ago: it does not ring again
        (rule("promised_at is more than 2 hours ago"), {"promised_at": START - 40 * DAY}, NIGHT),
        # nobody has a date
        (rule("promised_at is more than 2 hours ago"), {}, NIGHT),
        # three business hours from 13:00: 16:00
        (
            rule("promised_at is more than 3 business hours ago"),
            {"promised_at": START},
            START + 3 * HOUR,
        ),
        # what stops being denied
        (
            rule("none: [{all: [promised_at is within the last 5 hours]}]"),
            {"promised_at": START},
            START + 5 * HOUR,
        ),
        # a field of the workspace's own
        (
            rule("bought_for is more than 2 hours ago"),
            {"bought_for": START + HOUR},
            START + 3 * HOUR,
        ),
        # what would cancel is looked at when it becomes true
        (
            rule("status is paid", "cancel_if: [promised_at is more than 1 hour ago]"),
            {"promised_at": START + HOUR},
            START + 2 * HOUR,
        ),
    ],
)
def test_it_rings_when_a_sentence_becomes_true(
    simulate: Callable[[str], Simulation],
    rules: str,
    values: dict[str, Any],
    expected: datetime,
) -> None:
    simulation = simulate(rules)
    simulation.change(START, Kind.CUSTOMER, "C-1", email="ana@example.com")
    simulation.change(START, Kind.ORDER, "A-1", customer_id="C-1", status="placed", **values)
    simulation.run_at(START)
    assert simulation.next_due() == expected


def test_it_rings_for_what_a_rule_said_before(simulate: Callable[[str], Simulation]) -> None:
    late = rule("promised_at is in the past").replace("rule: r", "rule: late")
    simulation = simulate(f"{late}\n{rule('last_sent.late is more than 2 hours ago')}")
    simulation.change(START, Kind.CUSTOMER, "C-1", email="ana@example.com")
    simulation.change(START, Kind.ORDER, "A-1", customer_id="C-1", promised_at=START)
    simulation.run_at(START)
    assert simulation.next_due() == START + SOON  # that it was sent is a change, not yet seen
    simulation.run_at(START + SOON)
    assert simulation.next_due() == START + 2 * HOUR


def test_it_rings_when_a_period_ends(simulate: Callable[[str], Simulation]) -> None:
    simulation = simulate(rule("open_tickets is 0", "once_per: day", about="customer"))
    simulation.run_at(START)
    assert simulation.next_due() == datetime.fromisoformat("2026-11-20T23:00Z")


def test_it_rings_when_a_message_is_due(simulate: Callable[[str], Simulation]) -> None:
    simulation = simulate(rule("status is paid").replace("send: note", "send: note, wait: 1 hour"))
    simulation.change(START, Kind.CUSTOMER, "C-1", email="ana@example.com")
    simulation.change(START, Kind.ORDER, "A-1", customer_id="C-1", status="paid")
    simulation.run_at(START)
    assert simulation.next_due() == START + HOUR


def test_it_rings_when_a_record_comes(simulate: Callable[[str], Simulation]) -> None:
    simulation = simulate(rule("status is paid"))
    simulation.run_at(START)
    simulation.change(START + 7 * HOUR, Kind.ORDER, "A-1", status="paid")
    assert simulation.next_due() == START + 7 * HOUR


def test_a_rule_that_is_off_rings_for_nothing(simulate: Callable[[str], Simulation]) -> None:
    simulation = simulate(rule("promised_at is more than 2 hours ago", 'mode: "off"'))
    simulation.change(START, Kind.ORDER, "A-1", promised_at=START)
    simulation.run_at(START)
    assert simulation.next_due() == NIGHT
