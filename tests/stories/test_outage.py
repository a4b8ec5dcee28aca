"""Outages: what is due while nobody works goes out afterwards, unless it is too late to be good."""

from __future__ import annotations

from outreach.model import MessageState, Reason
from tests.stories.conftest import Story

LATE = """
- rule: late
  about: order
  when:
    - promised_at is in the past
    - status not in [delivered, cancelled]
  expires_after: 2 days
  steps:
    - send: note
    - send: second
      wait: 3 days
"""


def test_what_expired_in_an_outage_says_so_and_the_rest_goes_on(story: Story) -> None:
    story.rules(LATE).customer("ana").order("A-1", "ana", promised_at="today 13:00")
    story.advance("30 minutes").sleep("3 days").advance("1 minute")
    story.expect_state("A-1", MessageState.EXPIRED, Reason.EXPIRED)
    # three days after the first was due, not after we came back
    story.until("2026-11-23 13:00").expect("ana", "second", at="2026-11-23 13:00")


def test_what_is_still_good_goes_out_late(story: Story) -> None:
    story.rules(LATE).customer("ana").order("A-1", "ana", promised_at="today 13:00")
    story.advance("30 minutes").sleep("1 day").advance("1 minute")
    story.expect("ana", "note", at="2026-11-21 12:30")
    story.until("2026-11-23 12:59").expect_nothing()
    story.until("2026-11-23 13:00").expect("ana", "second")


def test_what_was_settled_in_an_outage_is_not_written_about(story: Story) -> None:
    story.rules(LATE).customer("ana").order("A-1", "ana", promised_at="today 13:00")
    story.advance("30 minutes").sleep("1 day").change("A-1", status="delivered")
    story.advance("1 minute").expect_state("A-1", MessageState.CANCELLED, Reason.CANCELLED_BY_DATA)
    story.advance("10 days").expect_nothing()


def test_an_outage_is_no_flood(story: Story) -> None:
    """Thirty a day, ten an hour allowed: coming back after a day holds nothing."""
    story.rules(LATE.replace("  steps:", "  limits: {hold_above: 10 per hour}\n  steps:", 1))
    for number in range(20):
        story.customer(f"c{number:02}")
        story.order(f"A-{number}", f"c{number:02}", promised_at=f"+{number + 1} hours")
    story.advance("30 minutes").sleep("21 hours").advance("1 minute")
    assert story.held() == 0
    assert len(story.everything_that_came()) == 20
    story.advance("4 days").everything_that_came()


def test_quiet_hours_count_after_an_outage_too(story: Story) -> None:
    story.rules(LATE).customer("ana").order("A-1", "ana", promised_at="today 13:00")
    story.advance("30 minutes").sleep("9 hours").advance("1 minute").expect_nothing()
    story.until("tomorrow 09:00").expect("ana", "note", at="2026-11-21 09:00")
    story.until("2026-11-23 13:00").expect("ana", "second")
