"""Staging: the versions of changed subjects, with all their rules can reach, in one small table.

A row that changed twice since the last pass has a version between the changes; a rule may have
become true in it. So each version is staged with the time it was valid, [valid_from, valid_until).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Dialect,
    MetaData,
    Select,
    Table,
    Text,
    bindparam,
    cast,
    select,
    type_coerce,
)
from sqlalchemy.schema import CreateIndex, CreateTable, Index

from outreach.model import SUBJECTS, Kind
from outreach.rules.catalogue import REACH
from outreach.store.frames import LINK, TableFrame, Thresholds, table_of
from outreach.store.prepared import Prepared, listed
from outreach.store.prepared import prepare as prepare_statement
from outreach.store.rows import write_rows
from outreach.store.sql_functions import among
from outreach.store.subjects import Change
from outreach.store.types import Amount, Instant
from outreach.timing.instants import to_micros
from outreach.timing.spans import END

ALWAYS = 0  # before anything of ours
FOR_EVER = to_micros(END)
#: between which instants a version was valid
VALID = ("valid_from", "valid_until")
#: names of columns of a staging table
Columns = frozenset[str]
#: a row as it is staged, values as the database keeps them
Version = tuple[Any, ...]
KINDS = {kind.value: kind for kind in Kind}
#: how the driver is asked at every pass: what it takes through SQLAlchemy is more than the work
_EMPTYING = tuple(f"DELETE FROM staged_{kind.value}" for kind in SUBJECTS)  # noqa: S608
#: SQLite keeps them as long as the connection, unless what made them is rolled back
_IS_THERE = f"SELECT count(*) FROM temp.sqlite_schema WHERE name = 'staged_{Kind.ORDER.value}'"  # noqa: S608


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
    return frozenset(staged_table(kind).c.keys()) - {*VALID}


def prepare(connection: Connection) -> None:
    """Make the staging tables of this connection, or find them, empty."""
    if connection.dialect.name == "postgresql":
        # one round trip for all of it
        connection.exec_driver_sql("; ".join([*_making(connection.dialect), *_EMPTYING]))
        return
    cursor = connection.connection.cursor()
    if not cursor.execute(_IS_THERE).fetchone()[0]:
        for statement in (*_making(connection.dialect), *_few_rows()):
            cursor.execute(statement)
    clear(connection)


def clear(connection: Connection) -> None:
    """Empty the staging tables, which are there: somebody has asked by them before."""
    cursor = connection.connection.cursor()
    for statement in _EMPTYING:
        cursor.execute(statement)


@cache
def _making(dialect: Dialect) -> tuple[str, ...]:
    """Return what makes the staging tables, compiled once."""
    statements: list[Any] = []
    for table in map(staged_table, SUBJECTS):
        indexes = [CreateIndex(index, if_not_exists=True) for index in table.indexes]
        statements += [CreateTable(table, if_not_exists=True), *indexes]
    return tuple(str(statement.compile(dialect=dialect)) for statement in statements)


def _few_rows() -> Iterator[str]:
    """Yield what tells SQLite that little is staged.

    It takes a table that nobody has analysed for a large one, and where the others are analysed
    it would read all that was ever sent, to know who is not worth a look.
    """
    yield "ANALYZE temp"
    for table in map(staged_table, SUBJECTS):
        yield f"INSERT INTO temp.sqlite_stat1 VALUES ('{table.name}', NULL, '100')"  # noqa: S608
    yield "ANALYZE temp.sqlite_schema"


def read_changes(connection: Connection, *, after: int, upto: int) -> list[SeenChange]:
    """Return what newly happened, by the numbers of the change log, oldest first."""
    rows = connection.execute(_newly(), {"after": after, "upto": upto})
    return [
        SeenChange(KINDS[kind], subject_id, name, None if old is None else json.loads(old), at)
        for kind, subject_id, name, old, at in rows
    ]


@cache
def _newly() -> Select[Any]:
    change = table_of(Change).c
    what = (change.kind, change.subject_id, change.field, _unread(change.old))
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
    among: Callable[[Kind, Sequence[str]], Collection[str]] | None = None,
) -> int:
    """Stage every version of every subject that the changes touch; return how many subjects.

    `wanted` are the columns that somebody will ask for; the others stay empty. `among` tells of
    which subjects they will ask, when it is not all of them.
    """
    by_row: dict[tuple[Kind, str], list[SeenChange]] = defaultdict(list)
    for change in changes:
        by_row[change.kind, change.subject_id].append(change)
    if not by_row:
        return 0
    return sum(
        _stage_kind(connection, kind, columns, by_row, to_micros(after), among)
        for kind, columns in wanted.items()
    )


class _Touch(NamedTuple):
    """A change as a staged row sees it: which of its values was what before.

    Without a place it is of no value that is staged. `part` names a custom field in its column,
    `leads_to` are the places of what is reached over an incident that is another now.
    """

    at: int
    place: int | None
    part: str
    old: Any
    appeared: bool
    leads_to: tuple[int, ...] = ()


def _stage_kind(
    connection: Connection,
    kind: Kind,
    columns: Columns,
    by_row: Mapping[tuple[Kind, str], Sequence[SeenChange]],
    after: int,
    among: Callable[[Kind, Sequence[str]], Collection[str]] | None,
) -> int:
    touches = _touches(connection, kind, columns, by_row)
    if among is not None:
        touches = {subject: touches[subject] for subject in among(kind, list(touches))}
    if touches:
        reading = _reading(kind, columns, connection.dialect)
        given = {"ids": listed(list(touches), connection.dialect)}
        versions = [
            version
            # the subject's own id is the first column of its table
            for row in reading.run(connection, given)
            for version in _versions(row, touches[row[0]], after)
        ]
        names = [*_places(kind, columns), *VALID]
        write_rows(connection, staged_table(kind), names, versions)
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
        seen = {
            row_id: [_touch(kind, columns, prefix, change) for change in changes]
            for (row_kind, row_id), changes in by_row.items()
            if row_kind is owner
        }
        pairs: Iterable[tuple[str, str]] = ((row_id, row_id) for row_id in seen)
        if prefix and seen:
            leading = _leading(kind, prefix, connection.dialect)
            pairs = leading.run(connection, {"ids": listed(list(seen), connection.dialect)})
        for subject, row_id in pairs:
            touches[subject] += seen[row_id]
    return touches


def _touch(kind: Kind, columns: Columns, prefix: str, change: SeenChange) -> _Touch:
    place, part, is_nested = _place(kind, columns, prefix, change.field)
    old = json.dumps(change.old) if is_nested and change.old is not None else change.old
    leads_to = () if prefix else _led_to(kind, columns, change.field)
    return _Touch(change.at, place, part, old, not change.field, leads_to)


@cache
def _led_to(kind: Kind, columns: Columns, field: str) -> tuple[int, ...]:
    """Return the places of what a row reaches over a field, if that is an incident."""
    starts = [p for p, owner in REACH[kind].items() if p and owner is Kind.INCIDENT]
    if field not in {LINK[start] for start in starts}:
        return ()
    staged = tuple(staged_name(start, "") for start in starts)
    return tuple(n for name, n in _places(kind, columns).items() if name.startswith(staged))


@cache
def _place(kind: Kind, columns: Columns, prefix: str, field: str) -> tuple[int | None, str, bool]:
    """Return where in a staged row a field is, the custom field it is, whether it is JSON."""
    column = staged_table(kind).c.get(staged_name(prefix, field))
    if field and column is None:
        return _places(kind, columns).get(staged_name(prefix, "custom")), field, False
    is_nested = column is not None and isinstance(column.type, JSON)
    return _places(kind, columns).get(staged_name(prefix, field)), "", is_nested


@cache
def _leading(kind: Kind, prefix: str, dialect: Dialect) -> Prepared:
    """Return the statement that finds whose rows lead to the given ones."""
    own = table_of(kind).c
    link = own[LINK[prefix]]
    query = select(own.id, link).where(among(link, "ids"))
    return prepare_statement(query, dialect, Thresholds())


@cache
def _places(kind: Kind, columns: Columns) -> Mapping[str, int]:
    """Return where in a staged row the columns are that somebody asks for."""
    names = [column.name for column in staged_table(kind).c if column.name in columns]
    return {name: place for place, name in enumerate(names)}


@cache
def _reading(kind: Kind, columns: Columns, dialect: Dialect) -> Prepared:
    """Return the statement that reads subjects with what they reach, values as they are kept."""
    frame = TableFrame(kind)
    read = [
        _unread(frame.raw(prefix, column.name))
        for prefix, owner in REACH[kind].items()
        for column in table_of(owner).columns
        if staged_name(prefix, column.name) in columns
    ]
    query = select(*read).select_from(frame.source())
    query = query.where(among(frame.own.c.id, "ids"))
    return prepare_statement(query, dialect, Thresholds())


def _unread(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return a column whose JSON stays the text it is."""
    return cast(column, Text) if isinstance(column.type, JSON) else column


def _versions(row: Version, touched: Sequence[_Touch], after: int) -> Iterator[Version]:
    """Yield a subject as it is, and as it was until it changed after the last pass."""
    yield (*row, max(touch.at for touch in touched), FOR_EVER)
    born = max((touch.at for touch in touched if touch.appeared), default=ALWAYS)
    changed = {touch.at for touch in touched if not touch.appeared and touch.at > born}
    values = list(row)
    for instant, before in pairwise([*sorted(changed, reverse=True), born]):
        if instant <= after:
            return
        # newest first: of two changes of a field at one instant, the older one's value stands
        for touch in reversed(touched):
            if touch.at == instant and touch.place is not None and not touch.appeared:
                values[touch.place] = _before(values[touch.place], touch)
                # what it led to before is not read: it counts as nothing
                for place in touch.leads_to:
                    values[place] = None
        yield (*values, before, instant)


def _before(value: Any, touch: _Touch) -> Any:
    if not touch.part:
        return touch.old
    return json.dumps({**json.loads(value or "{}"), touch.part: touch.old})


def _raw_type(column: Column[Any]) -> Any:
    """Return the type underneath: staged values are moved, never looked at."""
    return BigInteger() if isinstance(column.type, Instant | Amount) else column.type
