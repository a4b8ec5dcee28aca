"""Waking: when the passes next have something to do, worked out from the data itself.

Before that instant a pass would find nothing, so a simulation may leap to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Dialect,
    ScalarSelect,
    func,
    select,
    type_coerce,
)

from outreach.model import EnrollmentState, MessageState, Mode, PromiseState
from outreach.rules.conditions import AllOf, AnyOf, Edge
from outreach.rules.document import Ruleset
from outreach.rules.fields import Source
from outreach.store.frames import TableFrame, Thresholds, table_of
from outreach.store.leases import is_held
from outreach.store.ledger import Enrollment, LastSent, Message
from outreach.store.marks import enrol_mark
from outreach.store.prepared import Prepared, prepare
from outreach.store.promises import Promise
from outreach.store.subjects import Change
from outreach.timing.instants import from_micros
from outreach.timing.periods import Period, stretch_of

#: how soon a pass follows another that left something undone
SOON = timedelta(minutes=1)


@dataclass(frozen=True)
class Alarm:
    """Tells when the passes of one ruleset must run next; `zone` is the workspace's."""

    ruleset: Ruleset
    zone: ZoneInfo
    dialect: Dialect = field(repr=False)

    def next(self, connection: Connection, now: datetime) -> datetime | None:
        """Return the first instant after `now` at which there may be something to do."""
        mark = enrol_mark(connection)
        values = self._question.thresholds.values({"now": now})
        newest, *found = self._question.run(connection, values).fetchone()
        if mark is None or (newest or 0) > mark.change_id:
            return now + SOON
        due = min(self._dues(found, now), default=None)
        return now + SOON if due is not None and due <= now else due

    def _dues(self, found: list[int | None], now: datetime) -> Iterator[datetime]:
        plan_at, due_at, expires_at, undelivered_at, until, *reached = found
        dues = (plan_at, due_at, expires_at, undelivered_at, until)
        yield from (from_micros(at) for at in dues if at is not None)
        for edge, value in zip(self._edges, reached, strict=True):
            if value is not None:
                yield edge.shift.instant(from_micros(value))
        for period in self._periods:
            yield stretch_of(now, period, self.zone).end

    @cached_property
    def _edges(self) -> list[Edge]:
        return list(dict.fromkeys(_edges(self.ruleset)))

    @cached_property
    def _periods(self) -> set[Period]:
        return {rule.once_per.period for rule in self.ruleset if rule.once_per.period}

    @cached_property
    def _question(self) -> Prepared:
        """The newest change, what is due next, and what each edge meets next."""
        thresholds = Thresholds()
        enrolled, message = table_of(Enrollment).c, table_of(Message).c
        promise = table_of(Promise).c
        asked = [
            select(func.max(table_of(Change).c.id)),
            _smallest(enrolled.plan_at).where(enrolled.state == EnrollmentState.ACTIVE.value),
            _smallest(message.due_at).where(message.state == MessageState.PLANNED.value),
            _smallest(message.expires_at).where(is_held()),
            _smallest(message.undelivered_at).where(message.undelivered_at.is_not(None)),
            _smallest(promise.until).where(promise.state == PromiseState.OPEN.value),
            *(_smallest_above(edge, thresholds) for edge in self._edges),
        ]
        columns: list[ScalarSelect[Any]] = [one.scalar_subquery() for one in asked]
        labelled = (column.label(f"at_{n}") for n, column in enumerate(columns))
        return prepare(select(*labelled), self.dialect, thresholds)


def _edges(ruleset: Ruleset) -> Iterator[Edge]:
    """Yield the edges at which a rule may come to apply or cancel, as their row's own fields."""
    for rule in ruleset:
        if rule.mode is Mode.OFF:
            continue
        applying = AllOf(parts=(*rule.when, *rule.audience)).branches()
        cancelling = AnyOf(parts=rule.cancel_if).branches()
        for branch in (*applying, *cancelling):
            for edge in branch.since:
                yield Edge(replace(edge.field, path=edge.field.name), edge.shift)


def _smallest(column: ColumnElement[Any]) -> Any:
    return select(func.min(type_coerce(column, BigInteger)))


def _smallest_above(edge: Edge, thresholds: Thresholds) -> Any:
    """Ask for the smallest value of an edge's field that has not reached it."""
    wanted, where = edge.field, list[ColumnElement[bool]]()
    if wanted.source is Source.LAST_SENT:
        # of its own table alone: a join would read all that lie above to find the smallest
        sent = table_of(LastSent).c
        field: ColumnElement[Any] = sent.sent_at
        where = [sent.rule == wanted.rule, sent.kind == wanted.owner.value]
    else:
        field = TableFrame(wanted.owner, thresholds).plain(wanted)
    column = type_coerce(field, BigInteger)
    above = column > thresholds.parameter(edge.shift, "now")
    return select(func.min(column)).where(*where, above)
