"""Writing the change log: who changed which field of which subject, from what to what, when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Dialect,
    MetaData,
    Select,
    Table,
    bindparam,
    func,
    insert,
    select,
)

from outreach.model import Kind
from outreach.store.bulk import BulkInsert
from outreach.store.frames import table_of
from outreach.store.marks import one_at_a_time
from outreach.store.pieces import chunks
from outreach.store.sql_functions import among
from outreach.store.subjects import Change
from outreach.store.types import Amount, Instant


class LoggedChange(NamedTuple):
    """One row of the change log; values are what the database holds, `at` is in microseconds.

    `field` is empty for a subject's first appearance. `place` is the file and line it
    came from.
    """

    kind: Kind
    subject_id: str
    field: str
    old: Any
    new: Any
    at: int
    history: bool = False
    place: str = ""


def lock_change_log(connection: Connection) -> None:
    """Let no other transaction write the log before this one ends: its numbers commit in order.

    A pass that has read up to a number may then rely on nothing lower appearing later.
    """
    one_at_a_time(connection, "changes")


def append_changes(
    connection: Connection, changes: Iterable[LoggedChange], *, now: int, source: str
) -> None:
    """Write changes; the log must be locked."""
    insert = _insert(connection.dialect)
    insert.run(
        connection,
        (
            {
                "kind": change.kind.value,
                "subject_id": change.subject_id,
                "field": change.field,
                "old": change.old,
                "new": change.new,
                "at": change.at,
                "recorded_at": now,
                "source": source,
                "history": change.history,
                "place": change.place,
            }
            for change in changes
        ),
    )


@cache
def _insert(dialect: Dialect) -> BulkInsert:
    table = raw_table(table_of(Change))
    columns = [column.name for column in table.columns if column.name != "id"]
    return BulkInsert(insert(table), table, columns, dialect)


def last_changes(
    connection: Connection, kind: Kind, ids: Sequence[str]
) -> Iterator[tuple[str, int]]:
    """Yield when each of the subjects changed last."""
    for part in chunks(ids):
        yield from connection.execute(_last(), {"kind": kind.value, "ids": part})


@cache
def _last() -> Select[Any]:
    changes = raw_table(table_of(Change)).c
    return (
        select(changes.subject_id, func.max(changes.at))
        .where(changes.kind == bindparam("kind"), among(changes.subject_id, "ids"))
        .group_by(changes.subject_id)
    )


@cache
def raw_table(table: Table) -> Table:
    """Return a table whose times and amounts are the numbers that the database keeps."""
    columns = [
        Column(
            c.name,
            BigInteger() if isinstance(c.type, Instant | Amount) else c.type,
            primary_key=c.primary_key,
            nullable=c.nullable,
        )
        for c in table.columns
    ]
    return Table(table.name, MetaData(), *columns)
