"""Stale sources: while a feed stands still nobody is told that an order is late."""

from __future__ import annotations

import os

from outreach.model import MessageState, Reason
from outreach.passes.intake import run_source
from outreach.passes.refreshing import expect_sources
from outreach.releases import sources_of
from outreach.workspace import Workspace
from tests.stories.conftest import Story

LATE = """
- rule: late
  about: order
  when:
    - promised_at is in the past
    - status not in [delivered, cancelled]
  steps:
    - send: note
"""
SETTINGS = """sources: {shop: {folder: inbox, kind: order}}
safety: {source_max_age: 30 minutes}
"""


def feed(story: Story, *orders: str) -> None:
    """Let the shop write a file of orders, and the intake pass read it."""
    now = story.clock.now()
    path = story.folder / "inbox" / "orders.csv"
    path.parent.mkdir(exist_ok=True)
    head = "id,number,customer_id,status,promised_at"
    path.write_text("\n".join([head, *orders, ""]), "utf-8")
    os.utime(path, (now.timestamp(), now.timestamp()))
    sources = sources_of(Workspace.open(story.folder))
    expect_sources(story.store, sources, now=now)
    for source in sources:
        assert not run_source(story.store, source, now=now, folder=story.folder, env={}).failures


def test_what_is_still_right_goes_out_when_the_feed_is_back(story: Story) -> None:
    story.settings(SETTINGS).rules(LATE).customer("ana").customer("ben")
    orders = ("A-1,A-1,ana,shipped,2026-11-20 14:00", "A-2,A-2,ben,shipped,2026-11-20 14:00")
    feed(story, *orders)
    story.until("today 13:00").until("today 16:00").expect_nothing()
    story.expect_state("A-1", MessageState.PLANNED, Reason.SOURCE_STALE)
    delivered = orders[1].replace("shipped", "delivered")
    feed(story, orders[0], delivered)
    story.advance("2 minutes").expect("ana", about="A-1")
    story.expect_state("A-2", MessageState.CANCELLED, Reason.CANCELLED_BY_DATA)


def test_while_the_feed_goes_on_nothing_waits(story: Story) -> None:
    story.settings(SETTINGS).rules(LATE).customer("ana")
    for moment in ("12:20", "12:40", "13:00", "13:20"):
        feed(story, "A-1,A-1,ana,shipped,2026-11-20 13:10")
        story.until(f"today {moment}")
    story.expect("ana", at="2026-11-20 13:10")
