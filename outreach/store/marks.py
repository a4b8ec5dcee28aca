"""How far the passes have come: the change log's cursor, and which rules had their first pass."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from zlib import crc32

from sqlalchemy import Connection, Select, Update, delete, func, insert, select, text, update

from outreach.store.frames import table_of
from outreach.store.operations import Cursor, RuleMark
from outreach.store.subjects import Change


class EnrolMark(NamedTuple):
    """The last change an enrol pass saw, and when it ran."""

    change_id: int
    at: datetime


def one_at_a_time(connection: Connection, what: str) -> None:
    """Wait until no other transaction does the same; SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        key = crc32(what.encode())
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


def lock_enrolling(connection: Connection) -> None:
    """Let no other enrol pass run before this transaction ends; it must come first in it.

    A table's lock and not an advisory one: waiting for that would already be a look at the data,
    and the snapshot of a pass has to be younger than the pass before.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE rule_marks IN SHARE UPDATE EXCLUSIVE MODE"))


def lock_claims(connection: Connection) -> None:
    """Let no other claim use what all of them share before this one ends: rates, totals, batches.

    One lock for all three, so that nobody who needs two of them waits crosswise.
    """
    one_at_a_time(connection, "claims")


def newest_change(connection: Connection) -> int:
    """Return the number of the newest row of the change log, 0 when it is empty."""
    return connection.execute(_newest_change()).scalar() or 0


def enrol_mark(connection: Connection) -> EnrolMark | None:
    """Return how far enrolling has come, None before its first pass."""
    row = connection.execute(_enrol_mark()).first()
    return EnrolMark(int(row.value), row.at) if row else None


def write_enrol_mark(connection: Connection, change_id: int, now: datetime) -> None:
    """Remember that everything up to this change and this instant is enrolled."""
    values = {"value": str(change_id), "at": now}
    if not connection.execute(_move_enrol_mark(), values).rowcount:
        connection.execute(insert(table_of(Cursor)).values(name="enrol", **values))


@cache
def _newest_change() -> Select[Any]:
    return select(func.max(table_of(Change).c.id))


@cache
def _enrol_mark() -> Select[Any]:
    cursor = table_of(Cursor).c
    return select(cursor.value, cursor.at).where(cursor.name == "enrol")


@cache
def _move_enrol_mark() -> Update:
    return update(table_of(Cursor)).where(table_of(Cursor).c.name == "enrol")


def rule_marks(connection: Connection) -> dict[str, str]:
    """Return the digests of the conditions that rules had at their first pass."""
    mark = table_of(RuleMark).c
    return {row.rule: row.digest for row in connection.execute(select(mark.rule, mark.digest))}


def write_rule_marks(
    connection: Connection, digests: Mapping[str, str], known: Mapping[str, str], now: datetime
) -> None:
    """Remember which rules, by the digests of their conditions, have had their first pass, and
    forget those that are gone.
    """
    mark = table_of(RuleMark)
    fresh = {name: digest for name, digest in digests.items() if known.get(name) != digest}
    old = [name for name in known if digests.get(name) != known[name]]
    if old:
        connection.execute(delete(mark).where(mark.c.rule.in_(old)))
    if fresh:
        rows = [{"rule": n, "digest": d, "since": now} for n, d in fresh.items()]
        connection.execute(insert(mark), rows)
