"""How short and how long a duration can turn out: business time depends on when it begins."""

from __future__ import annotations

from datetime import timedelta

from outreach.timing.calendars import Calendar
from outreach.timing.durations import Duration

HOUR = timedelta(hours=1)


def shortest(duration: Duration) -> timedelta:
    """Return the least time that a duration takes, in any calendar."""
    if not duration.is_business:
        return duration.fixed
    days = timedelta(days=duration.days + duration.business_days)
    minutes = timedelta(minutes=duration.minutes + duration.business_minutes)
    # a business day later is at least a day later, but for the night when clocks go forward
    return days + minutes - (HOUR if duration.business_days else timedelta())


def longest(duration: Duration, calendar: Calendar | None) -> timedelta:
    """Return more time than a duration ever takes in its calendar.

    Business time is taken generously: twice the days that the hours of the calendar need, and two
    weeks for holidays on top.
    """
    if not duration.is_business or calendar is None:
        return timedelta(days=duration.days, minutes=duration.minutes)
    a_day = calendar.hours.closes - calendar.hours.opens
    open_days = duration.business_days + -(-duration.business_minutes // a_day)
    weeks = -(-open_days // len(calendar.days))
    return timedelta(days=duration.days + 2 * 7 * weeks + 14, minutes=duration.minutes)


def is_surely_as_long(one: Duration, other: Duration) -> bool:
    """Whether one duration always takes at least as long as the other, both in one calendar."""
    if not other.is_business:
        return shortest(one) >= other.fixed
    if (one.days, one.minutes) != (other.days, other.minutes):
        return False
    return (
        one.business_days >= other.business_days and one.business_minutes >= other.business_minutes
    )
