"""Times of day that do not exist: when clocks go forward, an hour of the night is left out."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from outreach.timing.wall_clock import first_instant

DAY = timedelta(days=1)
#: long enough for every rule of summer time to have shown itself
LOOKED_AHEAD = 400


def next_skipped(at: time, zone: ZoneInfo, since: date) -> date | None:
    """Return the next day on which clocks in `zone` never show `at`; None if there is none."""
    for ahead in range(LOOKED_AHEAD):
        day = since + ahead * DAY
        wall = datetime.combine(day, at)
        if first_instant(wall, zone).astimezone(zone).replace(tzinfo=None) != wall:
            return day
    return None
