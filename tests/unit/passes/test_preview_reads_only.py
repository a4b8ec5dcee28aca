"""A preview looks: whatever it foretells, the database holds afterwards what it held before."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from outreach.passes.preview import preview
from outreach.store.database import Store
from outreach.store.migrating import METADATA

HOUR = timedelta(hours=1)


def rows(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table."""
    with store.read() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(select(table))), key=repr)
            for table in METADATA.sorted_tables
        }


def on_its_way(shop: Any, noon: datetime) -> Any:
    """Make a shop with messages sent and planned, and changes that no pass has seen."""
    shop.customer("ana").order("A-1", "ana", promised_at=noon - 48 * HOUR).run(noon)
    shop.order("A-2", "ana", at=noon + HOUR, promised_at=noon - 30 * HOUR)
    shop.order("A-1", at=noon + HOUR, status="delivered")
    return shop


@pytest.mark.parametrize("ahead", [{}, {"until": 90}, {"rules": ["late"]}, {"until": 90, "at": -5}])
def test_no_row_of_any_table_is_different(
    shop: Any, store: Store, noon: datetime, ahead: dict[str, Any]
) -> None:
    setup = on_its_way(shop, noon).setup
    before = rows(store)
    now = noon + (2 + ahead.get("at", 0)) * HOUR
    asked = {"until": now + ahead["until"] * HOUR} if "until" in ahead else {}
    found = preview(setup, now=now, rules=ahead.get("rules", ()), **asked)
    assert found.messages
    assert rows(store) == before


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_the_file_of_sqlite_stays_as_it_is(shop: Any, store: Store, noon: datetime) -> None:
    setup = on_its_way(shop, noon).setup
    file = Path(store.engine.url.database or "")
    kept = [file, file.with_name(f"{file.name}-wal")]
    before = [path.read_bytes() for path in kept]
    assert preview(setup, now=noon + 2 * HOUR, until=noon + 90 * HOUR).messages
    assert [path.read_bytes() for path in kept] == before
