"""Open time: how long a team worked between two instants, for many pairs of them at once."""

from __future__ import annotations

from bisect import bisect_right
from datetime import datetime, timedelta
from itertools import accumulate

from outreach.timing.calendars import Calendar


class OpenTime:
    """The open hours of a calendar between two instants, added up once."""

    def __init__(self, calendar: Calendar, start: datetime, end: datetime) -> None:
        self._open = list(calendar.open_intervals(start, end))
        self._begins = [opens for opens, _ in self._open]
        lengths = (closes - opens for opens, closes in self._open)
        self._before = list(accumulate(lengths, initial=timedelta(0)))

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Return the open time between two of its instants; nothing when `end` comes first."""
        return max(self._until(end) - self._until(start), timedelta(0))

    def _until(self, instant: datetime) -> timedelta:
        """Return the open time from the beginning up to an instant."""
        place = bisect_right(self._begins, instant) - 1
        if place < 0:
            return timedelta(0)
        opens, closes = self._open[place]
        return self._before[place] + min(instant, closes) - opens
