"""Explaining: for one subject, what each line of a rule found, and from when until when it is true.

With the data frozen every condition is true in known spans of time, so "when would it become true"
is read off, not guessed. What has no span ahead changes only when data changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from outreach.model import Mode, Position
from outreach.rules.conditions import (
    AllOf,
    AnyOf,
    Apart,
    Condition,
    HasBeen,
    NoneOf,
    Opposite,
    Sentence,
    Shift,
)
from outreach.rules.conditions.branch import Edge, all_spans
from outreach.rules.document import Age, Rule
from outreach.rules.facts import Facts
from outreach.timing.spans import BEGINNING, END, NEVER, Spans

GROUP_WORDS = {AllOf: "all of", AnyOf: "any of", NoneOf: "none of"}


@dataclass(frozen=True)
class Line:
    """A sentence or a group as it stands now; times are None where only data can change it.

    True now: since `true_from`, until `true_until`. Not true: it will be in that span, if there is
    one. `wanted` is false inside `none`, where the sentence shall not hold. `values` are the fields
    it looks at, by their names.
    """

    text: str
    position: Position
    holds: bool
    wanted: bool = True
    depth: int = 0
    values: tuple[tuple[str, Any], ...] = ()
    true_from: datetime | None = None
    true_until: datetime | None = None
    parts: tuple[Line, ...] = ()

    @property
    def is_met(self) -> bool:
        """Whether it is as the rule wants it."""
        return self.holds == self.wanted

    @property
    def changes_at(self) -> datetime | None:
        """When it will be the other way round, None if only data can do that."""
        return self.true_until if self.holds else self.true_from

    def flat(self) -> Iterator[Line]:
        """Yield the line and all below it, as they stand in the file."""
        yield self
        for part in self.parts:
            yield from part.flat()

    def missing(self) -> Iterator[Line]:
        """Yield what keeps the line from being met: itself, or the parts of a group."""
        if self.is_met:
            return
        culprits = [found for part in self.parts for found in part.missing()]
        yield from culprits or (self,)


@dataclass(frozen=True)
class RuleLines:
    """A rule's conditions asked of one subject.

    `since` and `until` bound the span in which the rule applies: the present one, else the next.
    """

    rule: Rule
    when: tuple[Line, ...]
    audience: tuple[Line, ...]
    age: Line | None
    applies: bool
    since: datetime | None
    until: datetime | None

    def all(self) -> Iterator[Line]:
        """Yield the lines that must all be met, groups taken apart."""
        for line in (*self.when, *self.audience, *((self.age,) if self.age else ())):
            yield from line.flat()

    def missing(self) -> Iterator[Line]:
        """Yield the sentences that keep the rule from applying, those of a group by themselves."""
        for line in (*self.when, *self.audience, *((self.age,) if self.age else ())):
            yield from line.missing()


def explain_rule(rule: Rule, facts: Facts, now: datetime) -> RuleLines:
    """Ask all conditions of a rule about one subject."""
    spans = all_spans((*rule.when, *rule.audience), facts)
    if rule.age is not None:
        spans = spans & _age_spans(rule.age, facts)
    if rule.mode is Mode.OFF:
        spans = NEVER
    since, until = bounds(spans, now)
    return RuleLines(
        rule=rule,
        when=explain_conditions(rule.when, facts, now),
        audience=explain_conditions(rule.audience, facts, now),
        age=_age_line(rule, facts, now),
        applies=now in spans,
        since=since,
        until=until,
    )


def explain_conditions(
    conditions: Sequence[Condition], facts: Facts, now: datetime
) -> tuple[Line, ...]:
    """Ask conditions about one subject, one line each, groups with their parts."""
    return tuple(_line(condition, facts, now, wanted=True, depth=0) for condition in conditions)


def bounds(spans: Spans, now: datetime) -> tuple[datetime | None, datetime | None]:
    """Return the ends of the span that holds now, else of the next one; None where it has none."""
    span = spans.holding(now) or next((s for s in spans.spans if s.start > now), None)
    if span is None:
        return None, None
    return (
        None if span.start == BEGINNING else span.start,
        None if span.end == END else span.end,
    )


def _line(condition: Condition, facts: Facts, now: datetime, *, wanted: bool, depth: int) -> Line:
    since, until = bounds(condition.spans(facts), now)
    line = Line(
        text=getattr(condition, "text", ""),
        position=condition.position,
        holds=condition.holds(facts, now),
        wanted=wanted,
        depth=depth,
        true_from=since,
        true_until=until,
    )
    if not isinstance(condition, AllOf | AnyOf | NoneOf):
        return replace(line, values=tuple(_looked_at(condition, facts)))
    part_wanted = _part_wanted(condition, wanted=wanted)
    return replace(
        line,
        text=GROUP_WORDS[type(condition)],
        parts=tuple(
            _line(part, facts, now, wanted=part_wanted, depth=depth + 1) for part in condition.parts
        ),
    )


def _part_wanted(group: AllOf | AnyOf | NoneOf, *, wanted: bool) -> bool:
    """Whether a part of a group shall hold, for the group to be as it is wanted.

    Of an `all` that shall not hold, any part may: its parts are told as they are.
    """
    match group:
        case AllOf():
            return True
        case AnyOf():
            return wanted
        case NoneOf():
            return not wanted


def _looked_at(condition: Condition, facts: Facts) -> Iterator[tuple[str, Any]]:
    said = condition.of if isinstance(condition, Opposite) else condition
    if not isinstance(said, Sentence):
        return
    yield said.field.path, facts.get(said.field)
    if isinstance(said, Apart):
        yield said.other.path, facts.get(said.other)
    elif isinstance(said, HasBeen) and said.field.changed_at:
        path = said.field.path.removesuffix(said.field.name) + said.field.changed_at
        yield path, facts.changed_at(said.field)


def _age_spans(age: Age, facts: Facts) -> Spans:
    end = Edge(age.field, Shift(age.length)).of(facts)
    return NEVER if end is None else Spans.between(BEGINNING, end)


def _age_line(rule: Rule, facts: Facts, now: datetime) -> Line | None:
    if rule.age is None:
        return None
    spans = _age_spans(rule.age, facts)
    since, until = bounds(spans, now)
    return Line(
        text=f"younger than {rule.age.length}, by {rule.age.field.path}",
        position=rule.position,
        holds=now in spans,
        values=((rule.age.field.path, facts.get(rule.age.field)),),
        true_from=since,
        true_until=until,
    )
