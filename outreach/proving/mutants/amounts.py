"""Other amounts than the written one: lengths and money doubled and halved, counts one off."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace

from outreach.model import Money
from outreach.rules.limits import Rate
from outreach.timing.durations import Duration

DAY_MINUTES = 24 * 60


def other_lengths(length: Duration) -> Iterator[Duration]:
    """Yield twice a length, and half of it where that can be said."""
    parts = {part.name: getattr(length, part.name) for part in fields(length)}
    yield Duration(**{name: 2 * amount for name, amount in parts.items()})
    minutes = parts.pop("days") * DAY_MINUTES + parts.pop("minutes")
    half = Duration(minutes=minutes // 2, **{name: n // 2 for name, n in parts.items()})
    if half.minutes % DAY_MINUTES == 0:
        half = replace(half, minutes=0, days=half.minutes // DAY_MINUTES)
    if half != Duration():
        yield half


def other_rates(rate: Rate) -> Iterator[Rate]:
    """Yield rates of one more and one fewer, and those of another period."""
    for count in other_counts(rate.count, least=1):
        yield replace(rate, count=count)
    for per in other_lengths(rate.per):
        yield replace(rate, per=per)


def other_counts(count: int, *, least: int = 0) -> Iterator[int]:
    """Yield one more, and one fewer if that is still something."""
    yield count + 1
    if count > least:
        yield count - 1


def other_money(money: Money) -> Iterator[Money]:
    """Yield twice as much and half as much."""
    yield replace(money, amount=money.amount * 2)
    yield replace(money, amount=money.amount / 2)
