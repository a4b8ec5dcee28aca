"""Frames: which column a field is, in the tables themselves or in the rows staged as changed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    String,
    Table,
    and_,
    bindparam,
    cast,
    exists,
    literal,
    or_,
    select,
    type_coerce,
)

from outreach.model import Kind
from outreach.rules.catalogue import REACH
from outreach.rules.conditions.branch import Edge, Shift
from outreach.rules.fields import Field, FieldType, Source
from outreach.store.ledger import Handoff, LastSent, Message, MessageSubject, Receipt
from outreach.store.sql_functions import Barred, LookedUp, fold_case, list_includes
from outreach.store.subjects import SUBJECT_TABLES
from outreach.store.types import Instant
from outreach.timing.instants import MICROSECOND, to_micros

#: the column of the subject table that leads to the row behind a prefix
LINK = {
    "customer.": "customer_id",
    "order.": "order_id",
    "ticket.": "ticket_id",
    "open_incident.": "open_incident_id",
}

#: what can become of a task, and the column that says when
_OF_TASKS = {"taken": "taken_at", "done": "done_at"}


@dataclass
class Thresholds:
    """The constants a statement compares time columns with; filled in anew for every run.

    A moment is a name (`now`, `from`, `upto`, `after`); a threshold is what a column must not
    exceed for its shifted value to lie at or before that moment.
    """

    names: dict[tuple[Shift, str], str] = field(default_factory=dict)
    _fixed: list[tuple[str, str, int]] = field(default_factory=list)
    _counted: list[tuple[str, str, Shift]] = field(default_factory=list)

    def parameter(self, shift: Shift, moment: str) -> ColumnElement[Any]:
        """Return the placeholder of one threshold."""
        if (shift, moment) not in self.names:
            name = self.names[shift, moment] = f"{moment}_{len(self.names)}"
            if shift.fixed is None:
                self._counted.append((name, moment, shift))
            else:
                self._fixed.append((name, moment, shift.fixed // MICROSECOND))
        return bindparam(self.names[shift, moment], 0, type_=BigInteger)

    def values(self, moments: Mapping[str, datetime]) -> dict[str, int]:
        """Work out all thresholds for the given moments, in microseconds."""
        micros = {name: to_micros(moment) for name, moment in moments.items()}
        values = {name: micros[moment] - length for name, moment, length in self._fixed}
        for name, moment, shift in self._counted:
            values[name] = to_micros(shift.threshold(moments[moment]))
        return values


@dataclass
class SqlFrame(ABC):
    """What the two kinds of frame share; see `rules.conditions.branch.Frame`.

    `anchors` are the edges whose index the planner may use, all of one field.
    """

    kind: Kind
    thresholds: Thresholds = field(default_factory=Thresholds)
    anchors: frozenset[Edge] = frozenset()
    enrollment_id: ColumnElement[Any] | None = None

    @abstractmethod
    def raw(self, prefix: str, name: str) -> ColumnElement[Any]:
        """Return a column of the row that a prefix reaches."""

    @abstractmethod
    def last_sent(self, wanted: Field) -> ColumnElement[Any]:
        """Return the column of a `last_sent` field, joining what it needs."""

    @property
    @abstractmethod
    def own(self) -> Any:
        """The table whose rows are asked about."""

    @abstractmethod
    def source(self) -> FromClause:
        """Return the FROM clause, to be asked for after all columns were."""

    def plain(self, wanted: Field) -> ColumnElement[Any]:
        """Return a field's column as it is, free for the planner."""
        prefix = prefix_of(wanted)
        if wanted.source is Source.LAST_SENT:
            return self.last_sent(wanted)
        if wanted.source is Source.CUSTOM:
            return _custom(self.raw(prefix, "custom"), wanted)
        return self.raw(prefix, wanted.name)

    def column(self, wanted: Field) -> ColumnElement[Any]:
        return Barred(self.plain(wanted))

    def present(self, wanted: Field) -> ColumnElement[bool]:
        column = self.column(wanted)
        if wanted.type is FieldType.LIST:
            return and_(column.is_not(None), cast(column, String) != "[]")
        return column.is_not(None)

    def currency(self, wanted: Field) -> ColumnElement[Any]:
        return Barred(self.raw(prefix_of(wanted), f"{wanted.name}_currency"))

    def folded(self, wanted: Field) -> ColumnElement[str]:
        return fold_case(self.plain(wanted))

    def micros(self, wanted: Field) -> ColumnElement[int]:
        return type_coerce(self.column(wanted), BigInteger)

    def includes(self, wanted: Field, values: tuple[str, ...]) -> ColumnElement[bool]:
        return list_includes(self.plain(wanted), *(literal(value) for value in values))

    def reached(self, edge: Edge, moment: str) -> ColumnElement[bool]:
        return self._asked(edge) <= self.thresholds.parameter(edge.shift, moment)

    def pending(self, edge: Edge, moment: str) -> ColumnElement[bool]:
        column = self._asked(edge)
        pending = column > self.thresholds.parameter(edge.shift, moment)
        return or_(column.is_(None), pending) if edge.open_when_missing else pending

    def _asked(self, edge: Edge) -> ColumnElement[int]:
        if edge in self.anchors:
            return type_coerce(self.plain(edge.field), BigInteger)
        return self.micros(edge.field)

    def had(self, step: str, event: str) -> ColumnElement[bool]:
        assert self.enrollment_id is not None, "asked about a step without an enrollment"
        if event in _OF_TASKS:
            return exists(
                select(literal(1)).where(
                    _column(Handoff, "enrollment_id") == self.enrollment_id,
                    _column(Handoff, "step") == step,
                    _column(Handoff, _OF_TASKS[event]).is_not(None),
                )
            )
        return exists(
            select(literal(1))
            .select_from(Receipt)
            .join(Message, _column(Message, "id") == _column(Receipt, "message_id"))
            .join(
                MessageSubject,
                _column(MessageSubject, "message_id") == _column(Message, "id"),
            )
            .where(
                _column(MessageSubject, "enrollment_id") == self.enrollment_id,
                _column(Message, "step") == step,
                _column(Receipt, "event") == event,
            )
        )


@dataclass
class TableFrame(SqlFrame):
    """The subject's own table, joined to what its rules reach."""

    tables: dict[str, Table | Any] = field(init=False, default_factory=dict)
    sent: dict[Field, Any] = field(init=False, default_factory=dict)
    asked: set[str] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        for prefix, owner in REACH[self.kind].items():
            table = table_of(owner)
            self.tables[prefix] = table.alias(f"its_{owner.value}") if prefix else table

    @property
    def own(self) -> Any:
        """The subject's own table."""
        return self.tables[""]

    def raw(self, prefix: str, name: str) -> ColumnElement[Any]:
        self.asked.add(prefix)
        return self.tables[prefix].c[name]

    def last_sent(self, wanted: Field) -> ColumnElement[Any]:
        self.asked.add(prefix_of(wanted))
        if wanted not in self.sent:
            self.sent[wanted] = table_of(LastSent).alias(f"sent_{len(self.sent)}")
        return self.sent[wanted].c.sent_at

    def source(self) -> FromClause:
        """Return the FROM clause, to be asked for after all columns were.

        An anchor outside the subject's row comes first, everything else hangs on that row by
        outer joins, so that the planner has one place to start from. What nobody asked of is left
        out: PostgreSQL takes its time to find out that it is not needed.
        """
        joined: FromClause = self.own
        started: list[Any] = []
        for wanted in {edge.field.path: edge.field for edge in self.anchors}.values():
            if (start := self._start(wanted)) is not None:
                joined = start.join(self.own, self._leads_to(wanted, start))
                started.append(start)
        for prefix, table in self.tables.items():
            if prefix and prefix in self.asked and table not in started:
                joined = joined.outerjoin(table, table.c.id == Barred(self._link(prefix)))
        for wanted, alias in self.sent.items():
            if alias not in started:
                joined = joined.outerjoin(alias, self._sent_on(alias, wanted))
        return joined

    def _start(self, wanted: Field) -> Any:
        """Return the table of an anchor, None when it is the subject's own."""
        if wanted.source is Source.LAST_SENT:
            return self.sent.get(wanted)
        return None if wanted.is_own else self.tables[prefix_of(wanted)]

    def _leads_to(self, wanted: Field, start: Any) -> ColumnElement[bool]:
        """Return which subjects a row of an anchor's table leads to."""
        link = self._link(prefix_of(wanted))
        if wanted.source is Source.LAST_SENT:
            return and_(link == Barred(start.c.subject_id), *_sent_where(start, wanted))
        return link == Barred(start.c.id)

    def _link(self, prefix: str) -> ColumnElement[Any]:
        column: ColumnElement[Any] = self.own.c[LINK[prefix] if prefix else "id"]
        return column

    def _sent_on(self, alias: Any, wanted: Field) -> ColumnElement[bool]:
        holder = self.tables[prefix_of(wanted)].c.id
        return and_(alias.c.subject_id == Barred(holder), *_sent_where(alias, wanted))


@dataclass
class StagedFrame(SqlFrame):
    """Versions of changed subjects, staged in one temporary table with all they reach."""

    table: Table = field(kw_only=True)
    sent: dict[Field, Any] = field(init=False, default_factory=dict)

    @property
    def own(self) -> Any:
        return self.table

    def raw(self, prefix: str, name: str) -> ColumnElement[Any]:
        # staged values are moved as they are, and compared as what they are
        its_type = table_of(REACH[self.kind][prefix]).c[name].type
        return type_coerce(self.table.c[prefix.replace(".", "__") + name], its_type)

    def last_sent(self, wanted: Field) -> ColumnElement[Any]:
        if wanted not in self.sent:
            self.sent[wanted] = table_of(LastSent).alias(f"sent_{len(self.sent)}")
        return LookedUp(self.sent[wanted].c.sent_at)

    def source(self) -> FromClause:
        """Return the FROM clause, to be asked for after all columns were."""
        joined: FromClause = self.table
        for wanted, alias in self.sent.items():
            holder = self.raw(prefix_of(wanted), "id")
            joined = joined.outerjoin(
                alias, and_(alias.c.subject_id == Barred(holder), *_sent_where(alias, wanted))
            )
        return joined


def table_of(model: Any) -> Table:
    """Return the table behind a SQLModel class, or of a kind of subject."""
    if isinstance(model, Kind):
        model = SUBJECT_TABLES[model.value]
    table: Table = model.__table__
    return table


def prefix_of(wanted: Field) -> str:
    """Return how a field is reached from the subject: empty, `customer.`, `order.` …"""
    return wanted.path.removesuffix(wanted.name)


def _column(model: Any, name: str) -> ColumnElement[Any]:
    return table_of(model).c[name]


def _sent_where(alias: Any, wanted: Field) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return alias.c.rule == wanted.rule, alias.c.kind == wanted.owner.value


def _custom(column: ColumnElement[Any], wanted: Field) -> ColumnElement[Any]:
    value = column[wanted.name]
    match wanted.type:
        case FieldType.TIME:
            return type_coerce(cast(value.as_string(), BigInteger), Instant)
        case FieldType.NUMBER:
            return value.as_float()
        case FieldType.YES_NO:
            return value.as_boolean()
        case FieldType.LIST:
            return value
        case _:
            return value.as_string()
