"""Validity: what waits at Twilio never comes out of its queue in the middle of the night."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from outreach.channels.sandbox import Arrived
from outreach.model import MessageState, Reason
from tests.stories.conftest import Story
from tests.stories.providers import Providers

LATE = """
- rule: late
  about: order
  purpose: PURPOSE
  send_window: WINDOW
  when:
    - promised_at is in the past
    - status is shipped
  expires_after: EXPIRES
  steps:
    - send: note
      via: [VIA]
"""
PHONE = "+4915550101"


@pytest.fixture
def providers(story: Story) -> Iterator[Providers]:
    running = Providers(story)
    yield running
    running.server.stop()


def late(
    story: Story,
    at: str,
    *,
    via: str = "sms",
    window: str = "daytime",
    expires: str = "2 days",
    purpose: str = "service",
    **customer: str,
) -> Story:
    words = {"PURPOSE": purpose, "WINDOW": window, "EXPIRES": expires, "VIA": via}
    rule = LATE
    for word, said in words.items():
        rule = rule.replace(word, said)
    story.rules(rule).customer("ana", phone=PHONE, **customer)
    return story.order("A-1", "ana", promised_at=f"today {at}")


def seconds(text: Arrived) -> int:
    return int(text.request["ValidityPeriod"])


def test_a_text_may_wait_until_a_minute_before_the_window_closes(story: Story) -> None:
    text = late(story, "18:00").until("18:00").expect(PHONE, via="sms")
    assert seconds(text) == 2 * 3600 - 60


def test_the_window_is_that_of_the_recipient_s_clock(story: Story) -> None:
    text = late(story, "18:00", zone="Europe/Athens").until("18:00").expect(PHONE, via="sms")
    assert seconds(text) == 3600 - 60


def test_a_text_never_waits_longer_than_it_is_worth_sending(story: Story) -> None:
    text = late(story, "18:00", expires="30 minutes").until("18:00").expect(PHONE, via="sms")
    assert seconds(text) == 1800


def test_at_any_time_only_its_expiry_counts(story: Story) -> None:
    late(story, "23:00", window="any time", purpose="transactional", expires="1 hour")
    assert seconds(story.until("23:00").expect(PHONE, via="sms")) == 3600


def test_a_text_with_no_time_to_leave_waits_for_the_morning(story: Story) -> None:
    late(story, "19:59").until("tomorrow 08:59").expect_nothing()
    story.until("09:00").expect(PHONE, via="sms", at="2026-11-21 09:00")


def test_a_mail_needs_no_time_to_leave(story: Story) -> None:
    late(story, "19:59", via="email").until("20:00").expect("ana", at="2026-11-20 19:59")


def test_what_left_too_late_is_planned_again(story: Story, providers: Providers) -> None:
    text = late(story, "19:00").until("19:00").expect(PHONE, via="sms")
    story.until("19:59")
    assert providers.call_back(text, ["sent", "failed"], "30036") == [200, 200]
    story.until("20:30").expect_state("A-1", MessageState.PLANNED, Reason.OUTSIDE_WINDOW)
    story.until("tomorrow 08:59").expect_nothing()
    story.until("09:00").expect(PHONE, via="sms", at="2026-11-21 09:00")
    # what is told of the first once more is no news of the second
    assert providers.call_back(text, ["undelivered"], "30036") == [200]
    story.until("12:00").expect_nothing()


def test_what_left_too_late_and_is_not_true_any_more_is_dropped(
    story: Story, providers: Providers
) -> None:
    text = late(story, "19:00").until("19:00").expect(PHONE, via="sms")
    providers.call_back(text, ["failed"], "30036")
    story.change("A-1", status="delivered").until("tomorrow 12:00")
    story.expect_state("A-1", MessageState.CANCELLED, Reason.CANCELLED_BY_DATA)


def test_what_left_too_late_for_good_stays_where_it_is(story: Story, providers: Providers) -> None:
    text = late(story, "19:00", expires="30 minutes").until("19:00").expect(PHONE, via="sms")
    story.until("19:31")
    providers.call_back(text, ["failed"], "30036")
    story.until("tomorrow 12:00")
    story.expect_state("A-1", MessageState.UNDELIVERED, Reason.LAPSED)


def test_another_channel_comes_first(story: Story, providers: Providers) -> None:
    also = "sms, email]\n      if_undelivered: next channel after 10 minutes\n      # [x"
    text = late(story, "18:00", via=also).until("18:00").expect(PHONE, via="sms")
    providers.call_back(text, ["failed"], "30036")
    story.until("19:00").expect("ana", at="2026-11-20 18:10")
    story.until("tomorrow 12:00").expect_nothing()
