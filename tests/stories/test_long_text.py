"""What a text message may cost: one that came out longer than `max_segments` asks a person."""

from __future__ import annotations

from outreach.model import MessageState, Reason
from tests.stories.conftest import Story

LATE = """
- rule: apology
  about: order
  when:
    - promised_at is more than 1 day ago
  steps:
    - send: note
      via: [sms]
"""


def test_a_text_of_too_many_segments_is_held(story: Story) -> None:
    story.rules(LATE).customer("ana", phone="+4915550101")
    story.order("A-1", "ana", promised_at="today 12:00", number="9" * 400)
    story.advance("2 days").expect_nothing()
    story.expect_state("A-1", MessageState.HELD, because=Reason.TOO_LONG)
