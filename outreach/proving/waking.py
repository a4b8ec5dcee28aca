"""Waking: when the passes next have something to do, worked out from the data itself.

Before that instant a pass would find nothing, so a simulation may leap to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, ColumnElement, Connection, func, select, type_coerce

from outreach.model import EnrollmentState, MessageState, Mode
from outreach.rules.conditions import AllOf, AnyOf, Edge
from outreach.rules.document import Ruleset
from outreach.rules.fields import Field
from outreach.store import marks
from outreach.store.frames import TableFrame, Thresholds, table_of
from outreach.store.ledger import Enrollment, Message
from outreach.timing.instants import from_micros, to_micros
from outreach.timing.periods import stretch_of

#: how soon a pass follows another that left something undone
SOON = timedelta(minutes=1)


@dataclass(frozen=True)
class Alarm:
    """Tells when the passes of one ruleset must run next; `zone` is the workspace's."""

    ruleset: Ruleset
    zone: ZoneInfo
    _edges: list[Edge] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_edges", list(dict.fromkeys(_edges(self.ruleset))))

    def next(self, connection: Connection, now: datetime) -> datetime | None:
        """Return the first instant after `now` at which there may be something to do."""
        mark = marks.enrol_mark(connection)
        if mark is None or marks.newest_change(connection) > mark.change_id:
            return now + SOON
        due = min((due for due in self._dues(connection, now) if due is not None), default=None)
        return now + SOON if due is not None and due <= now else due

    def _dues(self, connection: Connection, now: datetime) -> Iterator[datetime | None]:
        yield from self._crossings(connection, now)
        for rule in self.ruleset:
            if rule.once_per.period is not None:
                yield stretch_of(now, rule.once_per.period, self.zone).end
        row, message = table_of(Enrollment).c, table_of(Message).c
        active, planned = EnrollmentState.ACTIVE.value, MessageState.PLANNED.value
        yield connection.scalar(select(func.min(row.plan_at)).where(row.state == active))
        yield connection.scalar(select(func.min(message.due_at)).where(message.state == planned))

    def _crossings(self, connection: Connection, now: datetime) -> Iterator[datetime]:
        """Yield for each edge the next instant at which it is reached by any row."""
        if not self._edges:
            return
        asked = [
            _smallest(edge.field, edge.shift.threshold(now)).label(f"edge_{n}")
            for n, edge in enumerate(self._edges)
        ]
        values = connection.execute(select(*asked)).one()
        for edge, value in zip(self._edges, values, strict=True):
            if value is not None:
                yield edge.shift.instant(from_micros(value))


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


def _smallest(wanted: Field, above: datetime) -> ColumnElement[Any]:
    frame = TableFrame(wanted.owner, Thresholds())
    column = type_coerce(frame.plain(wanted), BigInteger)
    return (
        select(func.min(column))
        .select_from(frame.source())
        .where(column > to_micros(above))
        .scalar_subquery()
    )
