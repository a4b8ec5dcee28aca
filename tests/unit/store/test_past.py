"""The past: what the change log and imported dates say of how subjects came to be what they are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from outreach.model import Kind, Money
from outreach.passes.intake import import_rows
from outreach.rules.catalogue import Catalogue
from outreach.rules.fields import CustomField, FieldType
from outreach.sources.records import Record
from outreach.store.database import Store
from outreach.store.past import Version, read_past

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CATALOGUE = Catalogue([CustomField(Kind.ORDER, "gift", FieldType.YES_NO)])


def say(store: Store, at: datetime, kind: Kind, subject: str, **values: Any) -> None:
    record = Record(kind, subject, values, updated_at=at, at=at)
    import_rows(store, [record], now=at, source="test")


def past(store: Store, kind: Kind = Kind.ORDER) -> list[Version]:
    with store.read() as connection:
        [versions] = read_past(connection, CATALOGUE, kind)
    return versions


def told(versions: list[Version]) -> list[tuple[datetime, Mapping[str, Any]]]:
    """Return when what became known, but for what never had a value."""
    first, *later = [(v.at, dict(v.values)) for v in versions]
    known = {name: value for name, value in first[1].items() if value not in (None, [])}
    return [(first[0], known), *later]


def test_what_changed_here_is_told_when_it_changed(store: Store) -> None:
    say(store, NOON, Kind.ORDER, "A-1", status="placed", total=Money(Decimal("9.90"), "EUR"))
    say(store, NOON + HOUR, Kind.ORDER, "A-1", status="paid", gift=True)
    say(store, NOON + DAY, Kind.ORDER, "A-1", total=Money(Decimal("8.50"), "EUR"), gift=None)
    assert told(past(store)) == [
        (NOON, {"status": "placed", "total": Money(Decimal("9.9"), "EUR")}),
        (NOON + HOUR, {"status": "paid", "gift": True}),
        (NOON + DAY, {"total": Money(Decimal("8.5"), "EUR"), "gift": None}),
    ]


def test_played_again_it_becomes_what_it_was(store: Store) -> None:
    say(store, NOON, Kind.CUSTOMER, "ana", email="ana@example.com", tags=["press"])
    say(store, NOON, Kind.ORDER, "A-1", customer_id="ana", status="placed", tags=["x", "y"])
    say(store, NOON + DAY, Kind.ORDER, "A-1", status="shipped", shipped_at=NOON + HOUR, gift=True)
    say(store, NOON + DAY, Kind.CUSTOMER, "ana", email="ana@example.org")
    before = [past(store, kind) for kind in (Kind.CUSTOMER, Kind.ORDER)]
    for versions in before:
        for version in versions:
            import_rows(store, [version], now=NOON + 2 * DAY, source="again")
    assert [past(store, kind) for kind in (Kind.CUSTOMER, Kind.ORDER)] == before


def test_what_happened_before_an_import_is_not_known_before_it_happened(store: Store) -> None:
    record = Record(
        Kind.ORDER,
        "A-1",
        {
            "status": "delivered",
            "placed_at": NOON - 9 * DAY,
            "promised_at": NOON - 4 * DAY,
            "shipped_at": NOON - 6 * DAY,
            "delivered_at": NOON - 2 * DAY,
        },
        history={"status": {"placed": NOON - 9 * DAY, "delivered": NOON - 2 * DAY}},
    )
    import_rows(store, [record], now=NOON, source="test")
    assert told(past(store)) == [
        (
            NOON - 9 * DAY,
            {"placed_at": NOON - 9 * DAY, "promised_at": NOON - 4 * DAY, "status": "placed"},
        ),
        (NOON - 6 * DAY, {"shipped_at": NOON - 6 * DAY}),
        (NOON - 2 * DAY, {"status": "delivered", "delivered_at": NOON - 2 * DAY}),
    ]


def test_a_status_without_a_history_is_told_by_the_other_dates(store: Store) -> None:
    values = {
        "status": "delivered",
        "placed_at": NOON - 9 * DAY,
        "shipped_at": NOON - 6 * DAY,
        "delivered_at": NOON - 2 * DAY,
    }
    import_rows(store, [Record(Kind.ORDER, "A-1", values)], now=NOON, source="test")
    assert [(v.at, v.values.get("status")) for v in past(store)] == [
        (NOON - 9 * DAY, None),
        (NOON - 6 * DAY, "shipped"),
        (NOON - 2 * DAY, "delivered"),
    ]


def test_since_when_a_status_holds_is_kept(store: Store) -> None:
    say(store, NOON, Kind.ORDER, "A-1", status="placed")
    record = Record(
        Kind.ORDER,
        "A-1",
        {"status": "shipped"},
        updated_at=NOON + DAY,
        at=NOON + DAY,
        history={"status": {"shipped": NOON + HOUR}},
    )
    import_rows(store, [record], now=NOON + DAY, source="test")
    assert past(store)[-1].history == {"status": {"shipped": NOON + HOUR}}


def test_customers_are_there_before_what_they_do(store: Store) -> None:
    say(store, NOON, Kind.ORDER, "A-1", placed_at=NOON - 9 * DAY, customer_id="ana")
    say(store, NOON, Kind.CUSTOMER, "ana", email="ana@example.com")
    [first] = past(store, Kind.CUSTOMER)
    assert first.at < NOON - 9 * DAY


@pytest.mark.parametrize("kind", list(Kind))
def test_of_nothing_there_is_no_past(store: Store, kind: Kind) -> None:
    with store.read() as connection:
        assert list(read_past(connection, CATALOGUE, kind)) == []
