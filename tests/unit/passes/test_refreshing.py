"""Stale sources: messages about what they bring wait, and go on when something new comes."""

from __future__ import annotations

import os
import threading
from datetime import datetime, timedelta
from typing import Any

import pytest

from outreach.model import Kind, Reason, SubjectRef
from outreach.passes.ahead.outlook import Outcome
from outreach.passes.explain import explain
from outreach.passes.intake import import_file, run_source
from outreach.passes.preview import preview
from outreach.passes.refreshing import expect_sources
from outreach.releases import sources_of
from outreach.sources.reading import Columns
from outreach.store.database import Store
from outreach.store.operations import SourceRead
from outreach.store.source_reads import keep_reads, note_read, read_stale
from outreach.store.waking import wake

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SOURCES = """
sources:
  feed: {folder: inbox, kind: order}
"""
HEADER = "id,number,customer_id,status,promised_at,delivered_at"


class Feed:
    """A folder of orders that a shop writes to, or does not."""

    def __init__(self, shop: Any, noon: datetime) -> None:
        self.shop, self.noon = shop, noon
        shop.edit("outreach.yaml", "1000 per hour", "1000 per hour, source_max_age: 30 minutes")
        shop.edit("outreach.yaml", "channels:", SOURCES + "channels:")
        shop.customer("ana")
        self.expect(noon)

    def expect(self, at: datetime) -> None:
        expect_sources(self.shop.store, sources_of(self.shop.workspace), now=at)

    def write(self, at: datetime, *rows: str, name: str = "orders.csv") -> None:
        """Let the shop write a file at an instant."""
        path = self.shop.folder / "inbox" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join([HEADER, *rows, ""]), "utf-8")
        os.utime(path, (at.timestamp(), at.timestamp()))

    def read(self, at: datetime) -> Any:
        [source] = sources_of(self.shop.workspace)
        return run_source(self.shop.store, source, now=at, folder=self.shop.folder, env={})

    def late(self, at: datetime) -> None:
        """Let an order be late, and be read at once."""
        self.write(at, f"A-1,A-1,ana,placed,{self.noon - 2 * DAY:%Y-%m-%d},")
        self.read(at)

    def states(self) -> list[tuple[str, str]]:
        return self.shop.messages("state", "reason")  # type: ignore[no-any-return]


@pytest.fixture
def feed(shop: Any, noon: datetime) -> Feed:
    return Feed(shop, noon)


def test_messages_wait_while_their_source_is_stale_and_go_when_it_is_back(
    feed: Feed, noon: datetime
) -> None:
    feed.late(noon)
    feed.shop.plan(noon)
    later = noon + 31 * MINUTE
    feed.shop.send(later)
    assert feed.states() == [("planned", "source_stale")]
    feed.read(later)  # nobody wrote anything: the folder is as old as it was
    feed.shop.send(later + MINUTE)
    assert feed.states() == [("planned", "source_stale")]
    feed.late(later + 2 * MINUTE)
    feed.shop.send(later + 2 * MINUTE)
    assert feed.states() == [("sent", "sent")]
    assert feed.shop.outbox == ["ana@example.com"]


def test_what_was_settled_meanwhile_is_not_said(feed: Feed, noon: datetime) -> None:
    feed.late(noon)
    feed.shop.plan(noon)
    feed.shop.send(noon + HOUR)
    back = noon + 2 * HOUR
    feed.write(back, f"A-1,A-1,ana,delivered,{noon - 2 * DAY:%Y-%m-%d},{noon:%Y-%m-%d}")
    feed.read(back)
    feed.shop.send(back)
    assert feed.states() == [("cancelled", "cancelled_by_data")]
    assert feed.shop.outbox == []


def test_what_expires_meanwhile_is_dropped(feed: Feed, noon: datetime) -> None:
    feed.late(noon)
    feed.shop.plan(noon)
    feed.shop.send(noon + HOUR)
    [(expires_at,)] = feed.shop.messages("expires_at")
    feed.shop.send(expires_at)
    assert feed.states() == [("expired", "expired")]


@pytest.mark.parametrize(("age", "goes"), [(30 * MINUTE, True), (30 * MINUTE + MINUTE, False)])
def test_data_may_be_as_old_as_was_said(
    feed: Feed, noon: datetime, age: timedelta, goes: bool
) -> None:
    feed.late(noon)
    feed.shop.plan(noon).send(noon + age)
    assert (feed.states() == [("sent", "sent")]) is goes


def test_a_file_is_as_old_as_it_says_whenever_it_is_read(feed: Feed, noon: datetime) -> None:
    feed.write(noon - 2 * HOUR, f"A-1,A-1,ana,placed,{noon - 2 * DAY:%Y-%m-%d},")
    assert feed.read(noon).new == 1
    feed.shop.plan(noon).send(noon)
    assert feed.states() == [("planned", "source_stale")]


def test_a_source_of_which_something_cannot_be_read_gets_no_fresher(
    feed: Feed, noon: datetime
) -> None:
    feed.late(noon)
    later = noon + HOUR
    feed.write(later, "A-2,A-2,ana,placed,,", name="more.csv")
    broken = feed.shop.folder / "inbox" / "broken.csv"
    broken.write_bytes(b"id,status\n\xff\xfe,placed\n")
    assert feed.read(later).failures
    [row] = feed.shop.rows(SourceRead)
    assert row.fresh_at == noon
    assert "broken.csv" in row.error
    broken.unlink()
    assert not feed.read(later).failures
    [row] = feed.shop.rows(SourceRead)
    assert (row.fresh_at, row.error) == (later, "")


def test_a_source_that_was_never_read_holds_its_rules_back_and_one_imported_by_hand_too(
    feed: Feed, noon: datetime
) -> None:
    path = feed.shop.folder / "by-hand.csv"
    path.write_text(f"{HEADER}\nA-1,A-1,ana,placed,{noon - 2 * DAY:%Y-%m-%d},\n", "utf-8")
    columns = Columns(feed.shop.setup.catalogue, feed.shop.setup.zone, kind=Kind.ORDER)
    import_file(feed.shop.store, path, columns, now=noon, folder=feed.shop.folder)
    feed.shop.plan(noon).send(noon)
    assert feed.states() == [("planned", "source_stale")]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (SOURCES, ""),  # it is read no more
        ("source_max_age: 30 minutes", "source_max_age: 3 hours"),
        (", source_max_age: 30 minutes", ""),
    ],
)
def test_another_word_on_the_age_counts_at_once(
    feed: Feed, noon: datetime, old: str, new: str
) -> None:
    feed.late(noon)
    feed.shop.plan(noon).send(noon + HOUR)
    assert feed.states() == [("planned", "source_stale")]
    feed.shop.edit("outreach.yaml", old, new)
    feed.expect(noon + HOUR)
    feed.shop.send(noon + HOUR)
    assert feed.states() == [("sent", "sent")]


def test_a_preview_and_an_explanation_foretell_it(feed: Feed, noon: datetime) -> None:
    feed.late(noon)
    later = noon + HOUR
    for look in (lambda: feed.shop.plan(later), lambda: feed.shop.send(later)):
        [told] = preview(feed.shop.setup, now=later, until=later + HOUR).messages
        assert (told.outcome, told.reason) == (Outcome.WAITING, Reason.SOURCE_STALE)
        assert told.note == "feed last brought data at 2026-11-20 12:00 UTC"
        said = explain(feed.shop.setup, SubjectRef(Kind.ORDER, "A-1"), now=later, rules=["late"])
        assert said.rules[0].reason is Reason.SOURCE_STALE
        look()
    feed.late(later)
    [told] = preview(feed.shop.setup, now=later, until=later + HOUR).messages
    assert told.outcome is Outcome.WILL_SEND


@pytest.mark.parametrize("database_kind", [pytest.param("postgres", marks=pytest.mark.postgres)])
def test_no_read_is_noted_while_a_claim_decides(feed: Feed, noon: datetime, store: Store) -> None:
    """Or a message that is put off then would sleep past the wake."""
    feed.late(noon)
    feed.shop.plan(noon)
    later = noon + HOUR
    noted = threading.Event()

    def note() -> None:
        with store.write() as connection:
            note_read(connection, "feed", later, later)
        noted.set()

    with store.write() as claim:
        keep_reads(claim)
        assert read_stale(claim, later)
        thread = threading.Thread(target=note)
        thread.start()
        assert not noted.wait(0.3)
    assert noted.wait(10)
    thread.join()
    with store.write() as connection:
        assert (read_stale(connection, later), wake(connection, Reason.SOURCE_STALE, later)) == (
            [],
            0,
        )
