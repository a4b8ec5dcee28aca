"""Taking versions in: the newest wins in any order, nothing is written twice, changes are told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, update

from outreach.model import Kind, Money
from outreach.sources.records import Record
from outreach.store.database import Store
from outreach.store.frames import table_of
from outreach.store.intake_rows import Outcomes, take_rows
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


def take(store: Store, *records: Record, now: datetime = NOW) -> Outcomes:
    with store.write() as connection:
        return take_rows(connection, records, now=now, source="test")


def outcomes(counted: Outcomes) -> dict[str, int]:
    return {f"{kind} {outcome}": number for (kind, outcome), number in counted.items()}


def stored(store: Store, kind: Kind, subject: str) -> dict[str, Any]:
    table = table_of(kind)
    with store.read() as connection:
        row = connection.execute(select(table).where(table.c.id == subject)).mappings().one()
    return {name: value for name, value in row.items() if value is not None}


def changes(store: Store, subject: str, *, history: bool = False) -> list[tuple[Any, ...]]:
    """Return field, old, new and when, oldest first."""
    table = table_of(Change)
    with store.read() as connection:
        rows = connection.execute(
            select(table.c.field, table.c.old, table.c.new, table.c.at)
            .where(table.c.subject_id == subject, table.c.history.is_(history))
            .order_by(table.c.id)
        )
        return [tuple(row) for row in rows]


def test_a_new_subject_is_stored_with_one_entry_in_the_log(store: Store) -> None:
    money = Money(Decimal("79.90"), "EUR")
    placed = NOW - DAY
    took = take(
        store, order("A-1", NOW - HOUR, status="shipped", placed_at=placed, total=money, tags=["x"])
    )
    assert outcomes(took) == {"order new": 1}
    assert stored(store, Kind.ORDER, "A-1") == {
        "id": "A-1",
        "status": "shipped",
        "status_changed_at": NOW - HOUR,
        "placed_at": placed,
        "total": Decimal("79.9"),
        "total_currency": "EUR",
        "tags": ["x"],
        "updated_at": NOW - HOUR,
    }
    assert changes(store, "A-1") == [("", None, None, NOW - HOUR)]


def test_a_change_is_told_column_by_column_as_the_database_keeps_it(store: Store) -> None:
    take(store, order("A-1", NOW - DAY, status="placed", promised_at=NOW))
    took = take(
        store,
        order(
            "A-1",
            NOW - HOUR,
            status="paid",
            promised_at=NOW + DAY,
            total=Money(Decimal("1.50"), "EUR"),
            gift=True,  # a field of the workspace
        ),
    )
    assert outcomes(took) == {"order changed": 1}
    at = NOW - HOUR
    assert sorted(changes(store, "A-1")[1:]) == [
        ("gift", None, True, at),
        ("promised_at", to_micros(NOW), to_micros(NOW + DAY), at),
        ("status", "placed", "paid", at),
        ("status_changed_at", to_micros(NOW - DAY), to_micros(at), at),
        ("total", None, 15_000, at),
        ("total_currency", None, "EUR", at),
    ]
    assert stored(store, Kind.ORDER, "A-1")["custom"] == {"gift": True}


def test_the_same_again_writes_nothing(store: Store) -> None:
    rows = (
        customer("C-1", NOW, email="ana@example.com", tags=["a"]),
        order("A-1", NOW, status="paid", customer_id="C-1", placed_at=NOW - DAY, gift=1),
        ticket("T-1", NOW, status="open", customer_id="C-1"),
    )
    take(store, *rows)
    before = _dump(store)
    took = take(store, *rows, now=NOW + DAY)
    assert outcomes(took) == {
        "customer unchanged": 1,
        "order unchanged": 1,
        "ticket unchanged": 1,
    }
    assert _dump(store) == before


def test_an_older_version_never_overwrites_a_newer_one(store: Store) -> None:
    take(store, order("A-1", NOW, status="shipped"))
    assert outcomes(take(store, order("A-1", NOW - HOUR, status="paid"))) == {"order stale": 1}
    assert stored(store, Kind.ORDER, "A-1")["status"] == "shipped"


def test_an_equal_newer_version_still_keeps_older_ones_out(store: Store) -> None:
    take(store, order("A-1", NOW - 3 * HOUR, status="paid"))
    took = take(store, order("A-1", NOW - HOUR, status="paid"))
    assert outcomes(took) == {"order unchanged": 1}
    take(store, order("A-1", NOW - 2 * HOUR, status="shipped"))
    assert stored(store, Kind.ORDER, "A-1")["status"] == "paid"
    assert len(changes(store, "A-1")) == 1


def test_without_a_time_of_update_what_arrives_counts(store: Store) -> None:
    take(store, order("A-1", status="paid"))
    took = take(store, order("A-1", status="shipped"), now=NOW + HOUR)
    assert outcomes(took) == {"order changed": 1}
    assert changes(store, "A-1")[1][3] == NOW + HOUR


def test_columns_the_source_does_not_have_stay(store: Store) -> None:
    take(store, order("A-1", NOW - DAY, status="paid", carrier="DHL", gift=True, weight=2))
    take(store, order("A-1", NOW, status="shipped", gift=None))
    row = stored(store, Kind.ORDER, "A-1")
    assert (row["carrier"], row["custom"]) == ("DHL", {"weight": 2})


def test_versions_of_one_subject_in_one_batch_follow_each_other(store: Store) -> None:
    took = take(
        store,
        ticket("T-1", NOW - 3 * HOUR, status="new"),
        ticket("T-1", NOW - 2 * HOUR, status="open"),
        ticket("T-1", NOW - HOUR, status="resolved"),
    )
    assert outcomes(took) == {"ticket new": 1, "ticket changed": 2}
    told = [change for change in changes(store, "T-1") if change[0] in ("", "status")]
    assert told == [
        ("", None, None, NOW - 3 * HOUR),
        ("status", "new", "open", NOW - 2 * HOUR),
        ("status", "open", "resolved", NOW - HOUR),
    ]


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
    store: Store,
    began: dict[str, datetime],
    updated: datetime | None,
    values: dict[str, Any],
    since: datetime,
) -> None:
    take(store, order("A-1", updated, status="shipped", history={"status": began}, **values))
    assert stored(store, Kind.ORDER, "A-1")["status_changed_at"] == since


def test_the_past_of_a_new_order_is_history(store: Store) -> None:
    began = {"placed": NOW - 4 * DAY, "paid": NOW - 3 * DAY, "shipped": NOW - DAY}
    take(store, order("A-1", status="shipped", history={"status": began}))
    assert changes(store, "A-1", history=True) == [
        ("status", None, "placed", NOW - 4 * DAY),
        ("status", "placed", "paid", NOW - 3 * DAY),
        ("status", "paid", "shipped", NOW - DAY),
    ]
    assert changes(store, "A-1") == [("", None, None, NOW - DAY)]


def test_a_past_that_contradicts_itself_ends_in_the_status_there_is(store: Store) -> None:
    # delivered before it was handed over, as real data have it
    began = {"placed": NOW - 4 * DAY, "delivered": NOW - 2 * DAY, "shipped": NOW - DAY}
    take(store, order("A-1", status="delivered", history={"status": began}))
    assert [change[1:3] for change in changes(store, "A-1", history=True)] == [
        (None, "placed"),
        ("placed", "delivered"),
    ]
    # cancelled, nobody knows when, but it had arrived before
    began = {"placed": NOW - 4 * DAY, "delivered": NOW - 2 * DAY}
    take(store, order("A-2", status="cancelled", history={"status": began}))
    assert changes(store, "A-2", history=True)[-1] == (
        "status",
        "delivered",
        "cancelled",
        NOW - 2 * DAY,
    )


def test_a_status_changed_when_its_history_says_so(store: Store) -> None:
    take(store, order("A-1", status="shipped"), now=NOW - 2 * DAY)
    began = {"status": {"delivered": NOW - 5 * HOUR}}
    take(store, order("A-1", status="delivered", delivered_at=NOW - 5 * HOUR, history=began))
    row = stored(store, Kind.ORDER, "A-1")
    assert row["status_changed_at"] == NOW - 5 * HOUR
    # all of one version happened at one instant, or a pass would see half of it
    assert {change[3] for change in changes(store, "A-1")[1:]} == {NOW - 5 * HOUR}


def test_a_corrected_history_moves_since_when_the_status_is(store: Store) -> None:
    began = {"status": {"delivered": NOW - 5 * HOUR}}
    take(store, order("A-1", NOW - DAY, status="delivered", history=began))
    began = {"status": {"delivered": NOW - 7 * HOUR}}
    took = take(store, order("A-1", NOW, status="delivered", history=began))
    assert outcomes(took) == {"order changed": 1}
    assert [change[0] for change in changes(store, "A-1")[1:]] == ["status_changed_at"]


def test_the_log_of_a_subject_never_goes_back_or_ahead(store: Store) -> None:
    take(store, order("A-1", status="paid"), now=NOW)
    began = {"status": {"shipped": NOW - DAY}}
    take(store, order("A-1", status="shipped", history=began), now=NOW + HOUR)
    assert changes(store, "A-1")[1][3] == NOW  # not before the order appeared
    take(store, order("A-1", NOW + 9 * DAY, status="delivered"), now=NOW + 2 * HOUR)
    assert changes(store, "A-1")[-1][3] == NOW + 2 * HOUR  # a clock that is ahead


def test_customers_are_counted_when_their_orders_and_tickets_change(store: Store) -> None:
    take(
        store,
        customer("C-1", NOW - 9 * DAY),
        order("A-1", NOW - 9 * DAY, customer_id="C-1", placed_at=NOW - 9 * DAY),
        ticket("T-1", NOW - 8 * DAY, customer_id="C-1", status="open"),
        ticket("T-2", NOW - 8 * DAY, customer_id="C-1"),  # of no known status: still open
        now=NOW - 8 * DAY,
    )
    row = stored(store, Kind.CUSTOMER, "C-1")
    assert row["first_order_at"] == row["last_order_at"] == NOW - 9 * DAY
    assert row["open_tickets"] == 2
    assert changes(store, "C-1")[1:] == [("open_tickets", 0, 2, NOW - 8 * DAY)]
    take(
        store,
        order("A-2", NOW - DAY, customer_id="C-1", placed_at=NOW - DAY),
        ticket("T-1", NOW - HOUR, customer_id="C-1", status="resolved"),
    )
    assert stored(store, Kind.CUSTOMER, "C-1")["open_tickets"] == 1
    assert sorted(changes(store, "C-1")[2:]) == [
        ("last_order_at", to_micros(NOW - 9 * DAY), to_micros(NOW - DAY), NOW - DAY),
        ("open_tickets", 2, 1, NOW - HOUR),
    ]


def test_what_a_customer_had_between_two_intakes_is_told_too(store: Store) -> None:
    take(store, customer("C-1", NOW - 9 * DAY), now=NOW - 9 * DAY)
    take(
        store,
        ticket("T-1", NOW - 3 * HOUR, customer_id="C-1", status="open"),
        ticket("T-2", NOW - 2 * HOUR, customer_id="C-1", status="resolved"),  # never open
        ticket("T-1", NOW - HOUR, customer_id="C-1", status="resolved"),
    )
    assert stored(store, Kind.CUSTOMER, "C-1")["open_tickets"] == 0
    assert changes(store, "C-1")[1:] == [
        ("open_tickets", 0, 1, NOW - 3 * HOUR),
        ("open_tickets", 1, 0, NOW - HOUR),
    ]


def test_of_what_a_new_customer_came_with_nothing_is_told(store: Store) -> None:
    take(
        store,
        customer("C-1", NOW - DAY),
        order("A-1", NOW - DAY, customer_id="C-1", placed_at=NOW - DAY),
        ticket("T-1", NOW - 2 * DAY, customer_id="C-1", status="open"),
    )
    assert stored(store, Kind.CUSTOMER, "C-1")["open_tickets"] == 1
    assert len(changes(store, "C-1")) == 1


def test_orders_may_come_before_their_customer(store: Store) -> None:
    take(store, order("A-1", NOW, customer_id="C-1", placed_at=NOW - DAY))
    take(store, customer("C-1", NOW, name="Ana"))
    assert stored(store, Kind.CUSTOMER, "C-1")["first_order_at"] == NOW - DAY


def test_an_order_that_moves_counts_for_its_new_customer_only(store: Store) -> None:
    take(store, customer("C-1"), customer("C-2"))
    take(store, order("A-1", NOW - DAY, customer_id="C-1", placed_at=NOW - DAY))
    take(store, order("A-1", NOW, customer_id="C-2"))
    assert "first_order_at" not in stored(store, Kind.CUSTOMER, "C-1")
    assert stored(store, Kind.CUSTOMER, "C-2")["first_order_at"] == NOW - DAY


def test_an_erased_person_does_not_come_back(store: Store) -> None:
    take(store, customer("C-1", NOW - DAY, email="ana@example.com"))
    table = table_of(Kind.CUSTOMER)
    with store.write() as connection:
        connection.execute(
            update(table).where(table.c.id == "C-1").values(email=None, erased_at=NOW)
        )
    took = take(store, customer("C-1", NOW, email="ana@example.com"))
    assert outcomes(took) == {"customer erased": 1}
    assert "email" not in stored(store, Kind.CUSTOMER, "C-1")


def test_what_other_passes_know_of_a_customer_stays(store: Store) -> None:
    take(store, customer("C-1", NOW - DAY, name="Ana"))
    table = table_of(Kind.CUSTOMER)
    with store.write() as connection:
        connection.execute(update(table).where(table.c.id == "C-1").values(last_contact_at=NOW))
    take(store, customer("C-1", NOW, name="Anna"))
    row = stored(store, Kind.CUSTOMER, "C-1")
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
    store: Store, data: st.DataObject, contents: Sequence[dict[str, Any]]
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
    _empty(store)
    take(store, newest)
    alone = stored(store, Kind.ORDER, "A-1")
    _empty(store)
    for batch in (arriving[:cut], arriving[cut:]):
        take(store, *batch, now=NOW + DAY)
    assert stored(store, Kind.ORDER, "A-1") == alone
    _rewind(store)


def _empty(store: Store) -> None:
    with store.write() as connection:
        for table in (*map(table_of, Kind), table_of(Change)):
            connection.execute(delete(table))


def _dump(store: Store) -> list[Any]:
    with store.read() as connection:
        return [
            connection.execute(select(table).order_by(table.c.id)).all()
            for table in (*map(table_of, Kind), table_of(Change))
        ]


def _raw(store: Store) -> dict[str, Any]:
    """Return the stored order as the log writes values."""
    row = stored(store, Kind.ORDER, "A-1")
    custom = row.pop("custom", {})
    row.pop("id")
    row.pop("updated_at")
    if "total" in row:
        row["total"] = int(row["total"] * 10_000)
    return custom | {k: to_micros(v) if isinstance(v, datetime) else v for k, v in row.items()}


def _rewind(store: Store) -> None:
    """Go back through the log from the order as it is: every entry must fit the next."""
    known = _raw(store)
    for field, old, new, _ in reversed(changes(store, "A-1")[1:]):
        assert known.get(field) == new, f"{field} is {known.get(field)}, the log says {new}"
        known[field] = old


def test_more_subjects_than_one_question_can_name(store: Store) -> None:
    take(store, *(order(f"A-{number}", NOW, status="paid") for number in range(1200)))
    took = take(
        store, *(order(f"A-{number}", NOW + HOUR, status="shipped") for number in range(1200))
    )
    assert outcomes(took) == {"order changed": 1200}
    table = table_of(Change)
    with store.read() as connection:
        count = connection.execute(select(func.count()).select_from(table)).scalar()
    assert count == 1200 * 3  # its appearance, its status, and since when


def test_times_are_exact(store: Store) -> None:
    exact = from_micros(1_700_000_000_000_001)
    take(store, order("A-1", exact, status="paid"))
    assert stored(store, Kind.ORDER, "A-1")["updated_at"] == exact
