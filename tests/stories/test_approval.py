"""`approval: always`: a person lets first messages go, those that belong together at once."""

from __future__ import annotations

from outreach.model import MessageState, Reason
from outreach.passes import decisions
from outreach.store.batches import open_batches
from tests.stories.conftest import Story

LATE = """
- rule: late
  about: order
  when:
    - promised_at is more than 1 day ago
    - delivered_at is missing
  approval: always
  batch_by: carrier
  steps:
    - send: note
    - wait: 1 day
      send: second
"""


def late(story: Story, number: str, of: str, carrier: str | None) -> None:
    story.customer(of).order(number, of, promised_at="2026-11-19 13:00", carrier=carrier)


def said(story: Story) -> dict[str, int]:
    with story.store.read() as connection:
        return {b.said: b.messages for b in open_batches(connection, story.clock.now())}


def drop(story: Story, said: str) -> None:
    now = story.clock.now()
    with story.store.read() as connection:
        (batch,) = [each.id for each in open_batches(connection, now) if each.said == said]
    decisions.reject(story.setup, batch, who="mara", now=now)


def test_one_card_for_those_that_belong_together(story: Story) -> None:
    story.rules(LATE)
    late(story, "A-1", "ana", "DHL")
    late(story, "A-2", "bo", "DHL")
    late(story, "A-3", "kim", None)
    story.advance("1 hour 5 minutes").expect_nothing()
    assert said(story) == {"carrier is DHL": 2, "carrier is missing": 1}
    story.expect_state("A-1", MessageState.HELD, Reason.AWAITING_APPROVAL)
    drop(story, "carrier is missing")
    story.approve().advance("1 hour")
    assert sorted(story.everything_that_came()) == ["ana", "bo"]
    # who joins later is decided on anew, and what follows goes by itself
    late(story, "A-4", "lee", "DHL")
    story.advance("1 hour").expect_nothing()
    assert said(story) == {"carrier is DHL": 1}
    story.advance("1 day")
    assert sorted(story.everything_that_came()) == ["ana", "bo"]


def test_a_shadow_asks_nobody(story: Story) -> None:
    story.rules(LATE.replace("about: order", "mode: shadow\n  about: order"))
    late(story, "A-1", "ana", "DHL")
    story.advance("1 hour 5 minutes")
    story.expect_state("A-1", MessageState.CANCELLED, Reason.SHADOW)
    assert said(story) == {}
