"""Pretending: a database in which passes write as ever, and of which nothing is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection

from outreach.store.database import Store, begin


@dataclass(frozen=True)
class PretendStore(Store):
    """A store whose transactions are all parts of one that is undone at its end."""

    connection: Connection

    @contextmanager
    def write(self, *, snapshot: bool = False) -> Iterator[Connection]:
        with self.connection.begin_nested():
            yield self.connection

    @contextmanager
    def read(
        self, *, temporary: Callable[[Connection], None] | None = None
    ) -> Iterator[Connection]:
        if temporary is not None:
            temporary(self.connection)
        yield self.connection

    def close(self) -> None:
        """Leave the connections to the store that it pretends to be."""


@contextmanager
def pretend(store: Store) -> Iterator[PretendStore]:
    """Yield a store to try things on, and undo all of them; others write again after that."""
    with store.engine.connect() as connection, begin(connection) as transaction:
        yield PretendStore(store.engine, connection)
        transaction.rollback()
