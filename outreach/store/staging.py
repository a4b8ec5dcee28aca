"""Staging: the versions of changed subjects, with all their rules can reach, in one small table.

A row that changed twice since the last pass has a version between the changes; a rule may have
become true in it. So each version is staged with the time it was valid, [valid_from, valid_until).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import pairwise
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Dialect,
    MetaData,
    Table,
    bindparam,
    delete,
    insert,
    literal,
    select,
    type_coerce,
    update,
)
from sqlalchemy.schema import CreateIndex, CreateTable, DDLElement, Index

from outreach.model import Kind
from outreach.rules.catalogue import REACH
from outreach.store.frames import LINK, TableFrame, table_of
from outreach.store.pieces import chunks
from outreach.store.subjects import Change
from outreach.store.types import Amount, Instant
from outreach.timing.instants import to_micros
from outreach.timing.spans import END

ALWAYS = 0  # before anything of ours
FOR_EVER = to_micros(END)


@dataclass(frozen=True)
class SeenChange:
    """One change as the passes need it."""

    kind: Kind
    subject_id: str
    field: str
    old: Any
    at: int


@cache
def staged_table(kind: Kind) -> Table:
    """Return the temporary table for versions of one kind of subject."""
    columns = [
        Column(staged_name(prefix, column.name), _raw_type(column))
        for prefix, owner in REACH[kind].items()
        for column in table_of(owner).columns
    ]
    table = Table(
        f"staged_{kind.value}",
        MetaData(),
        *columns,
        Column("valid_from", BigInteger),
        Column("valid_until", BigInteger),
        prefixes=["TEMPORARY"],
    )
    Index(f"ix_staged_{kind.value}_id", table.c.id)
    return table


def staged_name(prefix: str, name: str) -> str:
    """Return the staged column of a row's column that a prefix reaches."""
    return prefix.replace(".", "__") + name


def prepare(connection: Connection) -> None:
    """Make the staging tables of this connection, empty."""
    for kind in Kind:
        for statement in _making(kind, connection.dialect):
            connection.exec_driver_sql(statement)
        connection.execute(delete(staged_table(kind)))


@cache
def _making(kind: Kind, dialect: Dialect) -> tuple[str, ...]:
    """Return what makes a staging table, compiled once: it is asked for at every pass."""
    table = staged_table(kind)
    indexes = (CreateIndex(index, if_not_exists=True) for index in table.indexes)
    making: tuple[DDLElement, ...] = (CreateTable(table, if_not_exists=True), *indexes)
    return tuple(str(statement.compile(dialect=dialect)) for statement in making)


def read_changes(connection: Connection, *, after: int, upto: int) -> list[SeenChange]:
    """Return what newly happened, by the numbers of the change log, oldest first."""
    changes = table_of(Change).c
    rows = connection.execute(
        select(
            changes.kind,
            changes.subject_id,
            changes.field,
            changes.old,
            type_coerce(changes.at, BigInteger),
        )
        .where(changes.id > after, changes.id <= upto, changes.history.is_(False))
        .order_by(changes.id)
    )
    return [SeenChange(Kind(row[0]), *row[1:]) for row in rows]


def stage(connection: Connection, changes: Iterable[SeenChange], *, after: datetime) -> int:
    """Stage every version of every subject that the changes touch; return how many subjects."""
    by_row: dict[tuple[Kind, str], list[SeenChange]] = defaultdict(list)
    for change in changes:
        by_row[change.kind, change.subject_id].append(change)
    if not by_row:
        return 0
    return sum(_stage_kind(connection, kind, by_row, to_micros(after)) for kind in Kind)


@dataclass(frozen=True)
class _Touch:
    """A change as one subject sees it: of its own row, or of one that a prefix reaches."""

    prefix: str
    change: SeenChange


def _stage_kind(
    connection: Connection,
    kind: Kind,
    by_row: dict[tuple[Kind, str], list[SeenChange]],
    after: int,
) -> int:
    touches = _touches(connection, kind, by_row)
    for ids in chunks(list(touches)):
        _stage_current(connection, kind, ids)
    if touches:
        table = staged_table(kind)
        connection.execute(
            update(table)
            .where(table.c.id == bindparam("which"))
            .values(valid_from=bindparam("since")),
            [
                {"which": subject, "since": max(t.change.at for t in touched)}
                for subject, touched in touches.items()
            ],
        )
    _stage_superseded(connection, kind, touches, after)
    return len(touches)


def _touches(
    connection: Connection, kind: Kind, by_row: dict[tuple[Kind, str], list[SeenChange]]
) -> dict[str, list[_Touch]]:
    """Return the changes each subject of a kind saw, oldest first."""
    touches: dict[str, list[_Touch]] = defaultdict(list)
    own = table_of(kind).c
    for prefix, owner in REACH[kind].items():
        changed = [row_id for row_kind, row_id in by_row if row_kind is owner]
        if not prefix:
            pairs: Iterable[tuple[str, str]] = ((row_id, row_id) for row_id in changed)
        else:
            link = own[LINK[prefix]]
            pairs = (
                (row.id, row.link)
                for ids in chunks(changed)
                for row in connection.execute(
                    select(own.id, link.label("link")).where(link.in_(ids))
                )
            )
        for subject, row_id in pairs:
            touches[subject] += (_Touch(prefix, c) for c in by_row[owner, row_id])
    return touches


def _stage_current(connection: Connection, kind: Kind, ids: Sequence[str]) -> None:
    frame = TableFrame(kind)
    columns = [
        frame.raw(prefix, column.name)
        for prefix, owner in REACH[kind].items()
        for column in table_of(owner).columns
    ]
    current = (
        select(*columns, literal(ALWAYS), literal(FOR_EVER))
        .select_from(frame.source())
        .where(frame.own.c.id.in_(ids))
    )
    table = staged_table(kind)
    connection.execute(insert(table).from_select([c.name for c in table.c], current))


def _stage_superseded(
    connection: Connection, kind: Kind, touches: dict[str, list[_Touch]], after: int
) -> None:
    """Rebuild the versions that ended after the last pass, from what the changes replaced."""
    table = staged_table(kind)
    lately = [
        subject
        for subject, touched in touches.items()
        if any(t.change.field and t.change.at > after for t in touched)
    ]
    for ids in chunks(lately):
        rows = connection.execute(select(table).where(table.c.id.in_(ids))).mappings().all()
        older = [
            version
            for row in rows
            for version in _versions_before(dict(row), touches[row["id"]], after)
        ]
        if older:
            connection.execute(insert(table), older)


def _versions_before(
    current: dict[str, Any], touched: list[_Touch], after: int
) -> Iterator[dict[str, Any]]:
    born = max((t.change.at for t in touched if not t.change.field), default=ALWAYS)
    changed = {t.change.at for t in touched if t.change.field and t.change.at > born}
    instants = [*sorted(changed, reverse=True), born]
    version = current
    for instant, before in pairwise(instants):
        if instant <= after:
            return
        version = dict(version)
        # newest first: of two changes of a field at one instant, the older one's value stands
        for touch in reversed(touched):
            if touch.change.at == instant and touch.change.field:
                _undo(version, touch)
        version |= {"valid_from": before, "valid_until": instant}
        yield version


def _undo(version: dict[str, Any], touch: _Touch) -> None:
    name = staged_name(touch.prefix, touch.change.field)
    if name in version:
        version[name] = touch.change.old
    else:
        custom = staged_name(touch.prefix, "custom")
        version[custom] = {**(version[custom] or {}), touch.change.field: touch.change.old}


def _raw_type(column: Column[Any]) -> Any:
    """Return the type underneath: staged values are moved, never looked at."""
    return BigInteger() if isinstance(column.type, Instant | Amount) else column.type
