"""Once: what counts as the same occasion, and what is a new one."""

from __future__ import annotations

from tests.stories.conftest import Story

CONFIRM = """
- rule: confirm
  about: order
  purpose: transactional
  when:
    - status in [cancelled, refunded]
  once_per: {once_per}
  steps:
    - send: note
"""


def test_once_per_order_is_once_for_ever(story: Story) -> None:
    story.rules(CONFIRM.format(once_per="order")).customer("ana").order("A-1", "ana")
    story.advance("1 hour").change("A-1", status="cancelled")
    story.advance("1 hour").expect("ana")
    story.change("A-1", status="refunded").advance("1 hour").expect_nothing()
    story.change("A-1", status="shipped").advance("1 hour")
    story.change("A-1", status="cancelled").advance("1 hour").expect_nothing()


def test_once_per_order_and_status_speaks_of_each(story: Story) -> None:
    story.rules(CONFIRM.format(once_per="order and status")).customer("ana").order("A-1", "ana")
    story.advance("1 hour").change("A-1", status="cancelled")
    story.advance("1 hour").expect("ana")
    story.change("A-1", status="refunded").advance("1 hour").expect("ana")
    story.change("A-1", status="cancelled").advance("1 hour").expect_nothing()


def test_once_per_order_and_date_speaks_again_when_it_moves_again(story: Story) -> None:
    story.rules("""
- rule: moved
  about: order
  when:
    - estimated_at is more than 1 day after promised_at
    - promised_at is in the future
  once_per: order and estimated_at
  steps:
    - send: note
""")
    story.customer("ana").order("A-1", "ana", promised_at="2026-11-27 12:00")
    story.advance("1 hour").change("A-1", estimated_at="2026-11-29 12:00")
    story.advance("1 hour").expect("ana")
    story.change("A-1", estimated_at="2026-11-30 12:00").advance("1 hour").expect("ana")
    story.change("A-1", estimated_at="2026-11-29 12:00").advance("1 hour").expect_nothing()


def test_once_per_customer_is_one_letter_for_all_orders(story: Story) -> None:
    story.rules(CONFIRM.format(once_per="customer")).customer("ana").customer("bo")
    story.order("A-1", "ana").order("A-2", "ana").order("A-3", "bo").advance("1 hour")
    story.change("A-1", status="cancelled").advance("1 hour").expect("ana", about="A-1")
    story.change("A-2", status="cancelled").change("A-3", status="cancelled")
    story.advance("1 hour").expect("bo", about="A-3")


def test_once_per_quarter_asks_again_in_the_next(story: Story) -> None:
    story.rules("""
- rule: quarterly
  about: customer
  when:
    - first_order_at is more than 60 days ago
  once_per: quarter
  steps:
    - send: note
""")
    story.customer("ana").order("A-1", "ana", placed_at="2026-08-01 12:00")
    story.advance("1 hour").expect("ana", about="ana")
    story.until("2026-12-31 23:00").expect_nothing()
    # the quarter begins at midnight, and the window opens in the morning
    story.until("2027-01-01 12:00").expect("ana", at="2027-01-01 09:00")
    story.until("2027-03-31 23:00").expect_nothing()
    story.until("2027-04-01 12:00").expect("ana")


def test_a_window_of_time_that_passed_between_two_looks_is_still_an_occasion(story: Story) -> None:
    """Shipped at 12:10 and delivered at 12:40: whoever looks at 13:00 finds both."""
    story.rules("""
- rule: on-its-way
  about: order
  purpose: transactional
  when:
    - status is shipped
  steps:
    - send: note
""")
    story.customer("ana").order("A-1", "ana", status="packed").advance("10 minutes")
    story.change("A-1", status="shipped").sleep("30 minutes")
    story.change("A-1", status="delivered").sleep("20 minutes").advance("1 minute")
    assert [e.reason for e in story.enrollments()] == ["cancelled_by_data"]
