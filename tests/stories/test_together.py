"""Together: several orders in one message, and one rule that speaks instead of another."""

from __future__ import annotations

from outreach.model import MessageState, Reason
from tests.stories.conftest import Story

LATE = """
- rule: late
  about: order
  when:
    - promised_at is in the past
    - status not in [delivered, cancelled, refunded]
  combine_within: 2 hours
  steps:
    - send: note
"""
PLAIN = LATE.replace("  combine_within: 2 hours\n", "")
VIP = """
- rule: vip
  about: order
  when:
    - promised_at is in the past
    - total is at least 1000 EUR
  takes_over: [late]
  steps:
    - send: second
"""


def test_several_late_orders_are_one_message_with_a_list(story: Story) -> None:
    story.rules(LATE).customer("ana").customer("bo")
    story.order("A-1", "ana", promised_at="today 13:00")
    story.order("A-2", "ana", promised_at="today 14:30")
    story.order("A-3", "ana", promised_at="today 15:30")  # too late for that message
    story.order("A-4", "bo", promised_at="today 13:30")
    story.until("14:59").expect_nothing()
    story.until("15:00").expect("ana", about=["A-1", "A-2"], at="2026-11-20 15:00", says=["A-2"])
    story.until("15:30").expect("bo", about="A-4")
    story.until("17:30").expect("ana", about="A-3", at="2026-11-20 17:30")


def test_what_was_settled_while_it_waited_is_left_out(story: Story) -> None:
    story.rules(LATE).customer("ana")
    story.order("A-1", "ana", promised_at="today 13:00")
    story.order("A-2", "ana", promised_at="today 13:30")
    story.until("14:00").change("A-1", status="delivered")
    story.until("15:00").expect("ana", about="A-2", never_says=["A-1"])


def test_nothing_is_said_when_everything_was_settled(story: Story) -> None:
    story.rules(LATE).customer("ana")
    story.order("A-1", "ana", promised_at="today 13:00")
    story.order("A-2", "ana", promised_at="today 13:30")
    story.until("14:00").change("A-1", status="delivered").change("A-2", status="cancelled")
    story.until("16:00").expect_state("A-1", MessageState.CANCELLED, Reason.CANCELLED_BY_DATA)


def test_a_night_s_worth_of_late_orders_is_one_letter_in_the_morning(story: Story) -> None:
    story.rules(LATE).customer("ana")
    story.order("A-1", "ana", promised_at="today 19:00")
    story.order("A-2", "ana", promised_at="today 23:00")
    story.order("A-3", "ana", promised_at="tomorrow 05:00")
    story.until("tomorrow 09:00").expect("ana", about=["A-1", "A-2", "A-3"])


def test_updates_go_on_for_each_order_of_a_shared_message(story: Story) -> None:
    story.rules(LATE + "      repeat: every 1 day, up to 2 times\n").customer("ana")
    story.order("A-1", "ana", promised_at="today 13:00")
    story.order("A-2", "ana", promised_at="today 13:30")
    story.until("15:00").expect("ana", about=["A-1", "A-2"])
    story.change("A-1", status="delivered")
    story.until("tomorrow 18:00").expect("ana", about="A-2")
    story.advance("10 days").expect_nothing()


def test_one_rule_speaks_instead_of_another(story: Story) -> None:
    story.rules(PLAIN).rules(VIP).customer("ana").customer("bo")
    story.order("A-1", "ana", promised_at="today 13:00", total="1500 EUR")
    story.order("A-2", "bo", promised_at="today 13:00", total="20 EUR")
    story.until("13:00").expect("ana", "second", rule="vip")
    story.expect("bo", "note", rule="late")
    reasons = {e.subject_id: e.reason for e in story.enrollments() if e.rule == "late"}
    assert reasons["A-1"] == Reason.TAKEN_OVER.value


def test_who_takes_over_later_stops_what_was_planned(story: Story) -> None:
    story.rules(PLAIN.replace("send: note", "send: note\n      wait: 2 hours")).rules(VIP)
    story.customer("ana").order("A-1", "ana", promised_at="today 13:00", total="20 EUR")
    story.until("14:00").change("A-1", total="1500 EUR")
    story.until("14:01").expect("ana", "second", rule="vip")
    story.until("16:00").expect_state("A-1", MessageState.CANCELLED, Reason.TAKEN_OVER)


def test_a_shadow_takes_nothing_over(story: Story) -> None:
    story.rules(PLAIN).rules(VIP.replace("about:", "mode: shadow\n  about:", 1)).customer("ana")
    story.order("A-1", "ana", promised_at="today 13:00", total="1500 EUR")
    story.until("13:00").expect("ana", "note", rule="late")
