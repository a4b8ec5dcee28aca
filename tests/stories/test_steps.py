"""Steps: what is skipped, what ends, and what becomes of the rest when things change on the way."""

from __future__ import annotations

from outreach.model import MessageState, Reason
from tests.stories.conftest import Story

STEPS = """
- rule: follow-up
  about: ticket
  when:
    - status is resolved
  steps:
    - id: check-in
      send: note
      wait: 1 hour
{first}
    - id: reminder
      send: second
      wait: 1 day
{second}
"""


def steps(first: str = "", second: str = "") -> str:
    return STEPS.format(first=first, second=second)


def test_a_skipped_step_is_passed_over_and_the_next_one_comes(story: Story) -> None:
    story.rules(steps("      skip_if: [priority is low]")).customer("ana")
    story.ticket("T-1", "ana", status="resolved", priority="low")
    story.advance("2 hours").expect_state("T-1", MessageState.CANCELLED, Reason.STEP_SKIPPED)
    story.advance("1 day").expect("ana", "second", at="2026-11-21 13:00")


def test_stop_if_ends_the_rule(story: Story) -> None:
    story.rules(steps(second="      stop_if: [check-in was replied to]")).customer("ana")
    story.ticket("T-1", "ana", status="resolved").advance("2 hours").expect("ana", "note")
    story.receipt("T-1", "replied").advance("1 day")
    story.expect_state("T-1", MessageState.CANCELLED, Reason.CANCELLED_BY_RULE)
    story.advance("10 days").expect_nothing()


def test_without_a_reply_the_reminder_comes(story: Story) -> None:
    story.rules(steps(second="      stop_if: [check-in was replied to]")).customer("ana")
    story.ticket("T-1", "ana", status="resolved").advance("2 hours").expect("ana", "note")
    story.advance("1 day").expect("ana", "second")


def test_until_ends_the_repeating_and_the_next_step_comes(story: Story) -> None:
    repeating = "      repeat: every 1 day, up to 9 times\n      until: [check-in was answered]"
    story.rules(steps(repeating)).customer("ana")
    story.ticket("T-1", "ana", status="resolved").advance("2 hours").expect("ana", "note")
    story.advance("1 day").expect("ana", "note")
    story.receipt("T-1", "answered").advance("1 day")
    story.expect_state("T-1", MessageState.CANCELLED, Reason.STEP_SKIPPED)
    story.advance("1 day").expect("ana", "second", at="2026-11-23 13:00")


def test_reopened_while_we_waited_means_silence(story: Story) -> None:
    story.rules(steps()).customer("ana").ticket("T-1", "ana", status="resolved")
    story.advance("30 minutes").change("T-1", status="open").advance("2 hours")
    story.expect_state("T-1", MessageState.CANCELLED, Reason.CANCELLED_BY_DATA)
    story.advance("10 days").expect_nothing()


def test_a_wait_for_a_date_that_is_not_known_yet_waits_for_the_data(story: Story) -> None:
    story.rules("""
- rule: arrived
  about: order
  when:
    - status is delivered
  steps:
    - send: note
      wait: 1 hour after delivered_at
""")
    story.customer("ana").order("A-1", "ana", status="delivered").advance("3 hours")
    story.expect_nothing().change("A-1", delivered_at="today 15:00").advance("1 hour")
    story.expect("ana", about="A-1")


def test_a_date_that_moves_moves_the_message(story: Story) -> None:
    story.rules("""
- rule: tomorrow
  about: order
  when:
    - estimated_at is in the future
  steps:
    - send: note
      wait: until estimated_at
""")
    story.customer("ana").order("A-1", "ana", estimated_at="today 14:00").advance("1 hour")
    story.change("A-1", estimated_at="today 18:00").until("17:59").expect_nothing()
    story.until("18:00").expect("ana", at="2026-11-20 18:00")
