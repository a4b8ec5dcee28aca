"""The common form of conditions: branches of data tests and edges in time.

With a subject's data frozen, every sentence is true in one span [since, until): a data test says
whether at all, edges say from when and until when. `now` never stands beside a column: an edge
becomes `column <= constant`, and an index serves it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import ColumnElement, and_, case, false, or_, true

from outreach.model import Position
from outreach.rules.facts import Facts
from outreach.rules.fields import Field
from outreach.timing.calendars import Calendar
from outreach.timing.durations import Duration
from outreach.timing.spans import ALWAYS, BEGINNING, END, NEVER, Spans

SMALLEST = timedelta(microseconds=1)
MIDDLE = BEGINNING + (END - BEGINNING) / 2


@dataclass(frozen=True)
class Shift:
    """A step along the time line from a field's value: after it, or `ahead` of it.

    Business time needs the calendar it is counted in.
    """

    duration: Duration
    ahead: bool = False
    calendar: Calendar | None = None

    def instant(self, value: datetime) -> datetime:
        """Return the instant this shift leads to from a field's value.

        Systems without empty dates write the first or last one there is: what lies beyond it is
        the beginning or the end.
        """
        try:
            return self._instant(value)
        except OverflowError:
            return BEGINNING if value < MIDDLE else END

    def _instant(self, value: datetime) -> datetime:
        if self.calendar is None or not self.duration.is_business:
            return value - self.duration.fixed if self.ahead else value + self.duration.fixed
        if self.ahead:
            return self.calendar.subtract(value, self.duration) + SMALLEST
        return self.calendar.add(value, self.duration)

    def threshold(self, instant: datetime) -> datetime:
        """Return the constant c with: shifted value <= instant exactly when value <= c."""
        if self.calendar is None or not self.duration.is_business:
            return instant + self.duration.fixed if self.ahead else instant - self.duration.fixed
        if self.ahead:
            return self.calendar.add(instant, self.duration) - SMALLEST
        return self.calendar.subtract(instant, self.duration)

    @property
    def fixed(self) -> timedelta | None:
        """How far it leads, the same for every value; None for business time."""
        if self.duration.is_business:
            return None
        return -self.duration.fixed if self.ahead else self.duration.fixed


NO_SHIFT = Shift(Duration())


@dataclass(frozen=True)
class Edge:
    """The instant at which a sentence starts or stops being true: a time field, shifted.

    `open_when_missing` tells an edge of a denied sentence: without a value it does not bound.
    """

    field: Field
    shift: Shift = NO_SHIFT
    open_when_missing: bool = False

    def of(self, facts: Facts) -> datetime | None:
        """Return the instant for one subject, None when the field is missing."""
        value = facts.get(self.field)
        return None if value is None else self.shift.instant(value)


class Frame(Protocol):
    """Where columns come from: the tables, or the staged rows that changed."""

    def column(self, field: Field) -> ColumnElement[Any]:
        """Return the column of a field, barred from the planner's choice of an index."""
        ...

    def present(self, field: Field) -> ColumnElement[bool]:
        """Return whether a field has a value; an empty list is none."""
        ...

    def currency(self, field: Field) -> ColumnElement[Any]:
        """Return the column of a money field's currency."""
        ...

    def folded(self, field: Field) -> ColumnElement[str]:
        """Return a text column with its case folded (`folding.py`)."""
        ...

    def micros(self, field: Field) -> ColumnElement[int]:
        """Return a time column as plain microseconds, to subtract."""
        ...

    def includes(self, field: Field, values: tuple[str, ...]) -> ColumnElement[bool]:
        """Return whether a list field includes one of the values; false when missing."""
        ...

    def had(self, step: str, event: str) -> ColumnElement[bool]:
        """Return whether something happened to what a step of the enrollment sent."""
        ...

    def reached(self, edge: Edge, moment: str) -> ColumnElement[bool]:
        """Return whether the edge lies at or before a named moment; false when missing."""
        ...

    def pending(self, edge: Edge, moment: str) -> ColumnElement[bool]:
        """Return whether the edge lies after a named moment; when missing, as the edge says."""
        ...


Test = Callable[[Frame], ColumnElement[bool]]


@dataclass(frozen=True)
class Branch:
    """An AND: data tests, edges since which and edges until which it is true."""

    tests: tuple[Test, ...] = ()
    since: tuple[Edge, ...] = ()
    until: tuple[Edge, ...] = ()

    def __and__(self, other: Branch) -> Branch:
        return Branch(self.tests + other.tests, self.since + other.since, self.until + other.until)


class Condition(Protocol):
    """A sentence or a group: true or false of a subject at an instant, never unknown."""

    @property
    def position(self) -> Position:
        """Where it is written."""
        ...

    def holds(self, facts: Facts, now: datetime) -> bool:
        """Whether it is true of one subject now."""
        ...

    def spans(self, facts: Facts) -> Spans:
        """When it is true of one subject, if its data stays as it is."""
        ...

    def branches(self, *, denied: bool = False) -> tuple[Branch, ...]:
        """Take it apart into an OR of branches; of its opposite when denied."""
        ...


@dataclass(frozen=True, kw_only=True)
class Sentence(ABC):
    """One condition in words: a field and what is said about it.

    `holds` says it directly; `fits`, `test` and the edges say it in parts. A property test holds
    the two against each other, and both against SQL.
    """

    field: Field
    text: str = ""
    position: Position = Position("", 0)

    @abstractmethod
    def holds(self, facts: Facts, now: datetime) -> bool:
        """Whether it is true of one subject now."""

    def fits(self, facts: Facts) -> bool:
        """Whether the data allows it to be true at some time."""
        return True

    def test(self, frame: Frame) -> ColumnElement[bool] | None:
        """Return `fits` as SQL; None where the edges say it all."""
        return None

    @property
    def since(self) -> Edge | None:
        """The edge from which it is true."""
        return None

    @property
    def until(self) -> Edge | None:
        """The edge from which it is no longer true."""
        return None

    def spans(self, facts: Facts) -> Spans:
        """When it is true of one subject, if its data stays as it is."""
        if not self.fits(facts):
            return NEVER
        start = self.since.of(facts) if self.since else BEGINNING
        end = self.until.of(facts) if self.until else END
        if start is None or end is None:
            return NEVER
        return Spans.between(start, end)

    def branches(self, *, denied: bool = False) -> tuple[Branch, ...]:
        """Take it apart; a denied sentence is true outside its span and where it cannot be."""
        if not denied:
            return (
                Branch(
                    tests=(_required(self.test),) if self._has_test else (),
                    since=(self.since,) if self.since else (),
                    until=(self.until,) if self.until else (),
                ),
            )
        ways = []
        if self._has_test:
            ways.append(Branch(tests=(_denied(self.test),)))
        if self.since:
            ways.append(Branch(until=(replace(self.since, open_when_missing=True),)))
        elif self.until:
            ways.append(Branch(tests=(_missing(self.until.field),)))
        if self.until:
            ways.append(Branch(since=(self.until,)))
        return tuple(ways)

    @property
    def _has_test(self) -> bool:
        return type(self).test is not Sentence.test


def _required(test: Callable[[Frame], ColumnElement[bool] | None]) -> Test:
    def asked(frame: Frame) -> ColumnElement[bool]:
        clause = test(frame)
        assert clause is not None
        return clause

    return asked


def _denied(test: Callable[[Frame], ColumnElement[bool] | None]) -> Test:
    asked = _required(test)
    # a test over a missing value is NULL in SQL, and so is NOT NULL; denied, it must be true
    return lambda frame: case((asked(frame), 1), else_=0) == 0


def _missing(field: Field) -> Test:
    return lambda frame: frame.column(field).is_(None)


def branches_sql(
    branches: Sequence[Branch], frame: Frame, moment: str = "now"
) -> ColumnElement[bool]:
    """Return the SQL that asks whether one of the branches is true at a moment."""
    ways = [
        and_(
            true(),
            *(test(frame) for test in branch.tests),
            *(frame.reached(edge, moment) for edge in branch.since),
            *(frame.pending(edge, moment) for edge in branch.until),
        )
        for branch in branches
    ]
    return or_(false(), *ways)


def all_spans(conditions: Sequence[Condition], facts: Facts) -> Spans:
    """Return when all of the conditions are true of one subject."""
    spans = ALWAYS
    for condition in conditions:
        spans = spans & condition.spans(facts)
    return spans
