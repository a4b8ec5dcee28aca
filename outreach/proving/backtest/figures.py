"""Figures: what a backtest's scratch database holds in the end, in numbers."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from heapq import nlargest
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Select, func, select

from outreach.model import Channel, Kind, MessageState, Reason
from outreach.passes.setup import Setup
from outreach.proving.backtest.settled import After, after_settled
from outreach.store.frames import table_of
from outreach.store.ledger import Batch, Message
from outreach.store.past import count_subjects
from outreach.store.types import Record

#: customers who are named: those that would have got most
MOST = 5
WEEK = timedelta(days=7)


class Volume(NamedTuple):
    """What one rule would have sent by one channel on one day of the workspace's clock."""

    rule: str
    channel: Channel
    day: date


class Written(NamedTuple):
    """A customer, how many messages they would have got, and the most within seven days."""

    customer: str
    messages: int
    in_a_week: int


class Held(NamedTuple):
    """Messages that would have waited for a person."""

    rule: str
    reason: Reason
    at: datetime
    messages: int


@dataclass
class Figures:
    """What rules would have done between `begin` and `end`. Counts are of messages."""

    begin: datetime
    end: datetime
    zone: ZoneInfo
    #: how many subjects of each kind there were
    subjects: Mapping[Kind, int]
    #: how often the passes ran
    passes: int
    #: in the order of their files
    rules: Sequence[str]
    sent: Counter[Volume] = field(default_factory=Counter)
    segments: Counter[str] = field(default_factory=Counter)
    #: by the hour they begin with
    hours: Counter[datetime] = field(default_factory=Counter)
    silent: Counter[tuple[str, Reason]] = field(default_factory=Counter)
    waiting: Counter[str] = field(default_factory=Counter)
    held: Sequence[Held] = ()
    most_written: Sequence[Written] = ()
    #: messages that would have gone out though their matter was settled since: there must be none
    after_settled: Sequence[After] = ()

    @property
    def days(self) -> Counter[date]:
        """How many would have gone out on each day that had any."""
        days: Counter[date] = Counter()
        for volume, count in self.sent.items():
            days[volume.day] += count
        return days

    @property
    def weeks(self) -> dict[date, int]:
        """How many would have gone out in each week, by the day it begins with."""
        first = self.begin.astimezone(self.zone).date()
        last = (self.end.astimezone(self.zone).date() - first) // WEEK
        weeks = {first + WEEK * number: 0 for number in range(last + 1)}
        for day, count in self.days.items():
            weeks[first + WEEK * ((day - first) // WEEK)] += count
        return weeks

    @property
    def reasons(self) -> Counter[Reason]:
        """Why messages stayed silent, over all rules."""
        reasons: Counter[Reason] = Counter()
        for (_, reason), count in self.silent.items():
            reasons[reason] += count
        return reasons

    def of_rule(self, rule: str, channel: Channel | None = None) -> int:
        """How many of a rule would have gone out, on one channel or on all."""
        return sum(
            count
            for volume, count in self.sent.items()
            if volume.rule == rule and channel in (None, volume.channel)
        )

    def held_of(self, rule: str) -> int:
        return sum(held.messages for held in self.held if held.rule == rule)


def read_figures(setup: Setup, begin: datetime, end: datetime, passes: int) -> Figures:
    """Return what is written in the ledger of a setup."""
    with setup.store.read() as connection:
        figures = Figures(
            begin,
            end,
            setup.zone,
            _subjects(connection),
            passes,
            [rule.name for rule in setup.ruleset],
        )
        by_customer: dict[str, list[datetime]] = {}
        for row in connection.execute(_messages()):
            _count(figures, row, by_customer)
        figures.held = tuple(_held(connection))
        figures.after_settled = after_settled(connection)
    figures.most_written = most_written(by_customer)
    return figures


def _messages() -> Select[Any]:
    message = table_of(Message).c
    return select(
        message.rule,
        message.channel,
        message.state,
        message.reason,
        message.segments,
        message.sent_at,
        message.customer_id,
    ).order_by(message.sent_at)


def _count(figures: Figures, row: Record, by_customer: dict[str, list[datetime]]) -> None:
    if row.state == MessageState.SENT:
        local = row.sent_at.astimezone(figures.zone)
        channel = Channel(row.channel)
        figures.sent[Volume(row.rule, channel, local.date())] += 1
        figures.hours[local.replace(minute=0, second=0, microsecond=0)] += 1
        figures.segments[row.rule] += row.segments if channel is Channel.SMS else 0
        by_customer.setdefault(row.customer_id, []).append(row.sent_at)
    elif row.state == MessageState.PLANNED:
        figures.waiting[row.rule] += 1
    elif row.state != MessageState.HELD:
        figures.silent[row.rule, Reason(row.reason)] += 1


def _subjects(connection: Connection) -> dict[Kind, int]:
    return {kind: count for kind, count in count_subjects(connection).items() if count}


def _held(connection: Connection) -> Iterator[Held]:
    message, batch = table_of(Message).c, table_of(Batch)
    query = (
        select(batch.c.rule, batch.c.reason, func.min(batch.c.created_at), func.count(message.id))
        .join(table_of(Message), message.batch == batch.c.id)
        .group_by(batch.c.rule, batch.c.reason)
        .order_by(func.min(batch.c.created_at))
    )
    for rule, reason, at, messages in connection.execute(query):
        yield Held(rule, Reason(reason), at, messages)


def most_written(by_customer: Mapping[str, Sequence[datetime]]) -> list[Written]:
    """Return those who would have got most; times in ascending order."""
    most = nlargest(MOST, by_customer.items(), key=lambda one: (len(one[1]), one[0]))
    return [Written(customer, len(times), _in_a_week(times)) for customer, times in most]


def _in_a_week(times: Sequence[datetime]) -> int:
    return max(bisect_left(times, at + WEEK) - place for place, at in enumerate(times))
