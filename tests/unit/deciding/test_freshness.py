"""Freshness: a rule waits for the sources of what it asks, and for no others."""

from __future__ import annotations

from typing import Any

import pytest

from outreach.deciding.freshness import StaleSource
from outreach.deciding.gates import judge
from outreach.deciding.verdicts import Decision
from outreach.model import Kind, Reason
from outreach.rules.conditions import AnyOf, NoneOf
from tests.unit.deciding.conftest import HOUR, NOON, a_rule, a_step, ana, circumstances, say

CUSTOMER, ORDER, TICKET = Kind.CUSTOMER, Kind.ORDER, Kind.TICKET
GOLD = say("customer.tier is gold")
SHIPPED_OR_NOT_GOLD = AnyOf(parts=(say("status is shipped"), NoneOf(parts=(GOLD,))))


def stale(*kinds: Kind) -> list[StaleSource]:
    return [StaleSource("feed", frozenset(kinds), HOUR, NOON - 2 * HOUR)]


@pytest.mark.parametrize(
    ("rule", "kind", "waits"),
    [
        ({}, ORDER, True),
        ({}, CUSTOMER, False),  # its address alone is no reason to wait
        ({}, TICKET, False),
        ({"audience": (GOLD,)}, CUSTOMER, True),
        (
            {"when": (SHIPPED_OR_NOT_GOLD,)},
            CUSTOMER,
            True,
        ),
        ({"cancel_if": (GOLD,)}, CUSTOMER, True),
        ({"steps": (a_step(skip_if=(GOLD,)),)}, CUSTOMER, True),
        ({"steps": (a_step(stop_if=(GOLD,)),)}, CUSTOMER, True),
        ({"steps": (a_step(until=(GOLD,)),)}, CUSTOMER, True),
        # what is worked out here comes from the rows of others
        ({"audience": (say("customer.open_tickets is 0"),)}, TICKET, True),
        ({"audience": (say("customer.open_tickets is 0"),)}, CUSTOMER, False),
        (
            {"about": CUSTOMER, "when": (say("last_order_at is in the past", CUSTOMER),)},
            ORDER,
            True,
        ),
        # and what we sent ourselves we always know
        ({"cancel_if": (say("customer.last_contact_at is in the past"),)}, CUSTOMER, False),
        ({"cancel_if": (say("customer.last_sent.late is in the past"),)}, CUSTOMER, False),
    ],
)
def test_a_rule_waits_for_the_sources_of_what_it_asks(
    rule: dict[str, Any], kind: Kind, waits: bool
) -> None:
    seen = circumstances(a_rule(**rule), stale=stale(kind))
    assert (judge(seen, NOON).verdict.reason is Reason.SOURCE_STALE) is waits


def test_a_source_that_brings_several_kinds_counts_for_each() -> None:
    seen = circumstances(stale=stale(CUSTOMER, ORDER))
    assert judge(seen, NOON).verdict.reason is Reason.SOURCE_STALE


def test_it_waits_as_long_as_it_is_worth_sending_and_says_for_what() -> None:
    seen = circumstances(stale=stale(ORDER))
    verdict = judge(seen, NOON).verdict
    assert (verdict.decision, verdict.until) == (Decision.WAIT, seen.expires_at)
    assert verdict.note == "feed last brought data at 2026-11-20 10:00 UTC"
    never = StaleSource("feed", frozenset({ORDER}), HOUR, None)
    assert judge(circumstances(stale=[never]), NOON).verdict.note == "feed has not been read yet"
    assert judge(seen, seen.expires_at).verdict.reason is Reason.EXPIRED


def test_who_must_not_be_written_to_is_not_written_to_however_old_the_data_is() -> None:
    seen = circumstances(recipient=ana(erased_at=NOON), stale=stale(ORDER))
    assert judge(seen, NOON).verdict.reason is Reason.ERASED
