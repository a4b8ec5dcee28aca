"""What the daemon keeps of an error: enough to find it, nothing of anybody's row."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from outreach.daemon.running import describe
from outreach.store.frames import table_of
from outreach.store.subjects import Customer


def test_errors_of_the_database_quote_no_row(shop: Any) -> None:
    shop.customer("ana")
    values = {"id": "ana", "email": "secret@example.com", "open_tickets": 0}
    statement = insert(table_of(Customer)).values(values)
    with shop.store.write() as connection, pytest.raises(IntegrityError) as caught:
        connection.execute(statement)
    assert "secret" not in str(caught.value)
    assert "secret" not in describe(caught.value)
    assert "customers" in describe(caught.value)
