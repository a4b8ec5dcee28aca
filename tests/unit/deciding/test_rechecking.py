"""Rechecking: what merely passed by does not kill a message, what was moved or changed does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from outreach.deciding.rechecking import first_broken, first_true, said, still_holds
from outreach.model import Position
from outreach.rules.conditions import AllOf, AnyOf, Condition, NoneOf
from tests.unit.deciding.conftest import DAY, HOUR, NOON, facts_of, say

NOW = NOON + 10 * HOUR  # quiet hours kept the message: it matched at noon
GONE_OUT = say("status is out_for_delivery")
LATELY = say("status_changed_at is within the last 2 hours")


@pytest.mark.parametrize(
    ("condition", "values", "holds"),
    [
        # a window that merely passed by
        (LATELY, {"status_changed_at": NOON}, True),
        (say("promised_at is in the future"), {"promised_at": NOON + HOUR}, True),
        (say("promised_at is between 1 hour and 2 hours ago"), {"promised_at": NOON - HOUR}, True),
        # a date that was moved: today's date, asked about then
        (say("promised_at is more than 1 day ago"), {"promised_at": NOON + 3 * DAY}, False),
        (say("promised_at is more than 1 day ago"), {"promised_at": NOON - DAY}, True),
        (say("promised_at is more than 1 day ago"), {"promised_at": None}, False),
        # moved, but it would still have matched then
        (say("promised_at is more than 1 day ago"), {"promised_at": NOON - 5 * DAY}, True),
        # a state is asked about now
        (GONE_OUT, {"status": "out_for_delivery"}, True),
        (GONE_OUT, {"status": "delivered"}, False),
        (say("status is not delivered"), {"status": "delivered"}, False),
        # a state and since when: it left and came back after it matched
        (
            say("status is packed for more than 4 hours"),
            {"status": "packed", "status_changed_at": NOON - 4 * HOUR},
            True,
        ),
        (
            say("status is packed for more than 4 hours"),
            {"status": "packed", "status_changed_at": NOON + HOUR},
            False,
        ),
        # a constant date is neither now nor then
        (say("promised_at is before 2026-12-01"), {"promised_at": NOON}, True),
        # groups, part by part
        (
            AllOf(parts=(GONE_OUT, LATELY)),
            {"status": "delivered", "status_changed_at": NOON},
            False,
        ),
        (AnyOf(parts=(GONE_OUT, LATELY)), {"status": "delivered", "status_changed_at": NOON}, True),
        (NoneOf(parts=(LATELY,)), {"status_changed_at": NOON - DAY}, True),
        (NoneOf(parts=(LATELY,)), {"status_changed_at": NOON}, False),
        # what `none` forbids only after the match does not undo the match
        (
            NoneOf(parts=(say("promised_at is within the next 1 hour"),)),
            {"promised_at": NOW + HOUR},
            True,
        ),
    ],
)
def test_states_are_asked_about_now_and_times_about_the_match(
    condition: Condition, values: dict[str, Any], holds: bool
) -> None:
    facts = facts_of(**values)
    assert still_holds(condition, facts, matched_at=NOON, now=NOW) is holds
    broken = first_broken(
        [say("status is not cancelled"), condition], facts, matched_at=NOON, now=NOW
    )
    assert broken is (None if holds else condition)


def test_what_stops_a_message_is_asked_about_now_times_included() -> None:
    opened = say("return_requested_at is within the last 2 hours")
    facts = facts_of(return_requested_at=NOW - HOUR)
    assert first_true([GONE_OUT, opened], facts, NOW) is opened
    assert first_true([GONE_OUT, opened], facts, NOW + timedelta(days=1)) is None


def test_a_condition_is_said_in_the_operator_s_words_with_its_line() -> None:
    place = Position("rules/orders.yaml", 14, 7)
    group = AnyOf(parts=(GONE_OUT,), position=place)
    assert said(GONE_OUT) == "status is out_for_delivery"
    assert said(group) == "any (rules/orders.yaml:14)"
