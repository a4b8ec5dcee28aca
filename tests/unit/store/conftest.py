"""An open store whose rows and change log can be asked about, and one that is large."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy.engine import make_url

if TYPE_CHECKING:
    from outreach.model import Kind
    from outreach.sources.records import Record
    from outreach.store.database import Store

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Books:
    """What intake is given, and what is in the database then."""

    store: Store

    def take(self, *records: Record, now: datetime = NOW) -> dict[str, int]:
        """Take records in at once; return how many of what became what."""
        from outreach.store.intake_rows import take_rows

        with self.store.write() as connection:
            counted = take_rows(connection, records, now=now, source="test")
        return {f"{kind} {outcome}": number for (kind, outcome), number in counted.items()}

    def stored(self, kind: Kind, subject: str) -> dict[str, Any]:
        """Return the values a subject has."""
        from sqlalchemy import select

        from outreach.store.frames import table_of

        table = table_of(kind)
        with self.store.read() as connection:
            row = connection.execute(select(table).where(table.c.id == subject)).mappings().one()
        return {name: value for name, value in row.items() if value is not None}

    def changes(self, subject: str, *, history: bool = False) -> list[tuple[Any, ...]]:
        """Return field, old, new and when of each change of a subject, oldest first."""
        from sqlalchemy import select

        from outreach.store.frames import table_of
        from outreach.store.subjects import Change

        changes = table_of(Change).c
        with self.store.read() as connection:
            rows = connection.execute(
                select(changes.field, changes.old, changes.new, changes.at)
                .where(changes.subject_id == subject, changes.history.is_(history))
                .order_by(changes.id)
            )
            return [tuple(row) for row in rows]


@pytest.fixture
def books(store: Store) -> Books:
    return Books(store)


@pytest.fixture(
    scope="session",
    params=["sqlite", "sqlite, analysed", pytest.param("postgres", marks=pytest.mark.postgres)],
)
def large_store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Store]:
    """A large shop, made once; nobody may leave anything in it. Nobody analyses SQLite for us."""
    from outreach.store.database import open_store
    from tests.unit.store.large_shop import analyse, fill

    if request.param == "postgres":
        name = f"large_{uuid4().hex}"
        server = make_url(request.getfixturevalue("postgres_url")).set(drivername="postgresql")
        address = server.render_as_string(hide_password=False)
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        url = server.set(database=name).render_as_string(hide_password=False)
    else:
        url = f"sqlite:///{tmp_path_factory.mktemp('large') / 'shop.db'}"
    store = open_store(url, upgrade=True)
    fill(store)
    if request.param != "sqlite":
        analyse(store)
    yield store
    store.close()
