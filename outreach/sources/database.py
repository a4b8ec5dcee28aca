"""Rows of any SQL database, read page by page, changed ones only; nothing is ever written there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    FromClause,
    Select,
    and_,
    column,
    create_engine,
    inspect,
    make_url,
    or_,
    select,
    table,
    text,
)
from sqlalchemy.exc import (
    ArgumentError,
    NoSuchModuleError,
    NoSuchTableError,
    SQLAlchemyError,
)
from sqlalchemy.pool import NullPool

from outreach.errors import DataError
from outreach.sources.records import RawRow

PAGE = 1000


@dataclass
class DatabaseRows:
    """The rows of a table or query, from `start` on by `changed`, in the order of `key`.

    Without `changed` all rows are read; without `key` they come in one piece instead of pages.
    `newest` is the latest value of `changed` that was handed out.
    """

    connection: Connection
    rows_of: FromClause
    changed: str = ""
    key: str = ""
    start: Any = None
    newest: Any = None
    page: int = PAGE
    count: int = 0

    @property
    def columns(self) -> list[str]:
        """The columns there are."""
        return [str(name) for name in self.rows_of.c.keys()]  # noqa: SIM118  # no dict

    def __iter__(self) -> Iterator[RawRow]:
        try:
            yield from self._without_time()
            yield from self._by_time()
        except SQLAlchemyError as error:
            raise DataError(f"the database answered: {_cause(error)}") from error

    def _by_time(self) -> Iterator[RawRow]:
        after: tuple[Any, Any] | None = None
        while True:
            page = self._page(self._query(after))
            for row in page:
                if self.changed:
                    self.newest = row[self.changed]
                yield self._row(row)
            if not self.key or len(page) < self.page:
                return
            after = (page[-1][self.changed] if self.changed else None, page[-1][self.key])

    def _without_time(self) -> Iterator[RawRow]:
        """Yield rows that say no time of change: no start would ever reach them."""
        if not self.changed:
            return
        query = select(self.rows_of).where(self.rows_of.c[self.changed].is_(None))
        for row in self.connection.execute(query).mappings():
            yield self._row(dict(row))

    def _query(self, after: tuple[Any, Any] | None) -> Select[Any]:
        columns = self.rows_of.c
        query = select(self.rows_of)
        if self.changed:
            changed = columns[self.changed]
            query = query.where(changed.is_not(None)).order_by(changed)
            if self.start is not None:
                query = query.where(changed >= self.start)
        if not self.key:
            return query
        key = columns[self.key]
        query = query.order_by(key).limit(self.page)
        if after is None:
            return query
        if not self.changed:
            return query.where(key > after[1])
        changed = columns[self.changed]
        return query.where(or_(changed > after[0], and_(changed == after[0], key > after[1])))

    def _page(self, query: Select[Any]) -> list[dict[str, Any]]:
        return [dict(row) for row in self.connection.execute(query).mappings()]

    def _row(self, values: dict[str, Any]) -> RawRow:
        self.count += 1
        return RawRow(self.count, values)


@contextmanager
def open_database(
    url: str, *, name: str = "", query: str = "", folder: Path = Path()
) -> Iterator[DatabaseRows]:
    """Open the table or view of a name, or the rows of a query. SQLite files lie below the folder.

    Raises DataError when it cannot be reached, or has no such table.
    """
    engine = _engine(url, folder)
    try:
        with engine.connect() as plain, _read_only(plain) as connection:
            yield DatabaseRows(connection, _rows_of(connection, name, query))
    except NoSuchTableError:
        raise DataError(f"the database has no table or view `{name}`") from None
    except SQLAlchemyError as error:
        raise DataError(f"the database cannot be read: {_cause(error)}") from error
    finally:
        engine.dispose()


def _engine(url: str, folder: Path) -> Engine:
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            file = folder / (parsed.database or "")
            if not file.is_file():
                raise DataError(f"there is no database file {file}")
            parsed = parsed.set(database=str(file))
        elif parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        return create_engine(parsed, poolclass=NullPool)
    except NoSuchModuleError:
        kind = url.partition(":")[0]
        raise DataError(f"there is no such kind of database: {kind}") from None
    except ArgumentError as error:
        said = "write it like postgresql://user@host/name, or env:NAME"
        raise DataError(f"this is not the address of a database: {said}") from error
    except ModuleNotFoundError as error:
        raise DataError(
            f"the driver for this database is not installed: pip install {error.name}"
        ) from None


@contextmanager
def _read_only(connection: Connection) -> Iterator[Connection]:
    if connection.dialect.name == "postgresql":
        connection = connection.execution_options(postgresql_readonly=True)
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA query_only = ON")
    yield connection
    connection.rollback()


def _rows_of(connection: Connection, name: str, query: str) -> FromClause:
    """Return what to read from, its columns without types: values pass as the driver has them.

    A type of SQLAlchemy's would write times of SQLite in its own way, and comparing would fail.
    """
    if name:
        schema, _, plain = name.rpartition(".")
        found = inspect(connection).get_columns(plain, schema or None)
        return table(plain, *(column(c["name"]) for c in found), schema=schema or None)
    asked = query.strip().rstrip(";")
    none = connection.execute(select(text("*")).select_from(text(f"({asked}) AS asked")).limit(0))
    return text(asked).columns(*(column(key) for key in none.keys())).subquery("asked")  # noqa: SIM118


def _cause(error: SQLAlchemyError) -> str:
    cause = getattr(error, "orig", None) or error
    return next(iter(str(cause).strip().splitlines()), type(cause).__name__)
