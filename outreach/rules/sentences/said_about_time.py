"""What sentences about time become."""

from __future__ import annotations

from outreach.rules.conditions import (
    Apart,
    BeforeDate,
    BetweenAgo,
    Condition,
    HasBeen,
    InTheFuture,
    InThePast,
    MoreThanAgo,
    MoreThanAway,
    WithinLast,
    WithinNext,
)
from outreach.rules.lengths import is_surely_as_long
from outreach.rules.sentences.said import Build, Mistaken, Said
from outreach.rules.sentences.said_about_data import known_values
from outreach.timing.durations import Duration


def ago(said: Said) -> Condition:
    (shift,) = said.shifts()
    return MoreThanAgo(field=said.field, shift=shift, text=said.text, position=said.position)


def within_last(said: Said) -> Condition:
    (shift,) = said.shifts()
    return WithinLast(field=said.field, shift=shift, text=said.text, position=said.position)


def between_ago(said: Said) -> Condition:
    near, far = said.shifts()
    if is_surely_as_long(near.duration, far.duration):
        message = "nothing lies between these: the shorter time comes first"
        raise Mistaken(said.wrong(None, "E203", message))
    return BetweenAgo(field=said.field, near=near, far=far, text=said.text, position=said.position)


def within_next(said: Said) -> Condition:
    (shift,) = said.shifts(ahead=True)
    return WithinNext(field=said.field, shift=shift, text=said.text, position=said.position)


def away(said: Said) -> Condition:
    (shift,) = said.shifts(ahead=True)
    return MoreThanAway(field=said.field, shift=shift, text=said.text, position=said.position)


def past(said: Said) -> Condition:
    return InThePast(field=said.field, text=said.text, position=said.position)


def future(said: Said) -> Condition:
    return InTheFuture(field=said.field, text=said.text, position=said.position)


def has_been(said: Said) -> Condition:
    if said.field.changed_at is None:
        message = f"since when '{said.field.path}' has its value is not kept"
        raise Mistaken(said.wrong(None, "E202", message))
    values, (shift,) = known_values(said), said.shifts()
    return HasBeen(
        field=said.field, values=values, shift=shift, text=said.text, position=said.position
    )


def date(*, after: bool) -> Build:
    """Return what compares a time with a written date."""

    def compared(said: Said) -> Condition:
        return BeforeDate(
            field=said.field,
            instant=said.moment(),
            after=after,
            text=said.text,
            position=said.position,
        )

    return compared


def other_field(*, after: bool) -> Build:
    """Return what compares a time with another one of the same subject."""

    def compared(said: Said) -> Condition:
        duration = next(iter(said.durations()), Duration())
        if duration.is_business:
            part = said.parts("duration")[0]
            message = "between two times only plain hours, days and weeks are counted"
            raise Mistaken(said.wrong(part, "E203", message))
        return Apart(
            field=said.field,
            other=said.other_field(),
            duration=duration,
            before=not after,
            text=said.text,
            position=said.position,
        )

    return compared
