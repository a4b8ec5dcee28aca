"""How old the data of each source is: noted by the intake pass, asked by the gates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from outreach.deciding.freshness import StaleSource
from outreach.model import Kind
from outreach.store.frames import table_of
from outreach.store.operations import SourceRead
from outreach.store.types import Record


class Expected(NamedTuple):
    """A source as the workspace has it: what its rows hold, and how old its data may get."""

    name: str
    kinds: frozenset[Kind]
    max_age: timedelta | None

    def columns(self) -> dict[str, Any]:
        seconds = int(self.max_age.total_seconds()) if self.max_age is not None else None
        kinds = ",".join(kind.value for kind in Kind if kind in self.kinds)
        return {"kinds": kinds, "max_age": seconds}


def expect_reads(connection: Connection, sources: Iterable[Expected]) -> bool:
    """Know these sources and no others; return whether anything is new about them."""
    table = table_of(SourceRead)
    wanted = {source.name: source.columns() for source in sources}
    known = {row.name: row for row in source_reads(connection)}
    is_new = False
    # in one order everywhere: claims lock the same rows
    for name in sorted(wanted.keys() | known.keys()):
        if name not in wanted:
            connection.execute(delete(table).where(table.c.name == name))
        elif name not in known:
            connection.execute(insert(table).values(name=name, error="", **wanted[name]))
        elif any(getattr(known[name], key) != value for key, value in wanted[name].items()):
            connection.execute(update(table).where(table.c.name == name).values(**wanted[name]))
        else:
            continue
        is_new = True
    return is_new


def note_read(connection: Connection, name: str, fresh_at: datetime | None, now: datetime) -> bool:
    """Say of when the data of a source is; return whether messages may have waited for that."""
    table = table_of(SourceRead)
    row = connection.execute(select(table).where(table.c.name == name)).first()
    if row is None:
        return False
    newest = max((at for at in (row.fresh_at, fresh_at) if at is not None), default=None)
    if (newest, "") != (row.fresh_at, row.error):
        written = update(table).where(table.c.name == name).values(fresh_at=newest, error="")
        connection.execute(written)
    return _is_stale(row.max_age, row.fresh_at, now) and not _is_stale(row.max_age, newest, now)


def note_unread(connection: Connection, name: str, error: str) -> None:
    """Say why a source could not be read."""
    table = table_of(SourceRead)
    connection.execute(update(table).where(table.c.name == name).values(error=error))


def read_stale(connection: Connection, now: datetime) -> list[StaleSource]:
    """Return the sources whose data is too old, by their names."""
    return [
        StaleSource(
            row.name,
            frozenset(map(Kind, row.kinds.split(","))),
            timedelta(seconds=row.max_age),
            row.fresh_at,
        )
        for row in source_reads(connection)
        if _is_stale(row.max_age, row.fresh_at, now)
    ]


def source_reads(connection: Connection) -> Sequence[Record]:
    """Return all sources that are known."""
    table = table_of(SourceRead)
    return connection.execute(select(table).order_by(table.c.name)).all()


def keep_reads(connection: Connection) -> None:
    """Let no read be noted before this transaction ends: it may decide that messages wait.

    Otherwise they would be put off after those that waited were woken. SQLite has one writer.
    """
    if connection.dialect.name == "postgresql":
        table = table_of(SourceRead)
        kept = select(table.c.name).order_by(table.c.name).with_for_update(read=True)
        connection.execute(kept).all()


def _is_stale(max_age: int | None, fresh_at: datetime | None, now: datetime) -> bool:
    if max_age is None:
        return False
    return fresh_at is None or now - fresh_at > timedelta(seconds=max_age)
