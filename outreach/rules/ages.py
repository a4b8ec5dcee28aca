"""How old a match may be: which field it counts from, and how long when nobody says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from outreach.model import Kind
from outreach.rules.catalogue import Catalogue
from outreach.rules.conditions import (
    AllOf,
    AnyOf,
    Apart,
    BeforeDate,
    BetweenAgo,
    Condition,
    HasBeen,
    MoreThanAgo,
    Opposite,
    Sentence,
    Shift,
    WithinLast,
)
from outreach.rules.document import Age, Rule
from outreach.rules.fields import Field
from outreach.rules.lengths import longest
from outreach.timing.durations import Duration

DEFAULT = timedelta(days=14)
#: where nothing in `when` says a time: when the subject began
BEGAN = {
    Kind.CUSTOMER: "created_at",
    Kind.ORDER: "placed_at",
    Kind.TICKET: "opened_at",
    Kind.RESPONSE: "received_at",
}
_MINUTE = timedelta(minutes=1)


def age_of(rule: Rule, written: Duration | None, catalogue: Catalogue) -> Age | None:
    """Return how old a match of the rule may be.

    What is written counts from the first time field in `when`. What nobody wrote counts from when
    the first sentence about time became true, so its own delay is added; and it never cuts short
    a bound that such a sentence sets itself. A rule that speaks once a period has no age unless
    it is written: whoever matches in a period is new to it.
    """
    sentence = next(_about_time(rule.when), None)
    field = _time_field(sentence) if sentence else _since_when(rule, catalogue)
    if written is not None:
        return Age(field, written)
    if rule.once_per.period is not None:
        return None
    return Age(field, _in_minutes(_default(sentence)), is_default=True)


def _affirmed(conditions: Sequence[Condition]) -> Iterator[Condition]:
    """Yield sentences in the order they stand, but for what groups deny."""
    for condition in conditions:
        if isinstance(condition, AllOf | AnyOf):
            yield from _affirmed(condition.parts)
        else:
            yield condition


def _about_time(conditions: Sequence[Condition]) -> Iterator[Sentence]:
    for condition in _affirmed(conditions):
        if isinstance(condition, Sentence) and (
            condition.since or condition.until or isinstance(condition, BeforeDate | Apart)
        ):
            yield condition


def _time_field(sentence: Sentence) -> Field:
    edge = sentence.since or sentence.until
    return edge.field if edge else sentence.field


def _since_when(rule: Rule, catalogue: Catalogue) -> Field:
    """Return since when the first field with history has its value, or when the subject began."""
    for condition in _affirmed(rule.when):
        said = condition.of if isinstance(condition, Opposite) else condition
        if isinstance(said, Sentence) and (name := said.field.changed_at):
            prefix = said.field.path.removesuffix(said.field.name)
            return catalogue.field(rule.about, prefix + name)
    return catalogue.field(rule.about, BEGAN[rule.about])


def _default(sentence: Sentence | None) -> timedelta:
    match sentence:
        case MoreThanAgo() | HasBeen():
            return DEFAULT + _longest(sentence.shift)
        case BetweenAgo():
            return max(DEFAULT + _longest(sentence.near), _longest(sentence.far))
        case WithinLast():
            return max(DEFAULT, _longest(sentence.shift))
        case _:
            return DEFAULT


def _longest(shift: Shift) -> timedelta:
    return longest(shift.duration, shift.calendar)


def _in_minutes(length: timedelta) -> Duration:
    """Return a length as a duration: in days as far as it goes."""
    return Duration(minutes=(length - timedelta(days=length.days)) // _MINUTE, days=length.days)
