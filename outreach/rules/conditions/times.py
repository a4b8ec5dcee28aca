"""Sentences about time. In conditions a day is 24 hours; business time counts open hours only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement

from outreach.rules.conditions.branch import SMALLEST, Edge, Frame, Sentence, Shift
from outreach.rules.facts import Facts
from outreach.rules.fields import Field, FieldType, Source
from outreach.timing.durations import Duration


@dataclass(frozen=True, kw_only=True)
class MoreThanAgo(Sentence):
    """`f is more than D ago`: from f + D on."""

    shift: Shift

    @property
    def since(self) -> Edge:
        return Edge(self.field, self.shift)

    def holds(self, facts: Facts, now: datetime) -> bool:
        value = facts.get(self.field)
        return value is not None and value <= self.shift.threshold(now)


@dataclass(frozen=True, kw_only=True)
class WithinLast(Sentence):
    """`f is within the last D`: from f until f + D."""

    shift: Shift

    @property
    def since(self) -> Edge:
        return Edge(self.field)

    @property
    def until(self) -> Edge:
        return Edge(self.field, self.shift)

    def holds(self, facts: Facts, now: datetime) -> bool:
        value = facts.get(self.field)
        return value is not None and self.shift.threshold(now) < value <= now


@dataclass(frozen=True, kw_only=True)
class BetweenAgo(Sentence):
    """`f is between D1 and D2 ago`: from f + D1 until f + D2."""

    near: Shift
    far: Shift

    @property
    def since(self) -> Edge:
        return Edge(self.field, self.near)

    @property
    def until(self) -> Edge:
        return Edge(self.field, self.far)

    def holds(self, facts: Facts, now: datetime) -> bool:
        value = facts.get(self.field)
        return value is not None and self.far.threshold(now) < value <= self.near.threshold(now)


@dataclass(frozen=True, kw_only=True)
class WithinNext(Sentence):
    """`f is within the next D`: from D before f until f. Its shift leads ahead."""

    shift: Shift

    @property
    def since(self) -> Edge:
        return Edge(self.field, self.shift)

    @property
    def until(self) -> Edge:
        return Edge(self.field)

    def holds(self, facts: Facts, now: datetime) -> bool:
        value = facts.get(self.field)
        return value is not None and now < value <= self.shift.threshold(now)


@dataclass(frozen=True, kw_only=True)
class MoreThanAway(Sentence):
    """`f is more than D away`: until D before f. Its shift leads ahead."""

    shift: Shift

    @property
    def until(self) -> Edge:
        return Edge(self.field, self.shift)

    def holds(self, facts: Facts, now: datetime) -> bool:
        value = facts.get(self.field)
        return value is not None and value > self.shift.threshold(now)


@dataclass(frozen=True, kw_only=True)
class InThePast(Sentence):
    """`f is in the past`: from f on."""

    @property
    def since(self) -> Edge:
        return Edge(self.field)

    def holds(self, facts: Facts, now: datetime) -> bool:
        value = facts.get(self.field)
        return value is not None and value <= now


@dataclass(frozen=True, kw_only=True)
class InTheFuture(Sentence):
    """`f is in the future`: until f."""

    @property
    def until(self) -> Edge:
        return Edge(self.field)

    def holds(self, facts: Facts, now: datetime) -> bool:
        value = facts.get(self.field)
        return value is not None and value > now


@dataclass(frozen=True, kw_only=True)
class HasBeen(Sentence):
    """`f is X for more than D`: a choice that has kept its value."""

    values: tuple[str, ...]
    shift: Shift

    @property
    def since(self) -> Edge:
        changed_at = self.field.changed_at
        assert changed_at is not None, "only fields with history are asked this"
        return Edge(_beside(self.field, changed_at), self.shift)

    def fits(self, facts: Facts) -> bool:
        return facts.get(self.field) in self.values

    def test(self, frame: Frame) -> ColumnElement[bool]:
        return frame.column(self.field).in_(self.values)

    def holds(self, facts: Facts, now: datetime) -> bool:
        changed_at = facts.changed_at(self.field)
        return (
            self.fits(facts) and changed_at is not None and changed_at <= self.shift.threshold(now)
        )


@dataclass(frozen=True, kw_only=True)
class BeforeDate(Sentence):
    """`f is before 2026-12-01`; with `after`, at that instant or later."""

    instant: datetime
    after: bool = False

    def fits(self, facts: Facts) -> bool:
        value = facts.get(self.field)
        if value is None:
            return False
        return bool(value >= self.instant if self.after else value < self.instant)

    def test(self, frame: Frame) -> ColumnElement[bool]:
        column = frame.column(self.field)
        return column >= self.instant if self.after else column < self.instant

    def holds(self, facts: Facts, now: datetime) -> bool:
        return self.fits(facts)


@dataclass(frozen=True, kw_only=True)
class Apart(Sentence):
    """`f is more than D after g`, or `before g`."""

    other: Field
    duration: Duration
    before: bool = False

    def fits(self, facts: Facts) -> bool:
        mine, others = facts.get(self.field), facts.get(self.other)
        if mine is None or others is None:
            return False
        distance = others - mine if self.before else mine - others
        return bool(distance > self.duration.fixed)

    def test(self, frame: Frame) -> ColumnElement[bool]:
        mine, others = frame.micros(self.field), frame.micros(self.other)
        distance = others - mine if self.before else mine - others
        return distance > self.duration.fixed // SMALLEST

    def holds(self, facts: Facts, now: datetime) -> bool:
        return self.fits(facts)


def _beside(field: Field, name: str) -> Field:
    """Return the time field of that name in the same row."""
    return replace(
        field,
        path=field.path.removesuffix(field.name) + name,
        name=name,
        type=FieldType.TIME,
        changed_at=None,
        choices=(),
        indexed=field.source is Source.COLUMN,
    )
