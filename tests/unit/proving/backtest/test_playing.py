"""Backtests: the past played through rules, with nothing sent and nothing written."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from outreach.clock import MovingClock
from outreach.model import Channel, Kind, Reason
from outreach.proving.backtest import Figures, Span, Tape, backtest, play, read_words, setup_for
from outreach.proving.simulation import Simulation
from outreach.releases import open_setup, read_release
from outreach.sources.records import Record
from outreach.store.database import Store, open_store
from outreach.store.frames import table_of
from outreach.store.ledger import Message, MessageSubject
from outreach.store.permissions import Consent, Suppression
from outreach.store.types import Record as Row
from tests.unit.ledger import NOON

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def play_past(shop: Any, span: Span, *, every: timedelta = HOUR) -> Figures:
    with Tape() as tape:
        tape.record(shop.store, shop.setup.catalogue, lambda _read, _share: None)
        words = read_words(shop.store)
        release = read_release(shop.workspace)
        return backtest(release, shop.workspace, tape, words, span, every=every)


def late(shop: Any, number: int, *, delivered: datetime | None = None) -> None:
    """Let an order come in, be late from noon on, and arrive at some time or never."""
    shop.customer(f"ana{number}", at=NOON - DAY)
    shop.order(f"A-{number}", f"ana{number}", at=NOON - DAY, promised_at=NOON - DAY)
    if delivered:
        shop.order(f"A-{number}", at=delivered, delivered_at=delivered, status="delivered")


def test_what_would_have_been_sent_is_counted_by_rule_day_and_channel(shop: Any) -> None:
    for number in range(3):
        late(shop, number)
    late(shop, 9, delivered=NOON - HOUR)  # in time for us: an apology would have come after
    figures = play_past(shop, Span(NOON - 2 * DAY, NOON + 2 * DAY))
    assert figures.of_rule("late") == figures.of_rule("late", Channel.EMAIL) == 3
    assert figures.of_rule("shipped") == 0
    assert dict(figures.days) == {NOON.date(): 3}
    assert figures.subjects == {Kind.CUSTOMER: 4, Kind.ORDER: 4}
    assert [(w.messages, w.in_a_week) for w in figures.most_written] == [(1, 1)] * 3
    assert figures.after_settled == []


def test_nothing_is_written_and_nothing_leaves(shop: Any) -> None:
    late(shop, 1)
    before = [list(shop.rows(model)) for model in (Message, Consent)]
    play_past(shop, Span(NOON - 2 * DAY, NOON + 2 * DAY))
    assert [list(shop.rows(model)) for model in (Message, Consent)] == before
    assert shop.outbox == []


@pytest.mark.parametrize(("mode", "sent"), [("shadow", 1), ("live", 1), ("off", 0)])
def test_a_rule_in_shadow_is_played_as_if_it_were_live(shop: Any, mode: str, sent: int) -> None:
    shop.edit("rules/shop.yaml", "send_window: daytime", f"send_window: daytime\n    mode: {mode}")
    late(shop, 1)
    assert play_past(shop, Span(NOON - 2 * DAY, NOON + 2 * DAY)).of_rule("late") == sent


def test_a_flood_would_be_held_and_nobody_approves(shop: Any) -> None:
    shop.edit("outreach.yaml", "1000 per hour", "2 per hour")
    for number in range(4):
        late(shop, number)
    figures = play_past(shop, Span(NOON - 2 * DAY, NOON + 5 * DAY))
    assert (figures.of_rule("late"), figures.held_of("late")) == (0, 4)
    [held] = figures.held
    assert (held.reason, held.at) == (Reason.OVER_HOLD_LIMIT, NOON)


def test_who_said_stop_is_written_to_before_and_not_after(shop: Any) -> None:
    for number in (1, 2):
        late(shop, number)
    word = {"purpose": "service", "granted": False, "source": "page"}
    with shop.store.write() as connection:
        said = insert(table_of(Consent))
        connection.execute(said.values(customer_id="ana1", at=NOON - HOUR, **word))
        connection.execute(said.values(customer_id="ana2", at=NOON + DAY, **word))
    figures = play_past(shop, Span(NOON - 2 * DAY, NOON + 2 * DAY))
    assert figures.of_rule("late") == 1
    assert figures.silent["late", Reason.OPTED_OUT] == 1


def test_an_address_was_suppressed_for_as_long_as_it_was(shop: Any) -> None:
    for number in (1, 2):
        late(shop, number)
    with shop.store.write() as connection:
        listed = insert(table_of(Suppression)).values(
            channel="email", reason="bounced", source="test", since=NOON - 9 * DAY
        )
        connection.execute(listed.values(address="ana1@example.com"))
        connection.execute(listed.values(address="ana2@example.com", lifted_at=NOON - HOUR))
    figures = play_past(shop, Span(NOON - 2 * DAY, NOON + 2 * DAY))
    assert figures.of_rule("late") == 1


def test_what_settles_between_match_and_sending_is_found_out_by_itself(shop: Any) -> None:
    """The gates would not let it out: only a rule that asks nothing can come too late."""
    shop.write(
        **{
            "rules/shop.yaml": """\
format: 1
rules:
  - rule: careless
    about: order
    purpose: service
    when: [promised_at is more than 1 day ago]
    steps: [{send: note, wait: 1 day}]
"""
        }
    )
    late(shop, 1, delivered=NOON + HOUR)
    late(shop, 2)
    figures = play_past(shop, Span(NOON - 2 * DAY, NOON + 3 * DAY))
    assert figures.of_rule("careless") == 2
    [late_one] = figures.after_settled
    assert (late_one.subject.id, late_one.settled_at) == ("A-1", NOON + HOUR)


@pytest.fixture
def scratch(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'scratch.db'}")
    yield opened
    opened.close()


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_it_names_the_messages_that_live_passes_sent(shop: Any, scratch: Store) -> None:
    """The past of a shop that lived, minute by minute, is played again in fewer passes."""
    span = Span(NOON - DAY, NOON + 2 * DAY)
    live = Simulation(
        open_setup(shop.workspace, shop.store, env={}, applied=False),
        MovingClock(span.begin),
        sweeps=False,
    )
    live.add(_records(span.begin))
    live.run_at(span.begin)
    live.run_until(span.end, every=timedelta(minutes=1), leap=True)
    with Tape() as tape:
        tape.record(shop.store, live.setup.catalogue, lambda _read, _share: None)
        setup = setup_for(read_release(shop.workspace), shop.workspace, scratch)
        play(setup, tape, [], span, every=timedelta(minutes=15))
    sent = _sent(shop.store)
    assert sent == _sent(scratch)
    assert {row[0] for row in sent} == {"late", "shipped"}


def _records(begin: datetime) -> Iterator[Record]:
    for number in range(20):
        at = begin + number * 2 * HOUR + timedelta(minutes=7 * number)
        person = f"c{number % 9}"
        named = {"first_name": person, "email": f"{person}@example.com"}
        yield Record(Kind.CUSTOMER, person, named, at, at)
        values = {"number": f"A-{number}", "customer_id": person, "status": "placed"}
        yield Record(Kind.ORDER, f"A-{number}", {**values, "promised_at": at + 5 * HOUR}, at, at)
        then = at + timedelta(hours=number % 50)
        yield Record(Kind.ORDER, f"A-{number}", {"status": "shipped"}, then, then)
        if number % 3 == 0:
            arrived = {"status": "delivered", "delivered_at": then + 9 * HOUR}
            yield Record(Kind.ORDER, f"A-{number}", arrived, then + 9 * HOUR, then + 9 * HOUR)


def _sent(store: Store) -> list[Row]:
    message, part = table_of(Message).c, table_of(MessageSubject).c
    query = (
        select(message.rule, message.step, message.planned_for, part.subject_id)
        .join(table_of(MessageSubject), part.message_id == message.id)
        .where(message.state == "sent")
        .order_by(message.rule, part.subject_id)
    )
    with store.read() as connection:
        return list(connection.execute(query).all())
