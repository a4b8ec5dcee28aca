"""Waiting: `3 days` later at the same time on the clock, `4 business hours` later, `at 10:00`."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from outreach.timing.durations import Duration
from outreach.timing.instants import utc
from outreach.timing.wall_clock import first_instant

if TYPE_CHECKING:  # a command that only reads a time need not load calendars
    from outreach.timing.calendars import Calendar

DAY = timedelta(days=1)


def add_local(
    instant: datetime,
    duration: Duration,
    zone: ZoneInfo,
    at: time | None = None,
    calendar: Calendar | None = None,
) -> datetime:
    """Return the instant `duration` later, and from there the first with the clock at `at`.

    Days keep the time on the clock of `zone`; hours are hours. Business time is counted by the
    calendar, on its own clock: ValueError without one.
    """
    later = shift_days(instant, duration.days, zone) + timedelta(minutes=duration.minutes)
    if duration.is_business:
        if calendar is None:
            msg = f"'{duration}' needs a calendar: name one in the rule, `calendar: …`"
            raise ValueError(msg)
        business_days, business_minutes = duration.business_days, duration.business_minutes
        business = Duration(business_days=business_days, business_minutes=business_minutes)
        later = calendar.add(later, business)
    return later if at is None else next_clock(later, at, zone)


def shift_days(instant: datetime, days: int, zone: ZoneInfo) -> datetime:
    """Return the instant some days later (earlier if negative) at the same time on the clock."""
    if days == 0:
        return utc(instant)
    local = utc(instant).astimezone(zone).replace(tzinfo=None)
    return first_instant(local + timedelta(days=days), zone)


def next_clock(instant: datetime, at: time, zone: ZoneInfo) -> datetime:
    """Return the first instant from `instant` on that is `at` o'clock in `zone`."""
    day = utc(instant).astimezone(zone).date()
    while (found := first_instant(datetime.combine(day, at), zone)) < instant:
        day += DAY
    return found
