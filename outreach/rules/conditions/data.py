"""Sentences that look at data only: choices, texts, yes/no and lists."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, literal

from outreach.rules.conditions.branch import Frame, Sentence
from outreach.rules.facts import Facts
from outreach.rules.folding import fold_case


class DataSentence(Sentence):
    """A sentence whose truth changes only when data changes."""

    def holds(self, facts: Facts, now: datetime) -> bool:
        return self.fits(facts)


@dataclass(frozen=True, kw_only=True)
class IsPresent(DataSentence):
    """`f is present`; denied, `f is missing`."""

    def fits(self, facts: Facts) -> bool:
        return facts.get(self.field) is not None

    def test(self, frame: Frame) -> ColumnElement[bool]:
        return frame.present(self.field)


@dataclass(frozen=True, kw_only=True)
class IsOneOf(DataSentence):
    """`f is X`, `f in [X, Y]`."""

    values: tuple[str, ...]

    def fits(self, facts: Facts) -> bool:
        return facts.get(self.field) in self.values

    def test(self, frame: Frame) -> ColumnElement[bool]:
        return frame.column(self.field).in_(self.values)


@dataclass(frozen=True, kw_only=True)
class IsTrue(DataSentence):
    """`f is true`."""

    def fits(self, facts: Facts) -> bool:
        return facts.get(self.field) is True

    def test(self, frame: Frame) -> ColumnElement[bool]:
        return frame.column(self.field).is_(True)


@dataclass(frozen=True, kw_only=True)
class Contains(DataSentence):
    """`f contains "x"`, whatever the case of the letters."""

    words: str

    def fits(self, facts: Facts) -> bool:
        value = facts.get(self.field)
        return value is not None and fold_case(self.words) in fold_case(value)

    def test(self, frame: Frame) -> ColumnElement[bool]:
        return func.position_in(literal(fold_case(self.words)), frame.folded(self.field)) > 0


@dataclass(frozen=True, kw_only=True)
class StartsWith(DataSentence):
    """`f starts with "x"`, whatever the case of the letters."""

    words: str

    def fits(self, facts: Facts) -> bool:
        value = facts.get(self.field)
        return value is not None and fold_case(value).startswith(fold_case(self.words))

    def test(self, frame: Frame) -> ColumnElement[bool]:
        start = func.substr(frame.folded(self.field), 1, len(self.words))
        return start == fold_case(self.words)


@dataclass(frozen=True, kw_only=True)
class Includes(DataSentence):
    """`f include x`, `f include any of [x, y]`."""

    values: tuple[str, ...]

    def fits(self, facts: Facts) -> bool:
        return not set(self.values).isdisjoint(facts.get(self.field) or ())

    def test(self, frame: Frame) -> ColumnElement[bool]:
        return frame.includes(self.field, self.values)
