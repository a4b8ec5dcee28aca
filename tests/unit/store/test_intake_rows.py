"""Taking versions in: the newest wins in any order, nothing is written twice, changes are told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import OperationalError

from outreach.model import Kind, Money
from outreach.sources.records import Record
from outreach.store.frames import table_of
from outreach.store.intake_rows import take_rows
from outreach.store.subjects import Change
from outreach.timing.instants import from_micros, to_micros

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def order(subject: str, updated: datetime | None = None, **values: Any) -> Record:
    history = values.pop("history", {})
    return Record(Kind.ORDER, subject, values, updated, updated, history)


def ticket(subject: str, updated: datetime | None = None, **values: Any) -> Record:
    return Record(Kind.TICKET, subject, values, updated, updated)


def customer(subject: str, updated: datetime | None = None, **values: Any) -> Record:
    return Record(Kind.CUSTOMER, subject, values, updated, updated)


def test_a_new_subject_is_stored_with_one_entry_in_the_log(books: Any) -> None:
    money = Money(Decimal("79.90"), "EUR")
    placed = NOW - DAY
    took = books.take(
        order("A-1", NOW - HOUR, status="shipped", placed_at=placed, total=money, tags=["x"])
    )
    assert took == {"order new": 1}
    assert books.stored(Kind.ORDER, "A-1") == {
        "id": "A-1",
        "status": "shipped",
        "status_changed_at": NOW - HOUR,
        "placed_at": placed,
        "total": Decimal("79.9"),
        "total_currency": "EUR",
        "tags": ["x"],
        "broken_promises": 0,
        "updated_at": NOW - HOUR,
    }
    assert books.changes("A-1") == [("", None, None, NOW - HOUR)]


def test_a_change_is_told_column_by_column_as_the_database_keeps_it(books: Any) -> None:
    books.take(order("A-1", NOW - DAY, status="placed", promised_at=NOW))
    took = books.take(
        order(
            "A-1",
            NOW - HOUR,
            status="paid",
            promised_at=NOW + DAY,
            total=Money(Decimal("1.50"), "EUR"),
            gift=True,  # a field of the workspace
        ),
    )
    assert took == {"order changed": 1}
    at = NOW - HOUR
    assert sorted(books.changes("A-1")[1:]) == [
        ("gift", None, True, at),
        ("promised_at", to_micros(NOW), to_micros(NOW + DAY), at),
        ("status", "placed", "paid", at),
        ("status_changed_at", to_micros(NOW - DAY), to_micros(at), at),
        ("total", None, 15_000, at),
        ("total_currency", None, "EUR", at),
    ]
    assert books.stored(Kind.ORDER, "A-1")["custom"] == {"gift": True}


def test_the_same_again_writes_nothing(books: Any) -> None:
    rows = (
        customer("C-1", NOW, email="ana@example.com", tags=["a"]),
        order("A-1", NOW, status="paid", customer_id="C-1", placed_at=NOW - DAY, gift=1),
        ticket("T-1", NOW, status="open", customer_id="C-1"),
    )
    books.take(*rows)
    before = _dump(books)
    took = books.take(*rows, now=NOW + DAY)
    assert took == {
        "customer unchanged": 1,
        "order unchanged": 1,
        "ticket unchanged": 1,
    }
    assert _dump(books) == before


def test_an_older_version_never_overwrites_a_newer_one(books: Any) -> None:
    books.take(order("A-1", NOW, status="shipped"))
    assert books.take(order("A-1", NOW - HOUR, status="paid")) == {"order stale": 1}
    assert books.stored(Kind.ORDER, "A-1")["status"] == "shipped"


def test_an_equal_newer_version_still_keeps_older_ones_out(books: Any) -> None:
    books.take(order("A-1", NOW - 3 * HOUR, status="paid"))
    took = books.take(order("A-1", NOW - HOUR, status="paid"))
    assert took == {"order unchanged": 1}
    books.take(order("A-1", NOW - 2 * HOUR, status="shipped"))
    assert books.stored(Kind.ORDER, "A-1")["status"] == "paid"
    assert len(books.changes("A-1")) == 1


def test_without_a_time_of_update_what_arrives_counts(books: Any) -> None:
    books.take(order("A-1", status="paid"))
    took = books.take(order("A-1", status="shipped"), now=NOW + HOUR)
    assert took == {"order changed": 1}
    assert books.changes("A-1")[1][3] == NOW + HOUR


def test_columns_the_source_does_not_have_stay(books: Any) -> None:
    books.take(order("A-1", NOW - DAY, status="paid", carrier="DHL", gift=True, weight=2))
    books.take(order("A-1", NOW, status="shipped", gift=None))
    row = books.stored(Kind.ORDER, "A-1")
    assert (row["carrier"], row["custom"]) == ("DHL", {"weight": 2})


def test_versions_of_one_subject_in_one_batch_follow_each_other(books: Any) -> None:
    took = books.take(
        ticket("T-1", NOW - 3 * HOUR, status="new"),
        ticket("T-1", NOW - 2 * HOUR, status="open"),
        ticket("T-1", NOW - HOUR, status="resolved"),
    )
    assert took == {"ticket new": 1, "ticket changed": 2}
    told = [change for change in books.changes("T-1") if change[0] in ("", "status")]
    assert told == [
        ("", None, None, NOW - 3 * HOUR),
        ("status", "new", "open", NOW - 2 * HOUR),
        ("status", "open", "resolved", NOW - HOUR),
    ]


def test_an_erased_person_does_not_come_back(books: Any) -> None:
    books.take(customer("C-1", NOW - DAY, email="ana@example.com"))
    table = table_of(Kind.CUSTOMER)
    with books.store.write() as connection:
        connection.execute(
            update(table).where(table.c.id == "C-1").values(email=None, erased_at=NOW)
        )
    took = books.take(customer("C-1", NOW, email="ana@example.com"))
    assert took == {"customer erased": 1}
    assert "email" not in books.stored(Kind.CUSTOMER, "C-1")


def test_what_other_passes_know_of_a_customer_stays(books: Any) -> None:
    books.take(customer("C-1", NOW - DAY, name="Ana"))
    table = table_of(Kind.CUSTOMER)
    with books.store.write() as connection:
        connection.execute(update(table).where(table.c.id == "C-1").values(last_contact_at=NOW))
    books.take(customer("C-1", NOW, name="Anna"))
    row = books.stored(Kind.CUSTOMER, "C-1")
    assert (row["name"], row["last_contact_at"]) == ("Anna", NOW)


STATUSES = ("placed", "paid", "shipped", "delivered", "cancelled")
versions = st.lists(
    st.fixed_dictionaries(
        {
            "status": st.sampled_from(STATUSES),
            "carrier": st.sampled_from([None, "DHL", "UPS"]),
            "tags": st.sampled_from([None, ["a"], ["a", "b"]]),
            "total": st.sampled_from([None, Money(Decimal(5), "EUR"), Money(Decimal(5), "USD")]),
            "gift": st.sampled_from([None, True, "so-so"]),
        }
    ),
    min_size=1,
    max_size=6,
)


@settings(
    max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(data=st.data(), contents=versions)
def test_in_any_order_the_newest_version_stands(
    books: Any, data: st.DataObject, contents: Sequence[dict[str, Any]]
) -> None:
    """However versions are ordered, repeated and cut into batches, the end is the same."""
    records = [
        order(
            "A-1",
            NOW + number * HOUR,
            **content,
            history={"status": {content["status"]: NOW + number * HOUR}},
        )
        for number, content in enumerate(contents)
    ]
    newest = records[-1]
    arriving = data.draw(st.permutations([*records, data.draw(st.sampled_from(records))]))
    cut = data.draw(st.integers(0, len(arriving)))
    _empty(books)
    books.take(newest)
    alone = books.stored(Kind.ORDER, "A-1")
    _empty(books)
    for batch in (arriving[:cut], arriving[cut:]):
        books.take(*batch, now=NOW + DAY)
    assert books.stored(Kind.ORDER, "A-1") == alone
    _rewind(books)


def _empty(books: Any) -> None:
    with books.store.write() as connection:
        for table in (*map(table_of, Kind), table_of(Change)):
            connection.execute(delete(table))


def _dump(books: Any) -> list[Any]:
    with books.store.read() as connection:
        return [
            connection.execute(select(table).order_by(table.c.id)).all()
            for table in (*map(table_of, Kind), table_of(Change))
        ]


def _raw(books: Any) -> dict[str, Any]:
    """Return the stored order as the log writes values."""
    row = books.stored(Kind.ORDER, "A-1")
    custom = row.pop("custom", {})
    row.pop("id")
    row.pop("updated_at")
    if "total" in row:
        row["total"] = int(row["total"] * 10_000)
    return custom | {k: to_micros(v) if isinstance(v, datetime) else v for k, v in row.items()}


def _rewind(books: Any) -> None:
    """Go back through the log from the order as it is: every entry must fit the next."""
    known = _raw(books)
    for field, old, new, _ in reversed(books.changes("A-1")[1:]):
        assert known.get(field) == new, f"{field} is {known.get(field)}, the log says {new}"
        known[field] = old


def test_more_subjects_than_one_question_can_name(books: Any) -> None:
    books.take(*(order(f"A-{number}", NOW, status="paid") for number in range(1200)))
    took = books.take(
        *(order(f"A-{number}", NOW + HOUR, status="shipped") for number in range(1200))
    )
    assert took == {"order changed": 1200}
    table = table_of(Change)
    with books.store.read() as connection:
        count = connection.execute(select(func.count()).select_from(table)).scalar()
    assert count == 1200 * 3  # its appearance, its status, and since when


def test_times_are_exact(books: Any) -> None:
    exact = from_micros(1_700_000_000_000_001)
    books.take(order("A-1", exact, status="paid"))
    assert books.stored(Kind.ORDER, "A-1")["updated_at"] == exact


@pytest.mark.parametrize("database_kind", [pytest.param("postgres", marks=pytest.mark.postgres)])
def test_the_log_has_one_writer_at_a_time(books: Any) -> None:
    """Or a pass that has seen number 8 would never look for 7, which commits later."""
    with books.store.write() as first:
        take_rows(first, [order("A-1", NOW)], now=NOW, source="test")
        with books.store.write() as second:
            second.execute(text("SET LOCAL lock_timeout = '20ms'"))
            with pytest.raises(OperationalError, match="lock timeout"):
                take_rows(second, [order("A-2", NOW)], now=NOW, source="test")
    assert books.take(order("A-2", NOW)) == {"order new": 1}
