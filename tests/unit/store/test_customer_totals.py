"""What is worked out about customers from their orders and tickets, and what of it is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from outreach.model import Kind
from outreach.sources.records import Record
from outreach.timing.instants import to_micros

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def order(subject: str, updated: datetime | None = None, **values: Any) -> Record:
    return Record(Kind.ORDER, subject, values, updated, updated)


def ticket(subject: str, updated: datetime | None = None, **values: Any) -> Record:
    return Record(Kind.TICKET, subject, values, updated, updated)


def customer(subject: str, updated: datetime | None = None, **values: Any) -> Record:
    return Record(Kind.CUSTOMER, subject, values, updated, updated)


def test_customers_are_counted_when_their_orders_and_tickets_change(books: Any) -> None:
    books.take(
        customer("C-1", NOW - 9 * DAY),
        order("A-1", NOW - 9 * DAY, customer_id="C-1", placed_at=NOW - 9 * DAY),
        ticket("T-1", NOW - 8 * DAY, customer_id="C-1", status="open"),
        ticket("T-2", NOW - 8 * DAY, customer_id="C-1"),  # of no known status: still open
        now=NOW - 8 * DAY,
    )
    row = books.stored(Kind.CUSTOMER, "C-1")
    assert row["first_order_at"] == row["last_order_at"] == NOW - 9 * DAY
    assert row["open_tickets"] == 2
    assert books.changes("C-1")[1:] == [("open_tickets", 0, 2, NOW - 8 * DAY)]
    books.take(
        order("A-2", NOW - DAY, customer_id="C-1", placed_at=NOW - DAY),
        ticket("T-1", NOW - HOUR, customer_id="C-1", status="resolved"),
    )
    assert books.stored(Kind.CUSTOMER, "C-1")["open_tickets"] == 1
    assert sorted(books.changes("C-1")[2:]) == [
        ("last_order_at", to_micros(NOW - 9 * DAY), to_micros(NOW - DAY), NOW - DAY),
        ("open_tickets", 2, 1, NOW - HOUR),
    ]


def test_what_a_customer_had_between_two_intakes_is_told_too(books: Any) -> None:
    books.take(customer("C-1", NOW - 9 * DAY), now=NOW - 9 * DAY)
    books.take(
        ticket("T-1", NOW - 3 * HOUR, customer_id="C-1", status="open"),
        ticket("T-2", NOW - 2 * HOUR, customer_id="C-1", status="resolved"),  # never open
        ticket("T-1", NOW - HOUR, customer_id="C-1", status="resolved"),
    )
    assert books.stored(Kind.CUSTOMER, "C-1")["open_tickets"] == 0
    assert books.changes("C-1")[1:] == [
        ("open_tickets", 0, 1, NOW - 3 * HOUR),
        ("open_tickets", 1, 0, NOW - HOUR),
    ]


def test_of_what_a_new_customer_came_with_nothing_is_told(books: Any) -> None:
    books.take(
        customer("C-1", NOW - DAY),
        order("A-1", NOW - DAY, customer_id="C-1", placed_at=NOW - DAY),
        ticket("T-1", NOW - 2 * DAY, customer_id="C-1", status="open"),
    )
    assert books.stored(Kind.CUSTOMER, "C-1")["open_tickets"] == 1
    assert len(books.changes("C-1")) == 1


def test_orders_may_come_before_their_customer(books: Any) -> None:
    books.take(order("A-1", NOW, customer_id="C-1", placed_at=NOW - DAY))
    books.take(customer("C-1", NOW, name="Ana"))
    assert books.stored(Kind.CUSTOMER, "C-1")["first_order_at"] == NOW - DAY


def test_an_order_that_moves_counts_for_its_new_customer_only(books: Any) -> None:
    books.take(customer("C-1"), customer("C-2"))
    books.take(order("A-1", NOW - DAY, customer_id="C-1", placed_at=NOW - DAY))
    books.take(order("A-1", NOW, customer_id="C-2"))
    assert "first_order_at" not in books.stored(Kind.CUSTOMER, "C-1")
    assert books.stored(Kind.CUSTOMER, "C-2")["first_order_at"] == NOW - DAY


def answer(subject: str, at: datetime, **values: Any) -> Record:
    return Record(Kind.RESPONSE, subject, {"received_at": at, "customer_id": "C-1", **values}, at)


def test_the_last_answer_that_counts_is_the_customers(books: Any) -> None:
    books.take(customer("C-1", NOW - 9 * DAY), now=NOW - 9 * DAY)
    books.take(answer("R-2", NOW - DAY, score=4), answer("R-1", NOW - 2 * DAY, score=1))
    row = books.stored(Kind.CUSTOMER, "C-1")
    assert (row["last_score"], row["last_answered_at"]) == (4, NOW - DAY)
    books.take(Record(Kind.RESPONSE, "R-2", {"counts": False}, NOW, NOW))
    row = books.stored(Kind.CUSTOMER, "C-1")
    assert (row["last_score"], row["last_answered_at"]) == (1, NOW - 2 * DAY)


def test_each_answer_between_two_intakes_is_told(books: Any) -> None:
    books.take(customer("C-1", NOW - 9 * DAY), now=NOW - 9 * DAY)
    books.take(answer("R-1", NOW - 2 * HOUR, score=5), answer("R-2", NOW - HOUR, score=2))
    told = [change for change in books.changes("C-1") if change[0] == "last_score"]
    assert [(old, new) for _, old, new, _ in told] == [(None, 5), (5, 2)]
