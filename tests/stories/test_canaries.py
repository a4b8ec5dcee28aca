"""Canaries: a new rule goes to a few, and what the rest would have heard is only recorded."""

from __future__ import annotations

from outreach.model import MessageState, Reason
from tests.stories.conftest import Story

LATE = """
- rule: late
  mode: canary {share}
  about: order
  when:
    - promised_at is in the past
  steps:
    - send: note
    - send: second
      wait: 1 day
"""


def test_a_share_of_customers_hears_every_step_and_the_rest_none(story: Story) -> None:
    """On the rule's own scale ana stands at 26.4 and cleo at 55.1."""
    story.rules(LATE.format(share="50%")).customer("ana").customer("cleo")
    for number, who in enumerate(("ana", "cleo"), start=1):
        story.order(f"A-{number}", who, promised_at="today 13:00")
    story.until("14:00").expect("ana", "note", about="A-1")
    story.expect_state("A-2", MessageState.CANCELLED, Reason.SHADOW)
    story.until("tomorrow 14:00").expect("ana", "second", about="A-1")
    story.until("+3 days").expect_nothing()


def test_so_many_an_hour_begin_and_whom_it_was_full_for_never_hears(story: Story) -> None:
    story.rules(LATE.format(share="2 per hour"))
    for number, who in enumerate(("ana", "ben", "cleo", "dora"), start=1):
        story.customer(who).order(f"A-{number}", who, promised_at=f"today 13:{number * 10}")
    story.until("13:10").expect("ana", "note")
    story.until("13:20").expect("ben", "note")
    story.until("13:40").expect_state("A-3", MessageState.CANCELLED, Reason.SHADOW)
    story.customer("eva").order("A-5", "eva", promised_at="today 14:15")
    story.until("14:15").expect("eva", "note")
    # the second letters of those who got the first, however many there are in that hour
    story.until("tomorrow 13:10").expect("ana", "second")
    story.until("13:20").expect("ben", "second")
    story.until("14:14").expect_nothing()
    story.until("14:15").expect("eva", "second")
    story.until("+3 days").expect_nothing()
