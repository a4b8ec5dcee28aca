"""Conditions changed on purpose: a line left out or turned round, a threshold or a value changed.

A changed sentence keeps the words it had, so a test notices only what it does, not how it reads.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import takewhile
from typing import Any

from outreach.model import Position
from outreach.proving.mutants.amounts import other_lengths
from outreach.rules.conditions import (
    AllOf,
    AnyOf,
    Apart,
    BeforeDate,
    Between,
    BetweenAgo,
    Compare,
    Condition,
    HasBeen,
    Includes,
    IsOneOf,
    MoreThanAgo,
    MoreThanAway,
    NoneOf,
    Opposite,
    Shift,
    WithinLast,
    WithinNext,
)
from outreach.rules.sentences import canonical
from outreach.timing.durations import Duration

Conditions = tuple[Condition, ...]
Group = AllOf | AnyOf | NoneOf
_WORDS: dict[type, str] = {AllOf: "all:", AnyOf: "any:", NoneOf: "none:"}
#: what a group becomes when it is turned round
_TURNED: dict[type, type[Group]] = {AllOf: NoneOf, AnyOf: NoneOf, NoneOf: AnyOf}


@dataclass(frozen=True)
class Changed:
    """A list of conditions with one thing changed, where that stands, and what it was and is."""

    conditions: Conditions
    position: Position
    said: str


def changed(conditions: Conditions, *, needed: bool = False) -> Iterator[Changed]:
    """Yield a list with each of its lines changed; one that is `needed` is never left empty."""
    for place, condition in enumerate(conditions):
        before, after = conditions[:place], conditions[place + 1 :]
        if before or after or not needed:
            said = f"{_told(condition)} → left out"
            yield Changed((*before, *after), condition.position, said)
        for other in _others(condition):
            whole = (*before, *other.conditions, *after)
            yield replace(other, conditions=whole)


def _others(condition: Condition) -> Iterator[Changed]:
    """Yield one condition turned round, and with each thing in it changed."""
    if not isinstance(condition, Group):
        yield _turned(condition)
        for other in _amended(condition):
            said = told_change(canonical(condition), canonical(other))
            yield Changed((other,), condition.position, said)
        return
    kind = type(condition)
    turned = _TURNED[kind]
    said = f"{_WORDS[kind]} → {_WORDS[turned]}"
    yield Changed(
        (turned(parts=condition.parts, position=condition.position),), condition.position, said
    )
    for inner in changed(condition.parts, needed=True):
        group = kind(parts=inner.conditions, position=condition.position)
        yield replace(inner, conditions=(group,))


def _turned(condition: Condition) -> Changed:
    if isinstance(condition, Opposite):
        said = told_change(_told(condition), canonical(condition.of))
        return Changed((condition.of,), condition.position, said)
    denied = NoneOf(parts=(condition,), position=condition.position)
    return Changed((denied,), condition.position, f"{_told(condition)} → not so")


def told_change(was: str, is_: str) -> str:
    """Say what was changed: what begins like it was begins with …"""
    words, others = was.split(), is_.split()
    pairs = zip(words, others, strict=False)
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    return f"{was} → {' '.join(['…'] * bool(same) + others[same:])}"


def _told(condition: Condition) -> str:
    return _WORDS.get(type(condition)) or canonical(condition)


def _amended(condition: Condition) -> Iterator[Condition]:
    """Yield a sentence with another threshold, or with one value fewer."""
    if isinstance(condition, Opposite):
        for other in _amended(condition.of):
            yield replace(condition, of=other)
    if isinstance(condition, MoreThanAgo | WithinLast | WithinNext | MoreThanAway | HasBeen):
        for shift in _other_shifts(condition.shift):
            yield replace(condition, shift=shift)
    if isinstance(condition, IsOneOf | HasBeen | Includes) and len(condition.values) > 1:
        for value in condition.values:
            rest = tuple(other for other in condition.values if other != value)
            yield replace(condition, values=rest)
    for name, value in _thresholds(condition):
        yield replace(condition, **{name: value})  # type: ignore[type-var]


def _thresholds(condition: Condition) -> Iterator[tuple[str, Any]]:
    """Yield other values for what a sentence compares with, by the name of its field."""
    match condition:
        case BetweenAgo():
            yield from (("near", shift) for shift in _other_shifts(condition.near))
            yield from (("far", shift) for shift in _other_shifts(condition.far))
        case Apart() if condition.duration != Duration():
            yield from (("duration", length) for length in other_lengths(condition.duration))
        case BeforeDate():
            yield "instant", condition.instant + timedelta(days=1)
            yield "instant", condition.instant - timedelta(days=1)
        case Compare() if condition.currency:
            yield "amount", condition.amount * 2
            yield "amount", condition.amount / 2
        case Compare():
            yield "amount", condition.amount + 1
            yield from (("amount", condition.amount - 1),) if condition.amount >= 1 else ()
        case Between():
            for name in ("low", "high"):
                yield name, getattr(condition, name) + 1
                yield name, getattr(condition, name) - 1
        case _:
            pass


def _other_shifts(shift: Shift) -> Iterator[Shift]:
    for length in other_lengths(shift.duration):
        yield replace(shift, duration=length)
