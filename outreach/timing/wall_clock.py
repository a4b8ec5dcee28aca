"""Between the clock on a wall and the instant, exactly, on the nights when clocks change too.

`first_instant` and `reading` fit together: `first_instant(w) <= t` holds exactly when
`w <= reading(t)`. All that turns local times into instants in this package rests on that.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from outreach.timing.instants import MICROSECOND

SECOND = timedelta(seconds=1)


def first_instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the first instant at which clocks in `zone` show `wall` (naive) or later.

    A time that the clocks skip is the moment they jump; of a time they show twice, the first.
    """
    instant = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    other = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return _turn(zone, other, instant) if other < instant else instant


def reading(instant: datetime, zone: ZoneInfo) -> datetime:
    """Return how far clocks in `zone` have got by `instant`, as a naive local time.

    It never runs backwards: through the repeated hour in autumn it stands still.
    """
    local = instant.astimezone(zone)
    if local.fold == 0:
        return local.replace(tzinfo=None)
    repeated = _offset(local.replace(fold=0)) - _offset(local)
    turned = _turn(zone, instant - repeated, instant)
    return (turned - MICROSECOND).astimezone(zone).replace(tzinfo=None)


def midnight(day: date) -> datetime:
    """Return the naive local time at which `day` begins."""
    return datetime.combine(day, time.min)


def _turn(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """Return the instant in (before, after] at which the zone's offset changes: a whole second."""
    low, high = before.replace(microsecond=0), after.replace(microsecond=0)
    if high < after:
        high += SECOND
    new_offset = _offset(high.astimezone(zone))
    while high - low > SECOND:
        middle = (low + (high - low) / 2).replace(microsecond=0)
        if _offset(middle.astimezone(zone)) == new_offset:
            high = middle
        else:
            low = middle
    return high


def _offset(local: datetime) -> timedelta:
    offset = local.utcoffset()
    assert offset is not None  # every datetime here carries a ZoneInfo
    return offset
