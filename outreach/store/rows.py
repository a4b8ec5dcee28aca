"""Many rows at once, straight to the driver: PostgreSQL copies them in, SQLite runs one insert."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Dialect, Table

from outreach.store.types import Instant
from outreach.timing.instants import to_micros


def write_rows(
    connection: Connection, table: Table, names: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Insert rows of the named columns, values as the database keeps them: JSON is text."""
    text = _writing(table, tuple(names), connection.dialect)
    cursor = connection.connection.cursor()
    if connection.dialect.name == "postgresql":
        with cursor.copy(text) as copy:
            for row in rows:
                copy.write_row(row)
    else:
        cursor.executemany(text, list(rows))


def write_records(
    connection: Connection, table: Table, records: Sequence[Mapping[str, Any]]
) -> None:
    """Insert records that all have the same columns, two at least; instants are datetimes."""
    names = tuple(records[0])
    times = [name for name in names if isinstance(table.c[name].type, Instant)]
    values = itemgetter(*names)
    rows = (values({**record, **_micros(record, times)}) for record in records)
    write_rows(connection, table, names, rows)


def _micros(record: Mapping[str, Any], times: Sequence[str]) -> dict[str, int | None]:
    return {name: None if record[name] is None else to_micros(record[name]) for name in times}


@cache
def _writing(table: Table, names: tuple[str, ...], dialect: Dialect) -> str:
    quoted = ", ".join(dialect.identifier_preparer.format_column(table.c[name]) for name in names)
    if dialect.name == "postgresql":
        return f"COPY {table.name} ({quoted}) FROM STDIN"
    places = ", ".join("?" * len(names))
    return f"INSERT INTO {table.name} ({quoted}) VALUES ({places})"  # noqa: S608 - names only
