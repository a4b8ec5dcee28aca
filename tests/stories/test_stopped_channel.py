"""Stopped channels: while a provider refuses us everything waits, and then all of it goes out."""

from __future__ import annotations

import pytest

from outreach.channels.sandbox.faults import refusal, wrong_credentials
from outreach.model import MessageState, Reason
from outreach.passes.pausing import Scope, resume
from tests.stories.conftest import Story

LATE = """
- rule: late
  about: order
  when:
    - promised_at is in the past
  steps:
    - send: note
      via: [CHANNEL]
"""
PHONES = {"ana": "+4915550101", "ben": "+4915550102"}


def two_late_orders(story: Story, channel: str) -> Story:
    story.rules(LATE.replace("CHANNEL", channel))
    for name, number in (("ana", "A-1"), ("ben", "A-2")):
        story.customer(name, phone=PHONES[name])
        story.order(number, name, promised_at="today 13:00")
    return story


def expect_both(story: Story, channel: str, at: str) -> None:
    for name, phone in PHONES.items():
        story.expect(name if channel == "email" else phone, via=channel, at=at)


@pytest.mark.parametrize("channel", ["email", "sms"])
@pytest.mark.parametrize("fault", [wrong_credentials(), refusal(0, "Forbidden", status=403)])
def test_a_channel_that_may_not_send_waits_until_its_provider_says_yes(
    story: Story, channel: str, fault: object
) -> None:
    # both messages, and the first time that it is asked again
    story.sandbox.script(fault, times=3)  # type: ignore[arg-type]
    two_late_orders(story, channel).until("13:04")
    story.expect_state("A-1", MessageState.PLANNED, Reason.PROVIDER_ERROR)
    story.until("13:05").until("13:06").expect_nothing()
    story.until("13:09").expect_nothing().until("13:10")
    expect_both(story, channel, "2026-11-20 13:10")


def test_a_person_may_resume_it_sooner(story: Story) -> None:
    story.sandbox.script(wrong_credentials(), times=3)
    two_late_orders(story, "email").until("13:06").expect_nothing()
    resume(story.store, Scope.CHANNEL, "email", who="mara", now=story.clock.now())
    story.advance("1 minute")
    expect_both(story, "email", "2026-11-20 13:07")
