"""Groups: `all`, `any` and `none` of some conditions, and how their branches multiply."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import product

from outreach.model import Position
from outreach.rules.conditions.branch import Branch, Condition, all_spans
from outreach.rules.facts import Facts
from outreach.timing.spans import NEVER, Spans


@dataclass(frozen=True, kw_only=True)
class AllOf:
    """Every one of them is true."""

    parts: tuple[Condition, ...]
    position: Position = Position("", 0)

    def holds(self, facts: Facts, now: datetime) -> bool:
        return all(part.holds(facts, now) for part in self.parts)

    def spans(self, facts: Facts) -> Spans:
        return all_spans(self.parts, facts)

    def branches(self, *, denied: bool = False) -> tuple[Branch, ...]:
        return _either(self.parts, denied=True) if denied else _both(self.parts, denied=False)


@dataclass(frozen=True, kw_only=True)
class AnyOf:
    """At least one of them is true."""

    parts: tuple[Condition, ...]
    position: Position = Position("", 0)

    def holds(self, facts: Facts, now: datetime) -> bool:
        return any(part.holds(facts, now) for part in self.parts)

    def spans(self, facts: Facts) -> Spans:
        spans = NEVER
        for part in self.parts:
            spans = spans | part.spans(facts)
        return spans

    def branches(self, *, denied: bool = False) -> tuple[Branch, ...]:
        return _both(self.parts, denied=True) if denied else _either(self.parts, denied=False)


@dataclass(frozen=True, kw_only=True)
class NoneOf:
    """None of them is true: the plain opposite of `any`."""

    parts: tuple[Condition, ...]
    position: Position = Position("", 0)

    def _any(self) -> AnyOf:
        return AnyOf(parts=self.parts, position=self.position)

    def holds(self, facts: Facts, now: datetime) -> bool:
        return not self._any().holds(facts, now)

    def spans(self, facts: Facts) -> Spans:
        return ~self._any().spans(facts)

    def branches(self, *, denied: bool = False) -> tuple[Branch, ...]:
        return self._any().branches(denied=not denied)


def _either(parts: tuple[Condition, ...], *, denied: bool) -> tuple[Branch, ...]:
    return tuple(branch for part in parts for branch in part.branches(denied=denied))


def _both(parts: tuple[Condition, ...], *, denied: bool) -> tuple[Branch, ...]:
    combinations = product(*(part.branches(denied=denied) for part in parts))
    return tuple(_joined(ways) for ways in combinations)


def _joined(ways: tuple[Branch, ...]) -> Branch:
    joined = Branch()
    for way in ways:
        joined = joined & way
    return joined


@dataclass(frozen=True, kw_only=True)
class Opposite:
    """One sentence that denies another: `f is not X`, `f is missing`. Not shown as a group."""

    of: Condition
    text: str = ""
    position: Position = Position("", 0)

    def holds(self, facts: Facts, now: datetime) -> bool:
        return not self.of.holds(facts, now)

    def spans(self, facts: Facts) -> Spans:
        return ~self.of.spans(facts)

    def branches(self, *, denied: bool = False) -> tuple[Branch, ...]:
        return self.of.branches(denied=not denied)
