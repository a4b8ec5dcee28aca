"""One process sends for one SQLite file: a lock that a killed process cannot leave behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from filelock import FileLock, Timeout

from outreach.errors import StoreError
from outreach.store.database import Store
from outreach.store.pulse import beating

#: a heartbeat that is older belongs to a process that is gone
FRESH = timedelta(minutes=2)


@contextmanager
def only_one(store: Store, now: datetime) -> Iterator[None]:
    """Be the only process that sends for this database, if it is a SQLite file.

    Raises StoreError when another one is. On PostgreSQL several may: they share the work.
    """
    database = store.engine.url.database
    if not store.is_sqlite or not database:
        yield
        return
    path = Path(database)
    lock = FileLock(f"{path}.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise StoreError(_taken(store, path, now)) from None
    try:
        yield
    finally:
        lock.release()


def _taken(store: Store, path: Path, now: datetime) -> str:
    with store.read() as connection:
        others = beating(connection, now - FRESH)
    who = f" (process {others[0].pid} on {others[0].host})" if others else ""
    return (
        f"another `outreach run`{who} is at work on {path.name}: stop that one first,"
        " or use PostgreSQL, where several share the work"
    )
