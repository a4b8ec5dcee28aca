"""A late order: one apology, a day after the promise, and nothing once it has arrived."""

from __future__ import annotations

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
