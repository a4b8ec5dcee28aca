"""A decent hour: send windows on the recipient's clock, business time, holidays, clock changes."""

from __future__ import annotations

import pytest

from outreach.model import MessageState, Reason
from tests.stories.conftest import Story

APOLOGY = """
- rule: apology
  about: order
  when:
    - promised_at is more than 1 day ago
    - status not in [delivered, cancelled, refunded]
  steps:
    - send: note
"""


def test_quiet_hours_hold_the_message_until_morning(story: Story) -> None:
    story.rules(APOLOGY).customer("ana").order("A-4", "ana", promised_at="today 22:30")
    story.until("tomorrow 23:00").expect_nothing()
    story.expect_state("A-4", MessageState.PLANNED, Reason.OUTSIDE_WINDOW)
    story.until("sunday 08:59").expect_nothing()
    story.until("sunday 09:00").expect("ana", at="2026-11-22 09:00")


def test_new_york_is_asleep_when_berlin_has_lunch(story: Story) -> None:
    story.rules(APOLOGY).customer("bo", zone="America/New_York")
    story.order("A-6", "bo", promised_at="today 12:00")
    story.advance("1 day").expect_nothing()  # 06:00 in New York
    story.until("15:00").expect("bo", at="2026-11-21 15:00")


def test_two_clocks_that_may_be_theirs_must_both_agree(story: Story) -> None:
    """Tennessee has two zones: 09:00 in Chicago is 10:00 in New York, and 16:00 in Berlin."""
    story.rules(APOLOGY).customer("jo", zone=None, country="US", region="TN")
    story.order("A-7", "jo", promised_at="today 12:00")
    story.until("tomorrow 15:59").expect_nothing()
    story.until("16:00").expect("jo", at="2026-11-21 16:00")


def test_a_clock_we_can_only_guess_gets_hours_that_are_decent_around_it(story: Story) -> None:
    """Somewhere in the United States: between 11:00 and 18:00 in the middle of them, Phoenix."""
    story.rules(APOLOGY).customer("jo", zone=None, country="US")
    story.order("A-7", "jo", promised_at="today 12:00")
    story.until("tomorrow 18:59").expect_nothing()
    story.until("19:00").expect("jo", at="2026-11-21 19:00")


@pytest.mark.parametrize(
    ("night", "sent"),
    [
        ("2027-03-27 23:00", "2027-03-28 09:00"),  # clocks go forward: 09:00 is 07:00 UTC
        ("2026-10-24 23:00", "2026-10-25 09:00"),  # clocks go back: 09:00 is 08:00 UTC
    ],
)
def test_nine_in_the_morning_is_nine_whatever_the_clocks_do(
    story: Story, night: str, sent: str
) -> None:
    story.starts(night).rules(APOLOGY.replace("1 day ago", "1 hour ago"))
    story.customer("ana").order("A-1", "ana", promised_at="now")
    story.advance("8 hours").expect_nothing()
    story.until("09:00").expect("ana", at=sent)


@pytest.mark.parametrize(
    ("start", "sent"),
    [
        ("2027-03-26 12:00", "2027-03-29 12:00"),  # 71 hours
        ("2026-10-23 12:00", "2026-10-26 12:00"),  # 73 hours
        ("2027-03-25 02:30", "2027-03-28 03:00"),  # there is no 02:30 that night
        ("2026-10-22 02:30", "2026-10-25 02:30"),  # there are two, and the first one counts
    ],
)
def test_three_days_later_is_the_same_time_on_the_clock(
    story: Story, start: str, sent: str
) -> None:
    story.starts(start).rules("""
- rule: check-in
  about: order
  purpose: transactional
  send_window: any time
  when:
    - status is delivered
    - delivered_at is within the last 7 days
  steps:
    - send: note
      wait: 3 days after delivered_at
""")
    story.customer("ana").order("A-1", "ana", status="delivered", delivered_at="now")
    story.advance("5 days").expect("ana", at=sent)


def test_a_window_that_keeps_holidays_waits_for_the_day_after(story: Story) -> None:
    """Christmas Eve is a Thursday and no holiday; the 25th and 26th are."""
    story.starts("2026-12-24 21:00")
    story.settings("""
send_windows:
  daytime: {days: mon-sun, hours: 09:00-20:00, not_on_holidays_of: DE}
""")
    story.rules(APOLOGY.replace("1 day ago", "1 hour ago"))
    story.customer("ana").order("A-1", "ana", promised_at="now")
    story.until("2026-12-27 08:59").expect_nothing()
    story.until("2026-12-27 09:00").expect("ana", at="2026-12-27 09:00")


def test_business_hours_are_counted_while_the_team_works(story: Story) -> None:
    """Friday 12:00 to 17:00, then Monday 09:00 to 12:00."""
    story.rules("""
- rule: waiting
  about: ticket
  when:
    - status is waiting_on_us for more than 8 business hours
  steps:
    - send: note
""")
    story.customer("ana").ticket("T-1", "ana", status="waiting_on_us")
    story.until("monday 11:59").expect_nothing()
    story.until("monday 12:00").expect("ana", at="2026-11-23 12:00")


def test_a_public_holiday_is_no_business_day(story: Story) -> None:
    """From Wednesday, 23 December 16:00: an hour, Christmas Eve, and three hours on Monday."""
    story.starts("2026-12-23 16:00").rules("""
- rule: waiting
  about: ticket
  when:
    - status is waiting_on_us for more than 12 business hours
  steps:
    - send: note
""")
    story.customer("ana").ticket("T-1", "ana", status="waiting_on_us")
    story.until("2026-12-28 11:59").expect_nothing()
    story.until("2026-12-28 12:00").expect("ana", at="2026-12-28 12:00")


def test_business_days_between_repetitions(story: Story) -> None:
    """Every 2 business days from Friday: Tuesday, then Thursday."""
    story.rules("""
- rule: waiting
  about: ticket
  when:
    - status is waiting_on_us for more than 1 hour
  steps:
    - send: note
      repeat: every 2 business days, up to 3 times
""")
    story.customer("ana").ticket("T-1", "ana", status="waiting_on_us")
    story.advance("1 hour").expect("ana", at="2026-11-20 13:00")
    story.until("2026-11-24 18:00").expect("ana", at="2026-11-24 13:00")
    story.until("2026-11-26 18:00").expect("ana", at="2026-11-26 13:00")
    story.advance("10 days").expect_nothing()
