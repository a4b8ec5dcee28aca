"""Scratch databases: nothing in them outlives what they were made for."""

from __future__ import annotations

from functools import cache

from sqlalchemy import event

from outreach.store.database import Store, open_store
from outreach.store.migrating import METADATA


def memory_store() -> Store:
    """Return an empty database in memory; it belongs to the thread that opens it."""
    return open_store("sqlite://")


def empty(store: Store) -> None:
    """Take everything out of a database in memory; what SQLite has compiled for it stays good."""
    with store.write() as connection:
        cursor = connection.connection.cursor()
        for statement in _deletes():
            cursor.execute(statement)


@cache
def _deletes() -> tuple[str, ...]:
    """Return what empties every table: as texts, for a rule test asks all of it each time."""
    return tuple(str(table.delete()) for table in reversed(METADATA.sorted_tables))


def make_hasty(store: Store) -> None:
    """Let a SQLite store no longer wait for the disk; a power cut may cost all that is in it."""
    if store.is_sqlite:
        event.listen(store.engine, "connect", _do_not_wait)
        store.engine.dispose()  # connections made before still wait


def _do_not_wait(connection: object, _record: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")  # type: ignore[attr-defined]
