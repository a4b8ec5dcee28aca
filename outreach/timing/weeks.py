"""Weeks: a stretch of time cut into weeks, Monday to Sunday, on the clocks of one zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from outreach.timing.instants import MICROSECOND, utc
from outreach.timing.wall_clock import first_instant, midnight

DAY = timedelta(days=1)
WEEK = 7 * DAY


@dataclass(frozen=True)
class Weeks:
    """From `since` up to but not including `until`; the first and the last week may be cut short.

    `starts` is when each week begins, the first one at `since`.
    """

    starts: tuple[datetime, ...]
    until: datetime
    zone: ZoneInfo

    @property
    def since(self) -> datetime:
        return self.starts[0]

    @property
    def days(self) -> tuple[date, ...]:
        """The day on which each week begins."""
        return tuple(start.astimezone(self.zone).date() for start in self.starts)

    @property
    def last_day(self) -> date:
        """The last day that belongs to it."""
        return (self.until - MICROSECOND).astimezone(self.zone).date()

    def before(self) -> Weeks:
        """Return the time just before, exactly as long."""
        return between(self.since - (self.until - self.since), self.since, self.zone)


def whole_weeks(count: int, now: datetime, zone: ZoneInfo) -> Weeks:
    """Return the last weeks that are over; raises ValueError for none."""
    if count < 1:
        raise ValueError("at least one week")
    today = now.astimezone(zone).date()
    monday = today - today.weekday() * DAY
    return between(_begin(monday - count * WEEK, zone), _begin(monday, zone), zone)


def between(since: datetime, until: datetime, zone: ZoneInfo) -> Weeks:
    """Cut a time into weeks; raises ValueError when it ends before it begins."""
    since, until = utc(since), utc(until)
    if since >= until:
        raise ValueError("it must end after it begins")
    starts = [since]
    day = since.astimezone(zone).date()
    monday = day - day.weekday() * DAY + WEEK
    while (start := _begin(monday, zone)) < until:
        starts.append(start)
        monday += WEEK
    return Weeks(tuple(starts), until, zone)


def _begin(day: date, zone: ZoneInfo) -> datetime:
    return first_instant(midnight(day), zone)
