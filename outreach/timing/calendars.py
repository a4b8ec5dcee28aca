"""Business calendars: when a team works, and what `4 business hours` from an instant is.

`add` and `subtract` belong together: `f <= subtract(now, D)` holds exactly when `add(f, D) <= now`.
So one threshold a pass, `subtract(now, D)`, says for every row whether D has gone by since `f`.

A **business hour** is an hour of open time. A **business day** moves to the next open day at the
same time on the clock: two after Friday 15:00 is Tuesday 15:00. What comes in while it is closed
counts from the next opening: two after Saturday is Wednesday 09:00.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import NamedTuple
from zoneinfo import ZoneInfo

from outreach.timing.durations import Duration
from outreach.timing.hours import Hours, format_days
from outreach.timing.instants import MICROSECOND, utc
from outreach.timing.public_holidays import is_public_holiday
from outreach.timing.wall_clock import first_instant, midnight, reading

DAY = timedelta(days=1)


class OpenDay(NamedTuple):
    """A local day with its opening and closing instants, in UTC."""

    day: date
    opens: datetime
    closes: datetime


@dataclass(frozen=True)
class Calendar:
    """When a team works; `days` count from Monday = 0, all times are on the clocks of `zone`.

    The country is looked up at the first question (ValueError if we have no holidays for it);
    whoever reads it from a file asks `public_holidays.check_country` first.
    """

    name: str
    zone: ZoneInfo
    days: frozenset[int]
    hours: Hours
    country: str | None = None
    subdivision: str | None = None
    closed: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        if not self.days:
            msg = f"calendar '{self.name}' is never open: name at least one day"
            raise ValueError(msg)

    def __str__(self) -> str:
        place = f", holidays of {self.country}" if self.country else ""
        return f"{self.name} ({format_days(self.days)} {self.hours} {self.zone.key}{place})"

    def is_open_on(self, day: date) -> bool:
        """Whether the team works on that local day."""
        if day.weekday() not in self.days or day in self.closed:
            return False
        return self.country is None or not is_public_holiday(day, self.country, self.subdivision)

    def open_intervals(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield the open stretches between two instants, in order, cut to fit."""
        start, end = utc(start), utc(end)
        for _, opens, closes in self._from(start):
            if opens >= end:
                return
            if closes > start:
                yield max(opens, start), min(closes, end)

    def add(self, instant: datetime, duration: Duration) -> datetime:
        """Return the earliest instant by which `duration` has gone by since `instant`.

        Days that are not business days are 24 hours here.
        """
        instant = utc(instant) + timedelta(days=duration.days, minutes=duration.minutes)
        if duration.business_days:
            instant = self._days_after(instant, duration.business_days)
        if duration.business_minutes:
            instant = self._time_after(instant, timedelta(minutes=duration.business_minutes))
        return instant

    def subtract(self, instant: datetime, duration: Duration) -> datetime:
        """Return the latest instant since which `duration` has gone by at `instant`."""
        instant = utc(instant)
        if duration.business_minutes:
            instant = self._time_before(instant, timedelta(minutes=duration.business_minutes))
        if duration.business_days:
            instant = self._days_before(instant, duration.business_days)
        return instant - timedelta(days=duration.days, minutes=duration.minutes)

    def _time_after(self, instant: datetime, left: timedelta) -> datetime:
        for _, opens, closes in self._from(instant):
            start = max(opens, instant)
            if start + left <= closes:
                return start + left
            left -= max(closes - start, timedelta(0))
        raise AssertionError  # the days ahead never end

    def _time_before(self, instant: datetime, left: timedelta) -> datetime:
        for _, opens, closes in self._until(instant):
            end = min(closes, instant)
            if end - left >= opens:
                return end - left
            left -= end - opens
        raise AssertionError  # nor do the days behind

    def _days_after(self, instant: datetime, count: int) -> datetime:
        ahead = (day for day in self._from(instant) if day.closes >= instant)
        here = next(ahead)
        if instant <= here.opens:
            clock = timedelta(minutes=self.hours.opens)
        else:
            clock = min(self._clock(here, instant), timedelta(minutes=self.hours.closes))
        there = next(islice(ahead, count - 1, None))
        return first_instant(midnight(there.day) + clock, self.zone)

    def _days_before(self, instant: datetime, count: int) -> datetime:
        behind = self._until(instant)
        here = next(behind)
        there = next(islice(behind, count - 1, None))
        if instant >= here.closes:
            return there.closes
        # the last instant at which the clock has got no further: all of a repeated hour is as late
        clock = midnight(there.day) + self._clock(here, instant)
        latest = first_instant(clock + MICROSECOND, self.zone) - MICROSECOND
        return min(max(latest, there.opens), there.closes)

    def _clock(self, here: OpenDay, instant: datetime) -> timedelta:
        return reading(instant, self.zone) - midnight(here.day)

    def _from(self, instant: datetime) -> Iterator[OpenDay]:
        """Yield open days in order, with every one that closes at or after `instant`."""
        # two days early: one for a closing at 24:00, one for zones that once skipped a whole day
        day = reading(instant, self.zone).date() - 2 * DAY
        while True:
            yield from self._open_day(day)
            day += DAY

    def _until(self, instant: datetime) -> Iterator[OpenDay]:
        """Yield open days backwards, from the last one that has opened by `instant`."""
        day = reading(instant, self.zone).date()
        while True:
            yield from (found for found in self._open_day(day) if found.opens <= instant)
            day -= DAY

    def _open_day(self, day: date) -> tuple[OpenDay, ...]:
        if not self.is_open_on(day):
            return ()
        span = self.hours.on(day, self.zone)
        return (OpenDay(day, *span),) if span else ()
