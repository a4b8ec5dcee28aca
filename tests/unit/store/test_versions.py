"""Folding versions in: since when a status is, what was before, and when a change happened."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from outreach.model import Kind
from outreach.sources.records import Record

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def order(subject: str, updated: datetime | None = None, **values: Any) -> Record:
    history = values.pop("history", {})
    return Record(Kind.ORDER, subject, values, updated, updated, history)


SINCE = [
    # what is known of a new order of status shipped, and since when it has that status
    ({"shipped": NOW - 2 * DAY}, NOW, {"placed_at": NOW - 9 * DAY}, NOW - 2 * DAY),  # history
    ({"placed": NOW - 9 * DAY}, NOW - HOUR, {}, NOW - HOUR),  # the time of its update
    ({"placed": NOW - 9 * DAY}, None, {}, NOW - 9 * DAY),  # what happened last, as far as known
    ({}, None, {"placed_at": NOW - 9 * DAY}, NOW - 9 * DAY),  # its natural date
    ({}, None, {}, NOW),  # nothing
]


@pytest.mark.parametrize(("began", "updated", "values", "since"), SINCE)
def test_since_when_a_new_order_has_its_status(
    books: Any,
    began: dict[str, datetime],
    updated: datetime | None,
    values: dict[str, Any],
    since: datetime,
) -> None:
    books.take(order("A-1", updated, status="shipped", history={"status": began}, **values))
    assert books.stored(Kind.ORDER, "A-1")["status_changed_at"] == since


def test_the_past_of_a_new_order_is_history(books: Any) -> None:
    began = {"placed": NOW - 4 * DAY, "paid": NOW - 3 * DAY, "shipped": NOW - DAY}
    books.take(order("A-1", status="shipped", history={"status": began}))
    assert books.changes("A-1", history=True) == [
        ("status", None, "placed", NOW - 4 * DAY),
        ("status", "placed", "paid", NOW - 3 * DAY),
        ("status", "paid", "shipped", NOW - DAY),
    ]
    assert books.changes("A-1") == [("", None, None, NOW - DAY)]


def test_a_past_that_contradicts_itself_ends_in_the_status_there_is(books: Any) -> None:
    # delivered before it was handed over, as real data have it
    began = {"placed": NOW - 4 * DAY, "delivered": NOW - 2 * DAY, "shipped": NOW - DAY}
    books.take(order("A-1", status="delivered", history={"status": began}))
    assert [change[1:3] for change in books.changes("A-1", history=True)] == [
        (None, "placed"),
        ("placed", "delivered"),
    ]
    # cancelled, nobody knows when, but it had arrived before
    began = {"placed": NOW - 4 * DAY, "delivered": NOW - 2 * DAY}
    books.take(order("A-2", status="cancelled", history={"status": began}))
    assert books.changes("A-2", history=True)[-1] == (
        "status",
        "delivered",
        "cancelled",
        NOW - 2 * DAY,
    )


def test_a_status_changed_when_its_history_says_so(books: Any) -> None:
    books.take(order("A-1", status="shipped"), now=NOW - 2 * DAY)
    began = {"status": {"delivered": NOW - 5 * HOUR}}
    books.take(order("A-1", status="delivered", delivered_at=NOW - 5 * HOUR, history=began))
    row = books.stored(Kind.ORDER, "A-1")
    assert row["status_changed_at"] == NOW - 5 * HOUR
    # all of one version happened at one instant, or a pass would see half of it
    assert {change[3] for change in books.changes("A-1")[1:]} == {NOW - 5 * HOUR}


def test_a_corrected_history_moves_since_when_the_status_is(books: Any) -> None:
    began = {"status": {"delivered": NOW - 5 * HOUR}}
    books.take(order("A-1", NOW - DAY, status="delivered", history=began))
    began = {"status": {"delivered": NOW - 7 * HOUR}}
    took = books.take(order("A-1", NOW, status="delivered", history=began))
    assert took == {"order changed": 1}
    assert [change[0] for change in books.changes("A-1")[1:]] == ["status_changed_at"]


def test_the_log_of_a_subject_never_goes_back_or_ahead(books: Any) -> None:
    books.take(order("A-1", status="paid"), now=NOW)
    began = {"status": {"shipped": NOW - DAY}}
    books.take(order("A-1", status="shipped", history=began), now=NOW + HOUR)
    assert books.changes("A-1")[1][3] == NOW  # not before the order appeared
    books.take(order("A-1", NOW + 9 * DAY, status="delivered"), now=NOW + 2 * HOUR)
    assert books.changes("A-1")[-1][3] == NOW + 2 * HOUR  # a clock that is ahead
