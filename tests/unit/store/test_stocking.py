"""Codes come into their pools once, whatever file tells them and however often."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from threading import Thread

from outreach.model import CouponState, Money
from outreach.passes.stocking import stock
from outreach.rules.offer import Pool
from outreach.store.database import Store
from outreach.store.stocking import coupons_of, read_stock

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
FIVE = Pool("five", "five.csv", Money(Decimal(5), "EUR"))
TEN = Pool("ten", "ten.csv", Money(Decimal(10), "EUR"))


def lines(*codes: str) -> list[tuple[int, str, str]]:
    return [(number, code, "") for number, code in enumerate(codes, start=2)]


def test_a_file_read_twice_brings_nothing_new(store: Store) -> None:
    first = stock(store, FIVE, "five.csv", lines("A-1", "A-2"), now=NOW)
    assert (first.new, first.known, first.faults) == (2, 0, ())
    again = stock(store, FIVE, "more.csv", lines("A-2", "A-3"), now=NOW)
    assert (again.new, again.known, again.faults) == (1, 1, ())
    with store.read() as connection:
        assert read_stock(connection, NOW)["five"].counts == {CouponState.FREE: 3}
        rows = coupons_of(connection, "five", CouponState.FREE, 2)
    assert [(row.code, row.source) for row in rows] == [
        ("A-1", "five.csv:2"),
        ("A-2", "five.csv:3"),
    ]


def test_a_code_of_another_pool_is_told_and_the_rest_goes_in(store: Store) -> None:
    stock(store, FIVE, "five.csv", lines("A-1"), now=NOW)
    bad = (9, "", "this is no code")
    found = stock(store, TEN, "ten.csv", [*lines("B-1", "A-1", "B-2"), bad], now=NOW)
    assert (found.new, found.known) == (2, 0)
    assert list(map(str, found.faults)) == [
        "ten.csv:3: the same code is in the pool five, from five.csv:2",
        "ten.csv:9: this is no code",
    ]
    assert "A-1" not in str(found.faults)


def test_two_who_read_one_file_at_once(store: Store) -> None:
    """Neither fails, and each code is there once."""
    codes = lines(*(f"C-{number}" for number in range(200)))
    found: list[int] = []

    def take() -> None:
        found.append(stock(store, FIVE, "five.csv", codes, now=NOW).new)

    threads = [Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [0, 0, 0, 200]
