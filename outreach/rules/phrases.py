"""Short phrases outside conditions: waits, repeats, rates, what an occurrence is, shares.

Each reader returns None after adding what is wrong to `problems`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import time
from decimal import Decimal
from typing import TypeVar

from lark import Token, Tree

from outreach.errors import Problem
from outreach.model import Kind, Purpose
from outreach.rules.document import OncePer, Repeat, Wait
from outreach.rules.fields import Field, FieldType, Source
from outreach.rules.limits import Rate
from outreach.rules.sentences import Setting
from outreach.rules.sentences.misunderstood import words_problem
from outreach.rules.sentences.said import KIND_OF, Mistaken, duration_in
from outreach.rules.sentences.words import NotUnderstood, extent, parse_words, tokens
from outreach.rules.yaml_nodes import Scalar
from outreach.rules.yaml_nodes import Source as Text
from outreach.timing.durations import Duration, parse_duration
from outreach.timing.hours import parse_clock
from outreach.timing.periods import Period

T = TypeVar("T")

#: how late a message may be before it is dropped, where the rule does not say
EXPIRES_AFTER: dict[Purpose, Duration] = {
    Purpose.TRANSACTIONAL: Duration(minutes=6 * 60),
    Purpose.SERVICE: Duration(days=2),
    Purpose.SURVEY: Duration(days=3),
    Purpose.MARKETING: Duration(days=3),
}
MOST_REPEATS = 100


def read_wait(scalar: Scalar, setting: Setting, problems: list[Problem]) -> Wait | None:
    """Read `2 days`, `3 days after delivered_at, at 10:00`, `until due_at`, `at 10:00`."""

    def wait(tree: Tree[Token]) -> Wait:
        fields = [_time_field(t, scalar, setting) for t in tokens(tree) if t.type == "NAME"]
        parts = [c for c in tree.children if isinstance(c, Tree)]
        duration = _duration(parts[0], scalar, setting) if parts else Duration()
        clocks = [_clock(t, scalar) for t in tokens(tree) if t.type == "TIME"]
        field, clock = next(iter(fields), None), next(iter(clocks), None)
        text = scalar.text.strip()
        if tree.data == "wait_until":
            return Wait(until=field, at=clock, text=text)
        return Wait(duration, after=field, at=clock, text=text)

    return _read(scalar, "wait", wait, problems)


def read_repeat(scalar: Scalar, setting: Setting, problems: list[Problem]) -> Repeat | None:
    """Read `every 3 days, up to 3 times`: `times` counts the first send, too."""

    def repeat(tree: Tree[Token]) -> Repeat:
        part, times = tree.children
        assert isinstance(part, Tree)
        assert isinstance(times, Token)
        most = _whole(times, scalar, least=2, most=MOST_REPEATS)
        return Repeat(_duration(part, scalar, setting), most)

    if scalar.text.startswith("every") and "up" not in scalar.text.split():
        said = "a repeat needs a maximum: say how often at most"
        hint = f"{scalar.text.rstrip(', ')}, up to 3 times"
        problems.append(scalar.problem("E303", said, hint=hint))
        return None
    return _read(scalar, "repeat", repeat, problems)


def read_rate(scalar: Scalar, problems: list[Problem]) -> Rate | None:
    """Read `60 per hour`, `3 per 365 days`."""

    def rate(tree: Tree[Token]) -> Rate:
        number, per = tree.children
        assert isinstance(number, Token)
        count = _whole(number, scalar, least=1)
        if isinstance(per, Tree):
            return Rate(count, _duration(per, scalar))
        return Rate(count, parse_duration(f"1 {per}"))

    return _read(scalar, "rate", rate, problems)


def parse_rate(text: str) -> Rate:
    """Return the rate a text says; raises ValueError."""
    problems: list[Problem] = []
    rate = read_rate(Scalar(Text("", (text,)), 1, 1, len(text), text), problems)
    if rate is None:
        raise ValueError("; ".join(f"`{text}`: {_in_words(problem)}" for problem in problems))
    return rate


def _in_words(problem: Problem) -> str:
    return f"{problem.message} ({problem.hint})" if problem.hint else problem.message


def read_once_per(scalar: Scalar, setting: Setting, problems: list[Problem]) -> OncePer | None:
    """Read `order`, `order and status`, `customer`, `quarter`.

    The subject itself always counts, unless `customer` stands in its place.
    """

    def once_per(tree: Tree[Token]) -> OncePer:
        words = tokens(tree)
        for number, word in enumerate(words):
            if word in words[:number]:
                raise _mistaken(scalar, word, "E203", f"'{word}' stands here twice")
        named = set(map(str, words))
        of_customer = Kind.CUSTOMER.value in named and setting.kind is not Kind.CUSTOMER
        fields, periods = [], []
        for word in words:
            if word in tuple(Period):
                periods.append((word, Period(word)))
            elif word not in (setting.kind.value, Kind.CUSTOMER.value):
                fields.append(_key_field(word, scalar, setting))
        if len(periods) > 1:
            raise _mistaken(scalar, periods[1][0], "E203", "one stretch of time is enough")
        return OncePer(
            customer=of_customer and setting.kind.value not in named,
            fields=tuple(fields),
            period=periods[0][1] if periods else None,
        )

    return _read(scalar, "once_per", once_per, problems)


def read_group_field(scalar: Scalar, setting: Setting, problems: list[Problem]) -> Field | None:
    """Read `open_incident.id`: one field by whose value things are put together."""

    def field(tree: Tree[Token]) -> Field:
        first, *more = tokens(tree)
        if more:
            raise _mistaken(scalar, more[0], "E203", "one field is enough")
        return _key_field(first, scalar, setting)

    return _read(scalar, "once_per", field, problems)


def read_percent(scalar: Scalar, problems: list[Problem]) -> Decimal | None:
    """Read `5%`: a share of customers, less than all."""

    def percent(tree: Tree[Token]) -> Decimal:
        share = Decimal(str(tree.children[0]))
        if not 0 <= share < 100:
            raise _mistaken(scalar, tree, "E203", "a share lies between 0% and 100%")
        return share

    return _read(scalar, "percent", percent, problems)


def read_next_channel(scalar: Scalar, problems: list[Problem]) -> Duration | None:
    """Read `next channel after 30 minutes`."""

    def after(tree: Tree[Token]) -> Duration:
        part = tree.children[0]
        assert isinstance(part, Tree)
        return _duration(part, scalar)

    return _read(scalar, "next_channel", after, problems)


def read_fixed_duration(scalar: Scalar, problems: list[Problem]) -> Duration | None:
    """Read `14 days`: plain time, which needs no calendar."""
    try:
        duration = parse_duration(scalar.text)
    except ValueError as error:
        problems.append(scalar.problem("E203", str(error)))
        return None
    if duration.is_business:
        problems.append(scalar.problem("E203", _NOT_BUSINESS))
        return None
    return duration


_NOT_BUSINESS = "here only plain hours, days and weeks are counted"


def _read(
    scalar: Scalar, start: str, build: Callable[[Tree[Token]], T], problems: list[Problem]
) -> T | None:
    try:
        return build(parse_words(scalar.text, start))
    except NotUnderstood as error:
        problems.append(words_problem(error, scalar, what="phrase"))
    except Mistaken as mistaken:
        problems.extend(mistaken.problems)
    return None


def _mistaken(scalar: Scalar, part: Token | Tree[Token], code: str, said: str) -> Mistaken:
    return Mistaken(scalar.problem_at(*extent(part), code, said))


def _duration(part: Tree[Token], scalar: Scalar, setting: Setting | None = None) -> Duration:
    """Return a duration; business time only where a setting with a calendar is given."""
    try:
        duration = duration_in(part)
    except ValueError as error:
        raise _mistaken(scalar, part, "E203", str(error)) from None
    if duration.is_business and setting is None:
        raise _mistaken(scalar, part, "E203", _NOT_BUSINESS)
    if duration.is_business and setting and setting.calendar is None:
        said = "business time needs a calendar, and this rule names none"
        raise _mistaken(scalar, part, "E205", said)
    return duration


def _whole(token: Token, scalar: Scalar, *, least: int, most: int = 10**9) -> int:
    if not token.isdigit() or not least <= int(token) <= most:
        raise _mistaken(scalar, token, "E203", f"expected a whole number from {least} to {most}")
    return int(token)


def _clock(token: Token, scalar: Scalar) -> time:
    try:
        return parse_clock(str(token))
    except ValueError as error:
        raise _mistaken(scalar, token, "E203", str(error)) from None


def _time_field(token: Token, scalar: Scalar, setting: Setting) -> Field:
    field = setting.field(token, scalar)
    if field.type is not FieldType.TIME:
        said = f"'{field.path}' is {KIND_OF[field.type]}, not a time"
        raise _mistaken(scalar, token, "E202", said)
    return field


def _key_field(token: Token, scalar: Scalar, setting: Setting) -> Field:
    field = setting.field(token, scalar)
    if field.type is FieldType.LIST or field.source is Source.LAST_SENT:
        said = f"'{field.path}' cannot tell one occurrence from another"
        raise _mistaken(scalar, token, "E202", said)
    return field
