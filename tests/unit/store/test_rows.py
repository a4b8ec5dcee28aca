"""Rows written in bulk are the rows that were given, in both databases."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from outreach.store.database import Store
from outreach.store.frames import table_of
from outreach.store.ledger import MessageState
from outreach.store.rows import write_records, write_rows
from outreach.store.subjects import Order
from outreach.timing.instants import to_micros
from tests.unit.ledger import DAY, NOON


def test_records_are_kept_as_they_are_with_their_instants(store: Store) -> None:
    states: list[dict[str, Any]] = [
        {
            "message_id": "m1",
            "at": NOON,
            "state": "planned",
            "reason": "matched",
            "note": "ä\n\t\\",
        },
        {"message_id": "m2", "at": NOON + DAY, "state": "held", "reason": "matched", "note": ""},
    ]
    table = table_of(MessageState)
    with store.write() as connection:
        write_records(connection, table, [{**state, "who": "ana"} for state in states])
        found = connection.execute(select(table).order_by(table.c.id)).mappings().all()
    # numbered by the database, in their order
    assert [row["id"] for row in found] == [1, 2]
    assert [{name: row[name] for name in states[0]} for row in found] == states


def test_rows_hold_what_the_database_keeps(store: Store) -> None:
    table = table_of(Order)
    row = ("A-1", to_micros(NOON), 195_000, None, '["vip", "it\'s"]')
    with store.write() as connection:
        write_rows(connection, table, ("id", "promised_at", "total", "status", "tags"), [row])
        found = connection.execute(select(table)).mappings().one()
    assert found["promised_at"] == NOON
    assert found["total"] == 19.5
    assert found["status"] is None
    assert found["tags"] == ["vip", "it's"]
