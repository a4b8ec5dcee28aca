"""Offers: who gets a coupon, who does not and why; what becomes of the message then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from outreach.deciding.gates import judge
from outreach.deciding.offering import Held, Till, judge_offer, offer_verdict
from outreach.deciding.recipients import ConsentWord, Recipient
from outreach.deciding.rendering.templates import Rendered
from outreach.deciding.verdicts import Decision
from outreach.model import Channel, Money, Purpose, Reason
from outreach.rules.limits import Rate
from outreach.rules.offer import Offer, Pool, WhenSpent
from outreach.timing.durations import Duration
from tests.unit.berlin import BERLIN
from tests.unit.deciding.conftest import a_rule, a_step, circumstances
from tests.unit.ledger import NOON

FIVE = Money(Decimal(5), "EUR")
POOL = Pool("five", "five.csv", FIVE, Duration(days=60))
RATE = Rate(1, Duration(days=90))
YES = ConsentWord(Purpose.MARKETING, None, granted=True, at=NOON)
NO_SMS = ConsentWord(Purpose.MARKETING, Channel.SMS, granted=False, at=NOON)
ADDRESSES = {"id": "ana", "email": "ana@example.com", "phone": "+4915550101"}
ANA = Recipient(ADDRESSES, BERLIN, [YES])
TILL = Till(POOL, free=(7, "GIFT-7"))
DAY = timedelta(days=1)


def offer(**more: object) -> Offer:
    return replace(Offer("five"), **more)  # type: ignore[arg-type]


def test_who_agreed_gets_one() -> None:
    found = judge_offer(offer(), TILL, ANA, Channel.EMAIL, NOON)
    assert found.coupon
    assert (found.coupon.code, found.coupon.value) == ("GIFT-7", FIVE)
    assert found.coupon.expires_at == NOON + 60 * DAY
    assert str(found) == "with coupon 7 of five worth 5 EUR"


@pytest.mark.parametrize(
    ("consents", "channel"),
    [([], Channel.EMAIL), ([YES, NO_SMS], Channel.SMS)],
)
def test_who_did_not_agree_on_the_channel_gets_none(
    consents: Sequence[ConsentWord], channel: Channel
) -> None:
    person = Recipient(ADDRESSES, BERLIN, consents)
    found = judge_offer(offer(when_spent=WhenSpent.SKIP), TILL, person, channel, NOON)
    assert found.coupon is None
    assert not found.is_spent
    verdict = offer_verdict(offer(when_spent=WhenSpent.SKIP), POOL, found, is_approved=False)
    assert verdict.decision is Decision.GO  # the words go without it


@pytest.mark.parametrize(
    ("made", "till", "why", "spent"),
    [
        (offer(per_customer=RATE), {"to_customer": [NOON - 89 * DAY]}, "they had 1 per 90", False),
        (offer(per_customer=RATE), {"to_customer": [NOON - 90 * DAY]}, "", False),
        (offer(total=RATE), {"by_rule": [NOON - DAY]}, "the rule has given 1 per 90", True),
        (offer(budget=Money(Decimal(10), "EUR")), {"spent": Decimal(5)}, "", False),
        (
            offer(budget=Money(Decimal(10), "EUR")),
            {"spent": Decimal("5.01")},
            "the budget of 10 EUR per month is spent",
            True,
        ),
        (offer(), {"free": None}, "no code is left", True),
    ],
)
def test_limits(made: Offer, till: dict[str, object], why: str, spent: bool) -> None:
    told = replace(TILL, **till)  # type: ignore[arg-type]
    found = judge_offer(made, told, ANA, Channel.EMAIL, NOON)
    assert (found.coupon is None) == bool(why)
    assert found.why.startswith(why)
    assert found.is_spent == spent


def test_a_code_that_may_be_out_is_the_messages_for_ever() -> None:
    """No limit takes it away, and it is worth what it was."""
    mine = Held(3, "old", "GIFT-3", is_out=True, value=Money(Decimal(9), "EUR"))
    told = replace(TILL, own=mine, free=None, to_customer=[NOON])
    found = judge_offer(offer(per_customer=RATE), told, ANA, Channel.EMAIL, NOON)
    assert found.coupon
    assert (found.coupon.code, found.coupon.value.amount) == ("GIFT-3", 9)


@pytest.mark.parametrize(
    ("when", "approved", "decision"),
    [
        (WhenSpent.SEND_WITHOUT, False, Decision.GO),
        (WhenSpent.HOLD, False, Decision.HOLD),
        (WhenSpent.HOLD, True, Decision.GO),
        (WhenSpent.SKIP, False, Decision.STOP),
        (WhenSpent.SKIP, True, Decision.GO),
    ],
)
def test_when_it_is_spent(when: WhenSpent, approved: bool, decision: Decision) -> None:
    made = offer(when_spent=when)
    found = judge_offer(made, replace(TILL, free=None), ANA, Channel.EMAIL, NOON)
    assert offer_verdict(made, POOL, found, is_approved=approved).decision is decision


@pytest.mark.parametrize(
    ("approved", "worth", "reason"),
    [(False, 50, Reason.DEAR_COUPON), (True, 50, Reason.MATCHED), (True, 40, Reason.DEAR_COUPON)],
)
def test_a_person_agrees_to_one_sum(approved: bool, worth: int, reason: Reason) -> None:
    """Also when the message itself was let go: that may have been for another reason."""
    dear = replace(POOL, value=Money(Decimal(50), "EUR"), approval_above=Money(Decimal(20), "EUR"))
    mine = Held(3, "five", "GIFT-3", is_approved=approved, value=Money(Decimal(worth), "EUR"))
    found = judge_offer(offer(), Till(dear, own=mine), ANA, Channel.EMAIL, NOON)
    assert offer_verdict(offer(), dear, found, is_approved=True).reason is reason


def test_time_passes_on_the_customers_clock() -> None:
    """Sixty days over the end of summer time end at the same hour."""
    at = datetime.fromisoformat("2026-10-01 12:00+02:00")
    found = judge_offer(offer(), TILL, ANA, Channel.EMAIL, at)
    assert found.coupon
    assert found.coupon.expires_at == datetime.fromisoformat("2026-11-30 12:00+01:00")


def test_words_that_do_not_show_a_coupon_do_not_take_one() -> None:
    """A template of old, or of another channel: a code that nobody reads is not given."""
    found = judge_offer(offer(), TILL, ANA, Channel.EMAIL, NOON)
    step = replace(a_step(), offer=offer())
    for text, is_taken in (("Sorry. GIFT-7", True), ("Sorry.", False)):
        seen = circumstances(
            a_rule(steps=(step,)),
            step=step,
            look=lambda *_: found,
            pool=POOL,
            render=lambda *_, said=text: Rendered(said),
        )
        judged = judge(seen, NOON)
        assert judged.verdict.decision is Decision.GO
        assert judged.offered
        assert (judged.offered.coupon is not None) == is_taken
