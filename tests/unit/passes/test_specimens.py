"""Lint tries messages with subjects that a rule has found: the longest, and the newest."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from outreach.passes.specimens import LONGEST, NEWEST, read_specimens

LONG = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch"


def test_the_longest_and_the_newest_are_taken(shop: Any, noon: Any) -> None:
    shop.late_orders(9).customer("long", city=LONG)
    shop.order("A-99", "long", promised_at=noon - timedelta(days=2))
    shop.order("A-100", "long", status="placed")  # not late: no rule has found it
    shop.plan()
    (trials,) = read_specimens(shop.setup, now=noon).values()
    titles = [trial.title for trial in trials]
    assert titles[0] == "order A-99"
    assert LONGEST <= len(titles) <= LONGEST + NEWEST
    assert "order A-100" not in titles
    first = trials[0]
    assert (first.context["customer"]["city"], first.is_real) == (LONG, True)
    assert str(first.zone) == "Europe/Berlin"


def test_nothing_found_is_nothing_to_try(shop: Any, noon: Any) -> None:
    shop.customer("ana").order("A-1", "ana")
    assert read_specimens(shop.setup, now=noon) == {}


def test_looking_leaves_no_trace(shop: Any, noon: Any) -> None:
    from outreach.store.ledger import Message

    shop.late_orders(1).plan()
    before = shop.rows(Message)
    read_specimens(shop.setup, now=noon)
    assert shop.rows(Message) == before
