"""The next channel: what receipts say did not arrive is said another way, once, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from outreach.channels.sandbox import Arrived
from outreach.channels.sandbox.faults import reset_after
from outreach.model import Channel, MessageState, Purpose, Reason
from outreach.passes.ahead.outlook import Outcome
from outreach.passes.preview import preview
from tests.stories.conftest import Story
from tests.stories.providers import Providers

LATE = """
- rule: late
  about: order
  when:
    - promised_at is in the past
  cancel_if:
    - status is cancelled
  steps:
    - send: note
      via: [email, sms]
      if_undelivered: next channel after 30 minutes
    - send: second
      wait: WAIT
"""
PHONE = "+4915550101"
GONE = {"type": "bounce", "reason": "550 no such user"}


@pytest.fixture
def providers(story: Story) -> Iterator[Providers]:
    running = Providers(story)
    yield running
    running.server.stop()


def sent(story: Story, *, wait: str = "1 day", at: str = "13:00") -> Arrived:
    """Let an order be late, and the mail about it leave."""
    story.rules(LATE.replace("WAIT", wait)).customer("ana", phone=PHONE)
    story.order("A-1", "ana", promised_at=f"today {at}").until(at)
    return story.expect("ana")


def test_a_bounce_is_followed_by_a_text(story: Story, providers: Providers) -> None:
    mail = sent(story)
    story.until("13:10")
    providers.tell(mail, "processed", "bounce", **GONE)
    story.until("13:39").expect_nothing()
    story.until("14:00").expect(PHONE, via="sms", at="2026-11-20 13:40", about="A-1")
    # the address is on the list now; the next step counts from when the first was meant
    story.until("tomorrow 13:00")
    story.expect_state("A-1", MessageState.SUPPRESSED, Reason.SUPPRESSED)
    story.until("sunday 13:00").expect_nothing()


def test_what_is_told_again_is_not_said_again(story: Story, providers: Providers) -> None:
    mail = sent(story)
    providers.tell(mail, "bounce", type="blocked", reason="greylisted")
    story.until("13:30").expect(PHONE, via="sms")
    providers.tell(mail, "bounce", type="blocked", reason="greylisted, again")
    story.until("tomorrow 13:00").expect("ana", "second", at="2026-11-21 13:00")
    story.until("sunday 13:00").expect_nothing()


@pytest.mark.parametrize("word", ["delivered", "processed", "deferred"])
def test_what_was_not_said_to_be_lost_is_not_said_twice(
    story: Story, providers: Providers, word: str
) -> None:
    mail = sent(story)
    providers.tell(mail, word)
    story.until("tomorrow 12:59").expect_nothing()
    story.until("13:00").expect("ana", "second")


def test_nothing_follows_what_arrived_after_all(story: Story, providers: Providers) -> None:
    mail = sent(story)
    providers.tell(mail, "bounce", type="blocked", reason="greylisted")
    story.until("13:10").expect_nothing()
    providers.tell(mail, "delivered")
    story.until("13:30").expect_state("A-1", MessageState.CANCELLED, Reason.REACHED_BEFORE)
    story.until("tomorrow 13:00").expect("ana", "second", at="2026-11-21 13:00")


def test_nothing_follows_what_is_in_doubt(story: Story, providers: Providers) -> None:
    story.sandbox.script(reset_after())
    mail = sent(story)
    story.expect_state("A-1", MessageState.UNKNOWN, Reason.IN_DOUBT)
    story.until("15:00").expect_nothing()
    providers.tell(mail, "bounce", **GONE)  # now it is certain
    story.until("15:30").expect(PHONE, via="sms", at="2026-11-20 15:30")


def test_the_text_waits_for_the_morning(story: Story, providers: Providers) -> None:
    mail = sent(story, at="19:40")
    providers.tell(mail, "bounce", **GONE)
    story.until("tomorrow 08:59").expect_nothing()
    story.until("09:00").expect(PHONE, via="sms", at="2026-11-21 09:00")


def test_the_next_channel_needs_its_own_consent(story: Story, providers: Providers) -> None:
    mail = sent(story)
    story.says("ana", Purpose.SERVICE, yes=False, via=Channel.SMS)
    providers.tell(mail, "bounce", type="blocked", reason="greylisted")
    story.until("13:30").expect_state("A-1", MessageState.SUPPRESSED, Reason.OPTED_OUT)
    story.until("tomorrow 13:00").expect("ana", "second")  # the rule has not ended


def test_what_was_settled_meanwhile_is_not_said(story: Story, providers: Providers) -> None:
    mail = sent(story)
    providers.tell(mail, "bounce", type="blocked", reason="greylisted")
    story.until("13:10").change("A-1", status="cancelled")
    story.until("13:30").expect_state("A-1", MessageState.CANCELLED, Reason.CANCELLED_BY_RULE)
    story.until("tomorrow 13:00").expect_nothing()


def test_who_was_called_off_before_hears_nothing(story: Story, providers: Providers) -> None:
    mail = sent(story)
    story.change("A-1", status="cancelled").until("13:10")
    providers.tell(mail, "bounce", type="blocked", reason="greylisted")
    story.until("tomorrow 13:00").expect_nothing()


def test_the_next_step_waits_its_turn(story: Story, providers: Providers) -> None:
    mail = sent(story, wait="20 minutes")
    providers.tell(mail, "bounce", type="blocked", reason="greylisted")
    story.until("13:29").expect_nothing()
    story.until("14:00").expect(PHONE, via="sms", at="2026-11-20 13:30")
    story.expect("ana", "second", at="2026-11-20 13:31")


def test_what_the_rule_has_gone_on_from_is_not_said_late(
    story: Story, providers: Providers
) -> None:
    mail = sent(story, wait="20 minutes")
    story.until("13:20").expect("ana", "second")
    providers.tell(mail, "bounce", type="blocked", reason="greylisted")
    story.until("tomorrow 13:00").expect_nothing()


@pytest.mark.parametrize("wait", ["1 day", "20 minutes"])
def test_it_is_foretold(story: Story, providers: Providers, wait: str) -> None:
    """Before planning has looked at it, and after."""
    mail = sent(story, wait=wait)
    providers.tell(mail, "bounce", type="blocked", reason="greylisted")
    for _ in range(2):
        now = story.clock.now()
        found = preview(story.setup, now=now, until=now + timedelta(days=2))
        went = [
            (m.step, m.channel, m.due_at) for m in found.messages if m.outcome is Outcome.WILL_SEND
        ]
        assert went == [
            ("note", Channel.SMS, story.time("13:30")),
            ("second", Channel.EMAIL, story.time("13:30" if wait != "1 day" else "tomorrow 13:00")),
        ]
        story.until("13:01")
    story.until("sunday 13:00").everything_that_came()
