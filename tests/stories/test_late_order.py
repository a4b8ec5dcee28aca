"""A late order: an apology a day after the promise, updates while it lasts, then silence."""

from __future__ import annotations

from outreach.model import MessageState, Reason
from tests.stories.conftest import Story

APOLOGY = """
- rule: apology
  about: order
  when:
    - promised_at is more than 1 day ago
    - status not in [delivered, cancelled, refunded]
  cancel_if:
    - customer.open_tickets is at least 1
  steps:
    - send: note
"""
UPDATES = """
- rule: updates
  about: order
  when:
    - last_sent.apology is more than 3 days ago
    - status not in [delivered, cancelled, refunded]
  steps:
    - send: second
      repeat: every 3 days, up to 3 times
"""


def test_one_apology_a_day_after_the_promise(story: Story) -> None:
    story.rules(APOLOGY).customer("ana").order("A-1", "ana", promised_at="today 12:00")
    story.advance("23 hours 59 minutes").expect_nothing()
    story.advance("1 minute").expect("ana", about="A-1", at="2026-11-21 12:00", says=["A-1"])
    story.advance("30 days").expect_nothing()


def test_delivered_in_time_means_silence_and_says_why(story: Story) -> None:
    story.rules(APOLOGY).customer("ana").order("A-2", "ana", promised_at="today 12:00")
    story.advance("20 hours").change("A-2", status="delivered", delivered_at="now")
    story.advance("3 days").expect_nothing()
    assert "status not in" in story.why_not("A-2", "apology")


def test_three_updates_and_then_nothing(story: Story) -> None:
    story.rules(APOLOGY).rules(UPDATES)
    story.customer("ana").order("A-3", "ana", status="packed", promised_at="today 12:00")
    story.advance("1 day").expect("ana", rule="apology")
    story.advance("3 days").expect("ana", "second", at="2026-11-24 12:00")
    story.advance("3 days").expect("ana", "second", at="2026-11-27 12:00")
    story.advance("3 days").expect("ana", "second", at="2026-11-30 12:00")
    story.advance("40 days").expect_nothing()


def test_updates_end_with_the_delivery(story: Story) -> None:
    story.rules(APOLOGY).rules(UPDATES)
    story.customer("ana").order("A-3", "ana", promised_at="today 12:00")
    story.advance("1 day").expect("ana", rule="apology")
    story.advance("3 days").expect("ana", "second")
    story.change("A-3", status="delivered", delivered_at="now")
    story.advance("3 days")
    story.expect_state("A-3", MessageState.CANCELLED, Reason.CANCELLED_BY_DATA)
    story.advance("40 days").expect_nothing()


def test_an_open_ticket_turns_the_apology_into_silence(story: Story) -> None:
    story.rules(APOLOGY).customer("ana").order("A-1", "ana", promised_at="today 22:00")
    story.until("tomorrow 23:00").expect_nothing()  # due at 22:00, waits for the morning
    story.ticket("T-1", "ana", status="open")
    story.until("sunday 12:00")
    story.expect_state("A-1", MessageState.CANCELLED, Reason.CANCELLED_BY_RULE)


def test_a_moved_promise_stops_the_message(story: Story) -> None:
    story.rules(APOLOGY).customer("ana").order("A-1", "ana", promised_at="today 22:00")
    story.until("tomorrow 23:00").expect_nothing()
    story.change("A-1", promised_at="2026-11-30 12:00")
    story.until("sunday 12:00")
    entry = story.expect_state("A-1", MessageState.CANCELLED, Reason.CANCELLED_BY_DATA)
    assert "promised_at is more than 1 day ago" in entry.note


def test_a_new_promise_that_is_broken_too_is_the_same_apology(story: Story) -> None:
    """`once_per: order` is the default: one apology an order, however often the date moves."""
    story.rules(APOLOGY).customer("ana").order("A-1", "ana", promised_at="today 12:00")
    story.advance("1 day").expect("ana")
    story.change("A-1", promised_at="2026-11-30 12:00")
    story.advance("20 days").expect_nothing()


def test_nothing_old_is_apologised_for(story: Story) -> None:
    story.rules(APOLOGY).customer("ana").order("A-1", "ana", promised_at="2026-10-01 12:00")
    story.advance("3 days").expect_nothing()
