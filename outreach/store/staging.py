"""Staging: the versions of changed subjects, with all their rules can reach, in one small table.

A row that changed twice since the last pass has a version between the changes; a rule may have
become true in it. So each version is staged with the time it was valid, [valid_from, valid_until).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Connection,
    Dialect,
    MetaData,
    Select,
    Table,
    bindparam,
    delete,
    insert,
    select,
    type_coerce,
)
from sqlalchemy.schema import CreateIndex, CreateTable, DDLElement, Index

from outreach.model import Kind
from outreach.rules.catalogue import REACH
from outreach.store.bulk import BulkInsert
from outreach.store.frames import LINK, TableFrame, Thresholds, table_of
from outreach.store.prepared import Prepared, among, listed
from outreach.store.prepared import prepare as prepare_statement
from outreach.store.subjects import Change
from outreach.store.types import Amount, Instant
from outreach.timing.instants import to_micros
from outreach.timing.spans import END

ALWAYS = 0  # before anything of ours
FOR_EVER = to_micros(END)
#: names of columns of a staging table
Columns = frozenset[str]
#: between which instants a version was valid
VALID = frozenset({"valid_from", "valid_until"})
KINDS = {kind.value: kind for kind in Kind}


class SeenChange(NamedTuple):
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
        # nothing else ever frees what deleted rows of a temporary table take up
        postgresql_on_commit="DELETE ROWS",
    )
    Index(f"ix_staged_{kind.value}_id", table.c.id)
    return table


def staged_name(prefix: str, name: str) -> str:
    """Return the staged column of a row's column that a prefix reaches."""
    return prefix.replace(".", "__") + name


def every_column(kind: Kind) -> Columns:
    """Return all that can be staged of a kind of subject."""
    return frozenset(staged_table(kind).c.keys()) - VALID


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
    rows = connection.execute(_newly(), {"after": after, "upto": upto})
    return [SeenChange(KINDS[row[0]], *row[1:]) for row in rows]


@cache
def _newly() -> Select[Any]:
    change = table_of(Change).c
    what = (change.kind, change.subject_id, change.field, change.old)
    return (
        select(*what, type_coerce(change.at, BigInteger))
        .where(change.id > bindparam("after"), change.id <= bindparam("upto"))
        .where(change.history.is_(False))
        .order_by(change.id)
    )


def stage(
    connection: Connection,
    changes: Iterable[SeenChange],
    *,
    after: datetime,
    wanted: Mapping[Kind, Columns],
) -> int:
    """Stage every version of every subject that the changes touch; return how many subjects.

    `wanted` are the columns that somebody will ask for; the others stay empty.
    """
    by_row: dict[tuple[Kind, str], list[SeenChange]] = defaultdict(list)
    for change in changes:
        by_row[change.kind, change.subject_id].append(change)
    if not by_row:
        return 0
    return sum(
        _stage_kind(connection, kind, columns, by_row, to_micros(after))
        for kind, columns in wanted.items()
    )


class _Touch(NamedTuple):
    """A change as one subject sees it: of its own row, or of one that a prefix reaches."""

    prefix: str
    change: SeenChange


def _stage_kind(
    connection: Connection,
    kind: Kind,
    columns: Columns,
    by_row: Mapping[tuple[Kind, str], Sequence[SeenChange]],
    after: int,
) -> int:
    touches = _touches(connection, kind, columns, by_row)
    if touches:
        _writing(kind, columns, connection.dialect).run(
            connection,
            (
                version
                for current in _current(connection, kind, columns, list(touches))
                for version in _versions(current, touches[current["id"]], after)
            ),
        )
    return len(touches)


def _touches(
    connection: Connection,
    kind: Kind,
    columns: Columns,
    by_row: Mapping[tuple[Kind, str], Sequence[SeenChange]],
) -> dict[str, list[_Touch]]:
    """Return the changes each subject of a kind saw, oldest first."""
    touches: dict[str, list[_Touch]] = defaultdict(list)
    for prefix, owner in REACH[kind].items():
        if not any(name.startswith(staged_name(prefix, "")) for name in columns):
            continue
        changed = [row_id for row_kind, row_id in by_row if row_kind is owner]
        pairs: Iterable[tuple[str, str]] = ((row_id, row_id) for row_id in changed)
        if prefix and changed:
            leading = _leading(kind, prefix, connection.dialect)
            pairs = leading.run(connection, {"ids": listed(changed, connection.dialect)})
        for subject, row_id in pairs:
            touches[subject] += (_Touch(prefix, change) for change in by_row[owner, row_id])
    return touches


@cache
def _leading(kind: Kind, prefix: str, dialect: Dialect) -> Prepared:
    """Return the statement that finds whose rows lead to the given ones."""
    own = table_of(kind).c
    link = own[LINK[prefix]]
    query = select(own.id, link).where(among(link, "ids", dialect))
    return prepare_statement(query, dialect, Thresholds())


def _current(
    connection: Connection, kind: Kind, columns: Columns, ids: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """Yield subjects with what they reach, under the names and with the values they are staged."""
    reading = _reading(kind, columns, connection.dialect)
    staged = staged_table(kind).c
    names = [column.name for column in staged if column.name in columns]
    nested = [name for name in names if isinstance(staged[name].type, JSON)]
    for row in reading.run(connection, {"ids": listed(ids, connection.dialect)}):
        version = dict(zip(names, row, strict=True))
        for name in nested:
            if isinstance(version[name], str):
                version[name] = json.loads(version[name])
        yield version


@cache
def _reading(kind: Kind, columns: Columns, dialect: Dialect) -> Prepared:
    frame = TableFrame(kind)
    read = [
        frame.raw(prefix, column.name)
        for prefix, owner in REACH[kind].items()
        for column in table_of(owner).columns
        if staged_name(prefix, column.name) in columns
    ]
    query = select(*read).select_from(frame.source())
    query = query.where(among(frame.own.c.id, "ids", dialect))
    return prepare_statement(query, dialect, Thresholds())


@cache
def _writing(kind: Kind, columns: Columns, dialect: Dialect) -> BulkInsert:
    table = staged_table(kind)
    written = [column.name for column in table.c if column.name in columns | VALID]
    return BulkInsert(insert(table), table, written, dialect)


def _versions(
    current: dict[str, Any], touched: Sequence[_Touch], after: int
) -> Iterator[dict[str, Any]]:
    """Yield a subject as it is, and as it was until it changed after the last pass."""
    since = max(touch.change.at for touch in touched)
    yield current | {"valid_from": since, "valid_until": FOR_EVER}
    if any(touch.change.field and touch.change.at > after for touch in touched):
        yield from _versions_before(current, touched, after)


def _versions_before(
    current: dict[str, Any], touched: Sequence[_Touch], after: int
) -> Iterator[dict[str, Any]]:
    """Rebuild what changes replaced, newest first."""
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
    change, custom = touch.change, staged_name(touch.prefix, "custom")
    if change.field not in table_of(change.kind).c:
        if custom in version:
            version[custom] = {**(version[custom] or {}), change.field: change.old}
    elif (name := staged_name(touch.prefix, change.field)) in version:
        version[name] = change.old


def _raw_type(column: Column[Any]) -> Any:
    """Return the type underneath: staged values are moved, never looked at."""
    return BigInteger() if isinstance(column.type, Instant | Amount) else column.type
