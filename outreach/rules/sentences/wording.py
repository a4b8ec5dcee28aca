"""How a condition is written: one spelling for each, whichever alias the operator used.

What is written here reads back as the same condition.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from outreach.rules.conditions import (
    Apart,
    BeforeDate,
    Between,
    BetweenAgo,
    Compare,
    Condition,
    Contains,
    HasBeen,
    Includes,
    InTheFuture,
    InThePast,
    IsOneOf,
    IsPresent,
    IsTrue,
    MoreThanAgo,
    MoreThanAway,
    Opposite,
    Sentence,
    StartsWith,
    StepHad,
    WithinLast,
    WithinNext,
)
from outreach.rules.conditions.events import EVENTS
from outreach.rules.conditions.numbers import Operator
from outreach.timing.durations import Duration

UTC = ZoneInfo("UTC")
_EVENTS = {event: phrase for phrase, event in EVENTS.items()}
#: words that mean something else where a value can stand
RESERVED = frozenset(
    {"missing", "present", "not", "in", "one", "none", "at", "any"}
    | {"more", "less", "between", "within", "before", "after"}
)
_BARE = re.compile(r"\w[\w.\-@/+]*")


def canonical(condition: Condition, zone: ZoneInfo = UTC) -> str:
    """Return the canonical sentence; dates in it are local to `zone`. Not for groups."""
    if isinstance(condition, Opposite):
        return _denied(condition.of)
    if isinstance(condition, StepHad):
        return f"{condition.step} was {_EVENTS[condition.event]}"
    if isinstance(condition, BeforeDate):
        return f"{condition.field.path} {_moment(condition, zone)}"
    assert isinstance(condition, Sentence), f"{type(condition).__name__} is no sentence"
    return f"{condition.field.path} {_AFFIRMED[type(condition)](condition)}"


def _denied(condition: Condition) -> str:
    if isinstance(condition, StepHad):
        return f"{condition.step} was not {_EVENTS[condition.event]}"
    assert isinstance(condition, Sentence)
    return f"{condition.field.path} {_DENIED[type(condition)](condition)}"


_AFFIRMED: dict[type[Sentence], Callable[[Any], str]] = {
    IsPresent: lambda _: "is present",
    IsTrue: lambda _: "is true",
    IsOneOf: lambda c: f"is {value(c.values[0])}" if len(c.values) == 1 else f"in {_list(c)}",
    HasBeen: lambda c: f"{_AFFIRMED[IsOneOf](c)} for more than {c.shift.duration}",
    Contains: lambda c: f"contains {quoted(c.words)}",
    StartsWith: lambda c: f"starts with {quoted(c.words)}",
    Includes: lambda c: f"include {_one_or_any(c)}",
    Compare: lambda c: f"{c.operator.value} {_amount(c.amount, c.currency)}",
    Between: lambda c: f"is between {_amount(c.low, c.currency)} and {_amount(c.high, c.currency)}",
    MoreThanAgo: lambda c: f"is more than {c.shift.duration} ago",
    BetweenAgo: lambda c: f"is between {c.near.duration} and {c.far.duration} ago",
    WithinLast: lambda c: f"is within the last {c.shift.duration}",
    WithinNext: lambda c: f"is within the next {c.shift.duration}",
    MoreThanAway: lambda c: f"is more than {c.shift.duration} away",
    InThePast: lambda _: "is in the past",
    InTheFuture: lambda _: "is in the future",
    Apart: lambda c: f"is {_distance(c)}{'before' if c.before else 'after'} {c.other.path}",
}
_DENIED: dict[type[Sentence], Callable[[Any], str]] = {
    IsPresent: lambda _: "is missing",
    IsTrue: lambda _: "is false",
    IsOneOf: lambda c: (
        f"is not {value(c.values[0])}" if len(c.values) == 1 else f"not in {_list(c)}"
    ),
    Contains: lambda c: f"does not contain {quoted(c.words)}",
    Includes: lambda c: f"does not include {_one_or_any(c)}",
    Compare: lambda c: f"{Operator.IS.value} not {_amount(c.amount, c.currency)}",
}


def value(text: str) -> str:
    """Return a value as it is written in a sentence: in quotes where it needs them."""
    return text if _BARE.fullmatch(text) and text not in RESERVED else quoted(text)


def quoted(text: str) -> str:
    """Return a text in quotes."""
    return f"'{text}'" if '"' in text else f'"{text}"'


def _list(condition: IsOneOf | HasBeen | Includes) -> str:
    return f"[{', '.join(map(value, condition.values))}]"


def _one_or_any(condition: Includes) -> str:
    several = len(condition.values) > 1
    return f"any of {_list(condition)}" if several else value(condition.values[0])


def _amount(amount: Decimal, currency: str) -> str:
    number = format(amount.normalize(), "f")
    return f"{number} {currency}" if currency else number


def _distance(condition: Apart) -> str:
    return f"more than {condition.duration} " if condition.duration != Duration() else ""


def _moment(condition: BeforeDate, zone: ZoneInfo) -> str:
    local = condition.instant.astimezone(zone)
    day = f"is {'after' if condition.after else 'before'} {local:%Y-%m-%d}"
    return day if local.time() == datetime.min.time() else f"{day} {local:%H:%M}"
