"""Providers: what becomes of a message that they refuse, put off, or take without a word."""

from __future__ import annotations

from outreach.channels.sandbox.faults import (
    refusal,
    reset_after,
    server_error,
    too_many,
    wrong_credentials,
)
from outreach.model import Channel, MessageState, Reason
from tests.stories.conftest import Story

LATE = """
- rule: late
  about: order
  when:
    - promised_at is in the past
  steps:
    - send: note
      via: [email, sms]
      if_undelivered: next channel after 30 minutes
    - send: second
      wait: 1 day
"""
ONE_WAY = "".join(line for line in LATE.splitlines(keepends=True) if "next" not in line).replace(
    "via: [email, sms]", "via: [email]"
)
PHONE = "+4915550101"
BAD_ADDRESS = refusal(
    400, "Does not contain a valid address.", blamed_field="personalizations.0.to.0.email"
)


def late(story: Story) -> Story:
    story.rules(LATE).customer("ana", phone=PHONE)
    return story.order("A-1", "ana", promised_at="today 13:00")


def test_a_refused_address_falls_back_to_sms(story: Story) -> None:
    story.sandbox.script(BAD_ADDRESS)
    late(story).until("13:00").expect_state("A-1", MessageState.FAILED, Reason.BAD_ADDRESS)
    story.until("13:29").expect_nothing()
    story.until("13:30").expect(PHONE, via="sms", at="2026-11-20 13:30")
    # the address is on the list now, and the next step takes the way that works
    story.until("tomorrow 13:00")
    story.expect_state("A-1", MessageState.SUPPRESSED, Reason.SUPPRESSED)


def test_without_a_phone_number_the_next_step_still_comes(story: Story) -> None:
    story.sandbox.script(refusal(400, "The template is malformed", blamed_field="content"))
    story.rules(LATE).customer("ana", phone=None).order("A-1", "ana", promised_at="today 13:00")
    story.until("13:10").expect_state("A-1", MessageState.FAILED, Reason.PROVIDER_REJECTED)
    story.until("13:40").expect_state("A-1", MessageState.SUPPRESSED, Reason.NO_ADDRESS)
    story.until("tomorrow 13:00").expect("ana", "second", at="2026-11-21 13:00")


def test_without_a_phone_number_a_mended_address_hears_the_rest(story: Story) -> None:
    story.sandbox.script(BAD_ADDRESS)
    story.rules(LATE).customer("ana", phone=None).order("A-1", "ana", promised_at="today 13:00")
    story.until("13:40").expect_state("A-1", MessageState.SUPPRESSED, Reason.NO_ADDRESS)
    story.change("ana", email="ana2@example.com").until("tomorrow 13:00")
    story.expect("ana2", "second", at="2026-11-21 13:00")


def test_a_message_that_was_refused_is_not_tried_again(story: Story) -> None:
    story.sandbox.script(refusal(400, "The template is malformed", blamed_field="content"))
    story.rules(ONE_WAY).customer("ana").order("A-1", "ana", promised_at="today 13:00")
    story.until("13:10").expect_state("A-1", MessageState.FAILED, Reason.PROVIDER_REJECTED)
    story.until("tomorrow 12:59").expect_nothing()
    story.until("13:00").expect("ana", "second")  # the rest of the rule goes on


def test_too_many_requests_are_tried_again_later_and_later(story: Story) -> None:
    story.sandbox.script(too_many(), times=3)
    late(story).until("13:00").expect_state("A-1", MessageState.PLANNED, Reason.PROVIDER_ERROR)
    # 1, 2 and 4 minutes
    story.until("13:06").expect_nothing()
    story.until("13:07").expect("ana", at="2026-11-20 13:07")
    # the next step counts from when this one was due, not from when it got through
    story.until("tomorrow 13:00").expect("ana", "second", at="2026-11-21 13:00")


def test_who_asks_for_patience_gets_it(story: Story) -> None:
    story.sandbox.script(too_many({"Retry-After": "1800"}))
    late(story).until("13:29").expect_nothing()
    story.until("13:30").expect("ana", at="2026-11-20 13:30")


def test_in_doubt_is_unknown_and_never_sent_again(story: Story) -> None:
    story.sandbox.script(reset_after())  # it took the message and the line went dead
    late(story).until("13:00").expect("ana")
    story.expect_state("A-1", MessageState.UNKNOWN, Reason.IN_DOUBT)
    story.until("tomorrow 12:59").expect_nothing()
    story.until("13:00").expect("ana", "second")  # it counts as sent: the rule goes on


def test_a_server_that_broke_may_have_sent_it(story: Story) -> None:
    story.sandbox.script(server_error(500, arrives=True))
    late(story).until("13:00").expect("ana")
    story.expect_state("A-1", MessageState.UNKNOWN, Reason.IN_DOUBT)
    story.until("tomorrow 12:59").expect_nothing()
    story.until("13:00").expect("ana", "second")


def test_in_doubt_counts_for_every_cap(story: Story) -> None:
    story.settings("contact_policy:\n  - {purpose: service, gap: 4 hours}\n")
    story.sandbox.script(reset_after())
    late(story).order("A-2", "ana", promised_at="today 14:00").until("13:00").expect("ana")
    story.until("16:59").expect_nothing()
    story.until("17:00").expect("ana", about="A-2")
    story.until("tomorrow 23:00").everything_that_came()


def test_a_channel_that_is_down_leaves_the_others_alone(story: Story) -> None:
    story.rules(LATE).customer("ana", email=None, phone=PHONE).customer("bo")
    story.sandbox.script(wrong_credentials(), to="bo@example.com")
    story.order("A-1", "ana", promised_at="today 13:00")
    story.order("A-2", "bo", promised_at="today 13:00")
    story.until("13:04").expect(PHONE, via="sms")
    story.expect_state("A-2", MessageState.PLANNED, Reason.PROVIDER_ERROR)
    story.sandbox.script(None, to="bo@example.com")
    story.until("14:00").expect("bo", at="2026-11-20 13:05")


def test_stop_told_to_the_provider_is_stop_for_us(story: Story) -> None:
    story.rules(LATE.replace("[email, sms]", "[sms, email]")).customer("ana", phone=PHONE)
    story.sandbox.script(refusal(21610, "Attempt to send to unsubscribed recipient"), to=PHONE)
    story.order("A-1", "ana", promised_at="today 13:00").until("13:00")
    story.expect_state("A-1", MessageState.FAILED, Reason.OPTED_OUT)
    assert story.is_suppressed(Channel.SMS, PHONE)
