"""Tickets of a report: how long customers waited, and what they wrote about."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from outreach.deciding.reporting.figures import Handled, Handling, Spell, Theme
from outreach.deciding.statistics import quantile
from outreach.store.figures import tickets
from outreach.store.types import Record
from outreach.timing.calendars import Calendar
from outreach.timing.instants import MICROSECOND
from outreach.timing.open_time import OpenTime
from outreach.timing.weeks import Weeks

Topics = Callable[[Connection, Weeks], Sequence[Record]]
COLUMNS = {Handled.FIRST_REPLY: "first_replied_at", Handled.RESOLUTION: "resolved_at"}
#: topics that are named; the others are counted together
MOST = 8
OTHERS = "other"


def handling(
    connection: Connection, what: Handled, weeks: Weeks, calendar: Calendar | None
) -> Handling:
    """Say how long customers waited, in a team's open hours if a calendar is given."""
    now = tickets.waits(connection, COLUMNS[what], weeks)
    before = tickets.waits(connection, COLUMNS[what], weeks.before())
    took = _measured(calendar, [*now, *before])
    by_week: dict[int, list[timedelta]] = defaultdict(list)
    for (_, end), length in zip(now, took, strict=False):
        by_week[bisect_right(weeks.starts, end) - 1].append(length)
    return Handling(
        what=what,
        calendar=calendar.name if calendar else "",
        whole=_spell(took[: len(now)]),
        weeks=tuple(_spell(by_week[week]) for week in range(len(weeks.starts))),
        before=_spell(took[len(now) :]),
    )


def themes(
    connection: Connection, weeks: Weeks, read: Topics = tickets.topics
) -> tuple[Theme, ...]:
    """Return what tickets were about, the most frequent first, and all that is rare together."""
    counts: Counter[tuple[str, int]] = Counter()
    for row in read(connection, weeks):
        counts[row.topic, row.week] += row.tickets
    before: Counter[str] = Counter()
    for row in read(connection, weeks.before()):
        before[row.topic] += row.tickets
    total: Counter[str] = Counter()
    for (topic, _), count in counts.items():
        total[topic] += count
    ranked = sorted(total, key=lambda topic: (topic == OTHERS, -total[topic], topic))
    named = ranked if len(ranked) <= MOST else ranked[: MOST - 1]
    found = [_theme(topic, [topic], counts, before, weeks) for topic in named]
    if rest := ranked[len(named) :]:
        found.append(_theme(OTHERS, rest, counts, before, weeks))
    return tuple(found)


def _theme(
    name: str,
    topics: Sequence[str],
    counts: Counter[tuple[str, int]],
    before: Counter[str],
    weeks: Weeks,
) -> Theme:
    by_week = (sum(counts[topic, week] for topic in topics) for week in range(len(weeks.starts)))
    return Theme(name, tuple(by_week), sum(before[topic] for topic in topics))


def _measured(
    calendar: Calendar | None, pairs: Sequence[tuple[datetime, datetime]]
) -> list[timedelta]:
    if calendar is None or not pairs:
        return [end - start for start, end in pairs]
    first, last = min(start for start, _ in pairs), max(end for _, end in pairs)
    open_time = OpenTime(calendar, first, last)
    return [open_time.between(start, end) for start, end in pairs]


def _spell(lengths: Iterable[timedelta]) -> Spell:
    ordered = sorted(length / MICROSECOND for length in lengths)
    if not ordered:
        return Spell()
    return Spell(
        len(ordered), quantile(ordered, 0.5) * MICROSECOND, quantile(ordered, 0.9) * MICROSECOND
    )
