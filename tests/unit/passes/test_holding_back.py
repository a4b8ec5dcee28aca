"""Holding back: a rule that does too much harm pauses itself, once, and not for what is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from outreach.channels.receipts import Event, Receipt
from outreach.deciding.harm import Bearable, Harm, too_much
from outreach.model import Channel, Mode
from outreach.passes.holding_back import hold_back
from outreach.passes.opting_out import By, Word, opt_out
from outreach.passes.pausing import Scope, resume
from outreach.passes.receipts import take_receipts
from outreach.rules.document import Ruleset
from outreach.store.operations import AuditEntry
from outreach.store.permissions import Pause

HOUR = timedelta(hours=1)
#: of a few messages, so that a test needs no hundred
SOON = Bearable(Decimal(10), Decimal(40), Decimal(40), at_least=5)


@pytest.mark.parametrize(
    ("harm", "why"),
    [
        (Harm(100), ""),
        (Harm(3, bounces=3), ""),  # three of three say nothing yet
        (Harm(99, bounces=99), ""),
        (Harm(100, bounces=5), ""),  # as much as is borne
        (Harm(100, bounces=6), "6 of its 100 messages of a week bounced: 6.0%, more than 5%"),
        (Harm(100, complaints=2), ""),  # two people are no pattern
        (Harm(1000, complaints=3), ""),
        (Harm(999, complaints=3), "3 of its 999 messages of a week were called spam: 0.3%"),
        (Harm(100, opt_outs=4), "4 of its 100 messages of a week ended in an opt-out: 4.0%"),
        (Harm(100, opt_outs=4, bounces=6), "bounced: 6.0%, more than 5%; 4 of its 100"),
    ],
)
def test_a_rule_pauses_above_its_thresholds_and_not_for_a_few(harm: Harm, why: str) -> None:
    said = too_much(harm, Bearable())
    assert why in said
    assert bool(said) == bool(why)


def tell(shop: Any, event: Event, numbers: range, at: datetime) -> None:
    told = [Receipt("x", f"{event}-{n}", message_of(shop, n), event, at) for n in numbers]
    take_receipts(shop.store, told, now=at)


def message_of(shop: Any, number: int) -> str:
    found = dict(shop.messages("customer_id", "id"))
    return str(found[f"ana{number}"])


def paused(shop: Any) -> list[tuple[str, str, str, bool]]:
    return [(p.scope, p.name, p.who, p.ended_at is None) for p in shop.rows(Pause)]


@pytest.mark.parametrize("event", [Event.BOUNCED, Event.COMPLAINED, Event.UNSUBSCRIBED])
def test_a_rule_pauses_itself_and_goes_on_when_a_person_says_so(
    shop: Any, noon: datetime, event: Event
) -> None:
    shop._setup = replace(shop.setup, bearable=SOON)
    shop.late_orders(6).plan()
    shop.send()
    tell(shop, event, range(1, 3), noon + HOUR)
    assert hold_back(shop.setup, now=noon + HOUR) == {}
    tell(shop, event, range(3, 4), noon + HOUR)
    assert list(shop.send(noon + HOUR).held_back) == ["late"]
    assert paused(shop) == [("rule", "late", "outreach", True)]
    # what comes now waits, and harm that becomes known later changes nothing
    shop.customer("zoe").order("Z-1", "zoe", promised_at=noon - 48 * HOUR).plan(noon + 2 * HOUR)
    tell(shop, event, range(4, 5), noon + 2 * HOUR)
    assert shop.send(noon + 2 * HOUR).sent == 0
    resume(shop.store, Scope.RULE, "late", who="mara", now=noon + 3 * HOUR)
    assert shop.send(noon + 3 * HOUR).sent == 1
    # the old messages are known, and more about them does not count either
    tell(shop, event, range(5, 7), noon + 3 * HOUR)
    assert hold_back(shop.setup, now=noon + 4 * HOUR) == {}
    assert paused(shop) == [("rule", "late", "outreach", False)]
    deeds = [(row.who, row.action) for row in shop.rows(AuditEntry) if row.action != "apply"]
    assert deeds == [("outreach", "pause"), ("mara", "resume")]


def test_what_customers_say_on_our_pages_counts_too(shop: Any, noon: datetime) -> None:
    shop._setup = replace(shop.setup, bearable=SOON)
    shop.late_orders(6).plan()
    shop.send()
    for number in (1, 2, 3):
        whose, about = f"ana{number}", message_of(shop, number)
        with shop.store.write() as connection:
            word = Word(Channel.EMAIL, f"{whose}@example.com", By.PAGE, None, "", about, whose)
            opt_out(connection, word, now=noon + HOUR)
    assert list(hold_back(shop.setup, now=noon + HOUR)) == ["late"]
    assert "3 of its 6 messages of a week ended in an opt-out: 50.0%" in shop.rows(Pause)[0].reason


@pytest.mark.parametrize("change", [{"mode": Mode.SHADOW}, {"name": "other"}])
def test_only_a_live_rule_that_is_there_pauses_itself(
    shop: Any, noon: datetime, change: dict[str, Any]
) -> None:
    shop.late_orders(6).plan()
    shop.send()
    tell(shop, Event.BOUNCED, range(1, 7), noon + HOUR)
    rules = tuple(replace(rule, **change) for rule in shop.setup.ruleset if rule.name == "late")
    setup = replace(shop.setup, bearable=SOON, ruleset=Ruleset(rules, ""))
    assert hold_back(setup, now=noon + HOUR) == {}


def test_messages_of_a_week_ago_say_nothing_of_today(shop: Any, noon: datetime) -> None:
    shop._setup = replace(shop.setup, bearable=SOON)
    shop.late_orders(6).plan()
    shop.send()
    later = noon + 8 * 24 * HOUR
    tell(shop, Event.BOUNCED, range(1, 7), later)
    assert hold_back(shop.setup, now=later) == {}
