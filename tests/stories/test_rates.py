"""Rates: a channel's day ends, and a provider that is busy is left alone by everybody."""

from __future__ import annotations

from dataclasses import replace

from outreach.channels.sandbox.faults import too_many
from outreach.deciding.throttling import Allowance
from outreach.model import Channel, MessageState, Reason
from tests.stories.conftest import Story

LATE = """
- rule: late
  about: order
  when:
    - promised_at is in the past
  steps:
    - send: note
      via: [VIA]
"""
PHONE = "+49155501010"


def late(story: Story, *times: str, via: str = "email", cap: int | None = None) -> Story:
    """Let orders of a customer each be late at these times."""
    story.rules(LATE.replace("VIA", via))
    bounded = {Channel.EMAIL: Allowance(daily_cap=cap)}
    story.simulation.setup = replace(story.setup, allowances=bounded)
    for number, time in enumerate(times, 1):
        story.customer(f"ana{number}", phone=f"{PHONE}{number}")
        story.order(f"A-{number}", f"ana{number}", promised_at=f"today {time}")
    return story


def test_what_is_over_the_cap_goes_out_in_the_morning(story: Story) -> None:
    late(story, "13:00", "13:01", "13:02", cap=2).until("14:00")
    story.expect("ana1")
    story.expect("ana2")
    story.expect_state("A-3", MessageState.PLANNED, Reason.DAILY_CAP)
    story.until("tomorrow 08:59").expect_nothing()
    story.until("09:00").expect("ana3", at="2026-11-21 09:00")


def test_what_the_provider_refused_for_now_counts_for_no_cap(story: Story) -> None:
    story.sandbox.script(too_many(), times=3)
    late(story, "13:00", cap=1).until("14:00").expect("ana1")


def test_a_busy_provider_is_left_alone_by_all_messages(story: Story) -> None:
    story.sandbox.script(too_many({"Retry-After": "1800"}))
    late(story, "13:00", "13:10").until("13:29").expect_nothing()
    story.expect_state("A-2", MessageState.PLANNED, Reason.RATE_LIMITED)
    story.until("13:30").expect("ana1", at="2026-11-20 13:30")
    story.expect("ana2", at="2026-11-20 13:30")


def test_the_wait_that_twilio_asks_for_is_not_lost_in_its_sdk(story: Story) -> None:
    story.sandbox.script(too_many({"Retry-After": "Fri, 20 Nov 2026 12:45:00 GMT"}))
    late(story, "13:00", "13:10", via="sms").until("13:44").expect_nothing()
    story.until("13:45").expect(f"{PHONE}1", via="sms", at="2026-11-20 13:45")
    story.expect(f"{PHONE}2", via="sms", at="2026-11-20 13:45")


def test_the_other_channel_is_not_busy(story: Story) -> None:
    story.sandbox.script(too_many({"Retry-After": "1800"}))
    late(story, "13:00", via="email, sms").until("13:01")
    story.customer("bo", email=None, phone=f"{PHONE}9")
    story.order("A-9", "bo", promised_at="today 13:10")
    story.until("13:29").expect(f"{PHONE}9", via="sms", at="2026-11-20 13:10")
    story.until("13:30").expect("ana1")


def test_patience_takes_no_try_away(story: Story) -> None:
    """However often it is asked for, the next try comes when the provider wants it."""
    story.sandbox.script(too_many({"Retry-After": "120"}), times=9)
    late(story, "13:00").until("13:17").expect_nothing()
    story.until("13:18").expect("ana1", at="2026-11-20 13:18")
