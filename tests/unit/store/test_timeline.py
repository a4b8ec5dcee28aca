"""The story of one customer, read alike from both databases."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert

from outreach.model import Channel, Kind
from outreach.store.database import Store
from outreach.store.frames import table_of
from outreach.store.subjects import Change
from outreach.store.suppressing import suppress
from outreach.store.timeline import Timeline, read_timeline

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def day(number: int) -> datetime:
    return NOON.replace(day=number)


def put(store: Store, what: Any, **values: Any) -> None:
    with store.write() as connection:
        connection.execute(insert(table_of(what)).values(**values))


def change(store: Store, at: datetime, field: str = "", old: Any = None, new: Any = None) -> None:
    values = {"field": field, "old": old, "new": new, "at": at, "recorded_at": NOON}
    put(store, Change, kind="order", subject_id="A-1", source="test", history=False, **values)


def read(store: Store) -> Timeline:
    with store.read() as connection:
        return read_timeline(connection, "C-1")


def words(store: Store) -> list[tuple[int, tuple[str, ...]]]:
    moments = sorted(read(store).moments, key=lambda moment: moment.at)
    return [(moment.at.day, moment.words) for moment in moments]


def test_the_log_of_a_status_and_the_row_tell_one_story(store: Store) -> None:
    put(store, Kind.CUSTOMER, id="C-1", open_tickets=0)
    put(
        store,
        Kind.ORDER,
        id="A-1",
        customer_id="C-1",
        status="delivered",
        placed_at=day(1),  # before we knew of it: only the row tells
        delivered_at=day(9),
        status_changed_at=day(9),
    )
    change(store, day(2))  # it appeared, as packed
    change(store, day(5), "status", "packed", "shipped")
    change(store, day(9), "status", "shipped", "delivered")
    change(store, day(9), "carrier", None, "DHL")  # no status
    expected = [(1, ("placed",)), (2, ("packed",)), (5, ("shipped",)), (9, ("delivered",))]
    assert words(store) == expected


def test_what_happened_at_one_instant_is_one_moment(store: Store) -> None:
    put(store, Kind.CUSTOMER, id="C-1", open_tickets=0)
    order = {"id": "A-1", "customer_id": "C-1", "status": "paid"}
    put(store, Kind.ORDER, **order, placed_at=day(1), status_changed_at=day(1))
    assert words(store) == [(1, ("placed", "paid"))]


def test_somebody_elses_story_is_not_told(store: Store) -> None:
    for number in (1, 2):
        email = f"c{number}@one.example"
        put(store, Kind.CUSTOMER, id=f"C-{number}", email=email, open_tickets=0)
        order = {"id": f"A-{number}", "customer_id": f"C-{number}", "placed_at": day(number)}
        put(store, Kind.ORDER, **order)
    with store.write() as connection:
        for address in ("c2@one.example", "@two.example", "@one.example"):
            entry = {"reason": "asked", "source": "test", "now": NOON}
            suppress(connection, Channel.EMAIL, address, **entry)
    assert words(store) == [(1, ("placed",))]
    assert [row.address for row in read(store).suppressions] == ["@one.example"]
