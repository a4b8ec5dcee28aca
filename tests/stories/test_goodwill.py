"""Goodwill: a coupon goes with an apology once, to who may have it, while there is money."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from outreach.channels.sandbox import Arrived
from outreach.channels.sandbox.faults import refusal, reset_after, too_many
from outreach.cli.commands.preview import coupons_said
from outreach.model import CouponState, Kind, MessageState, Purpose, Reason, SubjectRef
from outreach.passes import decisions
from outreach.passes.explain import explain, explain_message
from outreach.passes.preview import preview
from outreach.passes.stocking import stock
from outreach.store.frames import table_of
from outreach.store.goodwill import Coupon
from tests.stories.conftest import Story
from tests.stories.providers import Providers

POOL = "coupons: {five: {codes: five.csv, value: 5 EUR, expires: 60 days}}"
LATE = """
- rule: late
  about: order
  when:
    - promised_at is in the past
  cancel_if:
    - status is cancelled
  steps:
    - send: gift
      via: [email, sms]
      if_undelivered: next channel after 30 minutes
      offer: {OFFER}
"""
CODES = [(number, f"GIFT-{number}", "") for number in range(1, 6)]


@pytest.fixture
def providers(story: Story) -> Iterator[Providers]:
    running = Providers(story)
    yield running
    running.server.stop()


def begin(
    story: Story, offer: str = "", *, codes: int = 5, pool: str = POOL, more: str = ""
) -> Story:
    """A shop whose apologies for late orders come with a coupon of five euros."""
    story.settings(pool).rules(LATE.replace("OFFER", f"coupon: five{offer}") + more)
    pool_of = story.setup.pools["five"]
    stock(story.store, pool_of, "five.csv", CODES[:codes], now=story.clock.now())
    return story


def late(story: Story, *names: str, at: str = "today 13:00", agreed: bool = True) -> Story:
    """Let an order of each be late: A-ana of ana."""
    for name in names:
        story.customer(name)
        if agreed:
            story.says(name, Purpose.MARKETING, yes=True)
        story.order(f"A-{name}", name, promised_at=at)
    return story


def code_in(mail: Arrived) -> str | None:
    words = mail.text.partition("GIFT-")
    return f"GIFT-{words[2].split()[0]}" if words[1] else None


def coupons(story: Story) -> list[Any]:
    table = table_of(Coupon)
    with story.store.read() as connection:
        return list(connection.execute(select(table).order_by(table.c.id)))


def states(story: Story) -> Counter[str]:
    return Counter(row.state for row in coupons(story))


def test_a_coupon_goes_with_the_apology(story: Story) -> None:
    late(begin(story), "ana").until("today 14:00")
    mail = story.expect("ana", "gift", says=["GIFT-1 is worth €5.00", "hear of offers"])
    # a coupon makes a mail advertising, which mail programs must be able to end
    assert "List-Unsubscribe" in mail.headers
    first = coupons(story)[0]
    assert (first.state, first.customer_id, first.amount) == ("given", "ana", 5)
    # the customer's clock, sixty days on
    assert story.shown(first.expires_at) == "2027-01-19 13:00"


def test_without_consent_the_same_apology_goes_without_it(story: Story) -> None:
    late(begin(story), "ana", agreed=False).until("today 14:00")
    story.expect("ana", "gift", says=["Sorry, A-ana."], never_says=["GIFT", "hear of offers"])
    assert states(story) == {"free": 5}


def test_a_no_after_it_was_planned_gives_the_code_back(story: Story) -> None:
    late(begin(story), "ana", at="today 21:00").until("today 22:00")
    assert states(story) == {"free": 4, "reserved": 1}
    story.says("ana", Purpose.MARKETING, yes=False).until("tomorrow 10:00")
    story.expect("ana", "gift", never_says=["GIFT"])
    assert states(story) == {"free": 5}


def test_what_is_cancelled_gives_its_code_back(story: Story) -> None:
    late(begin(story), "ana", at="today 21:00").until("today 22:00")
    assert states(story)["reserved"] == 1
    story.change("A-ana", status="cancelled").until("tomorrow 10:00").expect_nothing()
    assert states(story) == {"free": 5}
    assert {row.message_id for row in coupons(story)} == {None}


def test_one_customer_gets_one_in_ninety_days(story: Story) -> None:
    late(begin(story, ", per_customer: 1 per 90 days"), "ana").until("today 14:00")
    story.expect("ana", "gift", says=["GIFT-1"])
    story.order("A-2", "ana", promised_at="today 15:00").until("today 16:00")
    story.expect("ana", "gift", never_says=["GIFT"])
    story.advance("91 days").order("A-3", "ana", promised_at="+1 hour").advance("1 day")
    story.expect("ana", "gift", says=["GIFT-2"])


def test_a_rule_gives_so_many(story: Story) -> None:
    late(begin(story, ", total: 2 per 30 days"), "ana", "bo", "cy").until("today 14:00")
    came = [story.expect(name, "gift") for name in ("ana", "bo", "cy")]
    assert sorted(map(str, map(code_in, came))) == ["GIFT-1", "GIFT-2", "None"]


def test_the_budget_is_that_of_a_month_on_the_shops_clock(story: Story) -> None:
    story.starts("2026-11-30 10:00")
    begin(story, ", budget: 10 EUR per month")
    late(story, "ana", "bo", "cy", at="2026-11-30 12:00").until("2026-11-30 13:00")
    came = [story.expect(name, "gift") for name in ("ana", "bo", "cy")]
    assert sum(code_in(mail) is not None for mail in came) == 2
    late(story, "dee", at="2026-12-01 08:00").until("2026-12-01 10:00")
    story.expect("dee", "gift", says=["GIFT-"])


def test_the_last_code_is_the_last(story: Story) -> None:
    late(begin(story, codes=1), "ana", "bo").until("today 14:00")
    came = [story.expect(name, "gift") for name in ("ana", "bo")]
    assert sorted(map(str, map(code_in, came))) == ["GIFT-1", "None"]


def test_spent_may_mean_skip(story: Story) -> None:
    late(begin(story, ", when_spent: skip", codes=0), "ana").until("today 14:00").expect_nothing()
    entry = story.expect_state("A-ana", MessageState.CANCELLED, Reason.OFFER_SPENT)
    assert entry.note == "five: no code is left"


def test_spent_may_mean_that_a_person_is_asked(story: Story) -> None:
    late(begin(story, ", when_spent: hold", codes=0), "ana").until("today 14:00").expect_nothing()
    story.expect_state("A-ana", MessageState.HELD, Reason.OFFER_SPENT)
    story.approve().until("today 15:00").expect("ana", "gift", never_says=["GIFT"])


DEAR = "coupons: {five: {codes: five.csv, value: 50 EUR, approval_above: 20 EUR}}"


def test_a_dear_coupon_needs_a_person(story: Story) -> None:
    late(begin(story, pool=DEAR), "ana").until("today 14:00").expect_nothing()
    story.expect_state("A-ana", MessageState.HELD, Reason.DEAR_COUPON)
    assert states(story)["reserved"] == 1
    story.approve().until("today 15:00").expect("ana", "gift", says=["GIFT-1 is worth €50.00"])


def test_approved_is_asked_once_more(story: Story) -> None:
    """Who says no to marketing in the meantime gets the apology alone, and the code goes back."""
    late(begin(story, pool=DEAR), "ana").until("today 14:00")
    story.says("ana", Purpose.MARKETING, yes=False).approve().until("today 15:00")
    story.expect("ana", "gift", never_says=["GIFT"])
    assert states(story) == {"free": 5}


def test_a_rejected_dear_coupon_goes_back(story: Story) -> None:
    late(begin(story, pool=DEAR), "ana").until("today 14:00")
    story.reject().until("today 15:00").expect_nothing()
    assert states(story) == {"free": 5}


def test_shadow_takes_nothing(story: Story) -> None:
    begin(story, codes=1, more="  mode: shadow\n")
    late(story, "ana").until("today 14:00").expect_nothing()
    story.expect_state("A-ana", MessageState.CANCELLED, Reason.SHADOW)
    assert states(story) == {"free": 1}


def test_what_was_refused_for_now_keeps_its_code(story: Story) -> None:
    begin(story).sandbox.script(too_many())
    late(story, "ana").until("today 13:00")
    (mine,) = [row for row in coupons(story) if row.state != CouponState.FREE.value]
    assert mine.state == CouponState.RESERVED.value
    story.until("today 14:00").expect("ana", "gift", says=[mine.code])
    assert states(story) == {"free": 4, "given": 1}


def test_what_was_refused_for_good_gives_its_code_back(story: Story) -> None:
    begin(story).sandbox.script(refusal(400, "malformed", blamed_field="content"))
    late(story, "ana").until("today 14:00")
    story.expect_state("A-ana", MessageState.FAILED, Reason.PROVIDER_REJECTED)
    assert states(story) == {"free": 5}


def test_a_code_in_doubt_stays_with_its_message(story: Story) -> None:
    """It may be out: nobody else gets it, whatever a person says of the message later."""
    begin(story).sandbox.script(reset_after())
    late(story, "ana").until("today 14:00")
    story.expect_state("A-ana", MessageState.UNKNOWN, Reason.IN_DOUBT)
    story.everything_that_came()
    (mine,) = [row for row in coupons(story) if row.state == CouponState.GIVEN.value]
    now = story.clock.now()
    assert mine.message_id
    decisions.settle(story.setup, mine.message_id, was_sent=False, who="mara", now=now)
    decisions.cancel(story.setup, mine.message_id, who="mara", now=now)
    assert states(story) == {"free": 4, "given": 1}
    late(story, "bo", at="today 15:00").until("today 16:00")
    assert code_in(story.expect("bo", "gift")) != mine.code


def test_what_is_said_once_more_says_the_same_code(story: Story, providers: Providers) -> None:
    """The mail bounced: the text has its code, and counts as the same coupon."""
    begin(story, ", per_customer: 1 per 90 days")
    story.customer("ana", phone="+4915550101").says("ana", Purpose.MARKETING, yes=True)
    story.order("A-ana", "ana", promised_at="today 13:00").until("today 13:05")
    mail = story.expect("ana", "gift", says=["GIFT-1"])
    providers.tell(mail, "processed", "bounce", type="bounce", reason="550 no such user")
    story.until("today 14:00").expect("+4915550101", "gift", via="sms", says=["GIFT-1"])
    assert states(story) == {"free": 4, "given": 1}


def test_a_combined_message_has_one_coupon(story: Story) -> None:
    begin(story, more="  combine_within: 2 hours\n")
    late(story, "ana").order("A-2", "ana", promised_at="today 13:30").until("today 16:00")
    story.expect("ana", "gift", about=["A-ana", "A-2"], says=["GIFT-1"])
    assert states(story) == {"free": 4, "given": 1}


def test_a_look_ahead_says_who_would_get_a_coupon_and_why_others_would_not(story: Story) -> None:
    begin(story, codes=1)
    late(story, "ana")
    late(story, "ben", agreed=False).until("today 12:30")
    now = story.clock.now()
    found = preview(story.setup, now=now, until=now + timedelta(days=1))
    told = {message.customer: str(message.offered) for message in found.messages}
    assert told["ana"] == "with a coupon of five worth 5 EUR"
    assert told["ben"].startswith("without the coupon of five: ")
    assert coupons_said(found.messages) == "five: 1 × 5 EUR = 5 EUR"
    assert [row.state for row in coupons(story)] == ["free"]  # nothing was taken


def test_a_look_ahead_says_what_is_left_of_the_budget(story: Story) -> None:
    """What one of them has reserved already is still hers to spend."""
    begin(story, ", budget: 20 EUR per month")
    late(story, "ana").until("today 14:00").expect("ana", "gift", says=["GIFT-1"])
    late(story, "bo", at="today 20:30").until("today 20:31")
    assert states(story) == {"free": 3, "given": 1, "reserved": 1}
    late(story, "cyd", at="today 20:45").until("today 20:32")
    (mine,) = [row for row in coupons(story) if row.state == CouponState.RESERVED.value]
    (told,) = explain(story.setup, SubjectRef(Kind.ORDER, "A-bo"), now=story.clock.now()).rules
    assert told.foretold
    assert str(told.foretold.offered) == f"with coupon {mine.id} of five worth 5 EUR"
    message = explain_message(story.setup, told.messages[0].id, now=story.clock.now())
    assert message.coupon == mine
    now = story.clock.now()
    found = preview(story.setup, now=now, until=now + timedelta(days=1))
    said = "five: 2 × 5 EUR = 10 EUR of 15 EUR left this month"
    assert coupons_said(found.messages, found.budgets) == said
