"""Opening the database, SQLite or PostgreSQL by URL; transactions; the schema's version."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    RootTransaction,
    create_engine,
    event,
    inspect,
    make_url,
    text,
)
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from outreach.errors import StoreError
from outreach.rules.folding import fold_case

#: the newest migration; a test holds it against the migrations folder
SCHEMA_VERSION = "0001"
#: seconds to wait for another writer, and how many statements to keep compiled: some a rule
SQLITE = {"timeout": 30, "cached_statements": 1000}
#: seconds after which PostgreSQL ends a transaction whose process does nothing: those of a lease
LONGEST_IDLE = 300
#: what PostgreSQL calls a serialization failure
_OVERTAKEN = "40001"


@dataclass(frozen=True)
class Store:
    """An open database. `write` and `read` are its transactions; nothing else touches it."""

    engine: Engine

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def write(self, *, snapshot: bool = False) -> Iterator[Connection]:
        """Run one short transaction that may write; SQLite gives it the write lock at once.

        With `snapshot` PostgreSQL too shows one moment from beginning to end.
        """
        with self.engine.connect() as connection:
            if snapshot and not self.is_sqlite:
                connection.execution_options(isolation_level="REPEATABLE READ")
            with begin(connection):
                yield connection

    @contextmanager
    def read(
        self, *, temporary: Callable[[Connection], None] | None = None
    ) -> Iterator[Connection]:
        """Run one transaction that sees a single moment and cannot write: it is undone.

        `temporary` makes temporary tables first, or finds them: what is written there is seen
        until the end.
        """
        with self.engine.connect() as connection:
            if temporary is not None:
                # kept: when they are undone, SQLite forgets every statement it has compiled
                with begin(connection, locked=False):
                    temporary(connection)
            with begin(connection, locked=False) as transaction:
                if not self.is_sqlite:
                    only = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
                    connection.execute(text(only))
                    yield connection
                elif temporary is None:
                    yield from _watched(connection)
                else:
                    yield connection
                transaction.rollback()

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


@contextmanager
def begin(connection: Connection, *, locked: bool = True) -> Iterator[RootTransaction]:
    """Run a transaction; SQLite gets its write lock at once, unless it is not to be `locked`.

    An event could do the same, and then every statement would look whether it has one, too.
    """
    with connection.begin() as transaction:
        if connection.dialect.name == "sqlite":
            _begin_sqlite(connection, "BEGIN IMMEDIATE" if locked else "BEGIN")
        yield transaction


def open_store(url: str, *, upgrade: bool | None = None) -> Store:
    """Open the database of a URL and make sure that its schema is the one we know.

    A new or older SQLite file is upgraded by itself; PostgreSQL only when `upgrade` is true.
    Raises StoreError when it cannot be reached or its schema is another.
    """
    store = Store(_engine(url))
    try:
        _settle_schema(store, upgrade=store.is_sqlite if upgrade is None else upgrade)
    except SQLAlchemyError as error:
        store.close()
        raise StoreError(f"the database cannot be opened: {_cause(error)}") from error
    except StoreError:
        store.close()
        raise
    return store


def was_overtaken(error: BaseException) -> bool:
    """Whether a snapshot was given up because somebody changed the same rows: it can be retried."""
    cause = getattr(error, "orig", None) or error
    return getattr(cause, "sqlstate", None) == _OVERTAKEN


def schema_version(store: Store) -> str | None:
    """Return the version of the schema found, None for an empty database."""
    with store.read() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _settle_schema(store: Store, *, upgrade: bool) -> None:
    found = schema_version(store)
    if found == SCHEMA_VERSION:
        return
    if found is not None and found > SCHEMA_VERSION:
        raise StoreError(
            f"the database has schema {found}, which is newer than {SCHEMA_VERSION}, the newest "
            "that this version knows: install the version of outreach that it was upgraded with"
        )
    if not upgrade:
        raise StoreError(
            f"the database has schema {found or 'none'}, this version needs {SCHEMA_VERSION}: "
            "run `outreach doctor --fix` to upgrade it"
        )
    from outreach.store.migrating import upgrade_schema

    upgrade_schema(store)


def _engine(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        if parsed.database and parsed.database != ":memory:":
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(parsed, hide_parameters=True, connect_args=SQLITE)
        event.listen(engine, "connect", _prepare_sqlite)
        return engine
    if parsed.get_backend_name() == "postgresql":
        try:
            # plain `postgresql://` means the driver we ship with
            engine = create_engine(
                parsed.set(drivername="postgresql+psycopg"),
                pool_pre_ping=True,
                hide_parameters=True,
            )
        except ModuleNotFoundError as error:
            raise StoreError(
                "PostgreSQL needs its driver: pip install 'outreach[postgres]'"
            ) from error
        event.listen(engine, "connect", _prepare_postgres)
        return engine
    raise StoreError(
        f"cannot use a {parsed.get_backend_name()} database: "
        "write sqlite:///file.db or postgresql://user@host/name"
    )


def _prepare_postgres(connection: Any, _record: Any) -> None:
    # a process that stands still in the middle of a transaction keeps its locks, and others waiting
    connection.execute(f"SET idle_in_transaction_session_timeout = '{LONGEST_IDLE}s'")
    connection.commit()  # or a rollback would undo it


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions begin where we say so
    for pragma in (
        "journal_mode=WAL",
        # a send that was recorded must survive a power cut: it would go out twice
        "synchronous=FULL",
        "temp_store=MEMORY",
        "cache_size=-65536",
    ):
        connection.execute(f"PRAGMA {pragma}")
    connection.create_function("fold_case", 1, _fold, deterministic=True)


def _fold(value: str | None) -> str | None:
    return None if value is None else fold_case(value)


def _begin_sqlite(connection: Connection, said: str) -> None:
    # straight to the driver: there is nothing to compile, and it begins every transaction
    driver: Any = connection.connection.driver_connection
    try:
        driver.execute(said)
    except sqlite3.OperationalError as error:  # somebody else has written for too long
        raise OperationalError(said, None, error) from error


def _watched(connection: Connection) -> Iterator[Connection]:
    """Yield the connection, and complain if it was written to.

    `PRAGMA query_only` would refuse at once, and make SQLite forget all compiled statements.
    """
    driver: Any = connection.connection.driver_connection
    before = driver.total_changes
    yield connection
    if driver.total_changes != before:
        raise RuntimeError("this transaction was for reading, and something was written in it")


def _cause(error: SQLAlchemyError) -> str:
    cause = getattr(error, "orig", None) or error
    return str(cause).strip().splitlines()[0]
