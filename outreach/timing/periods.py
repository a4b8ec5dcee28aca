"""Stretches of the calendar that an occurrence can be bound to: day, week, month, quarter, year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from outreach.timing.wall_clock import first_instant, midnight


class Period(StrEnum):
    """A stretch of the calendar, in the workspace's zone."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


@dataclass(frozen=True)
class Stretch:
    """One period: its name as it stands in keys, and its instants, start <= t < end."""

    name: str
    start: datetime
    end: datetime


def stretch_of(instant: datetime, period: Period, zone: ZoneInfo) -> Stretch:
    """Return the period an instant lies in."""
    day = instant.astimezone(zone).date()
    first, after, name = _days(day, period)
    return Stretch(name, *(first_instant(midnight(edge), zone) for edge in (first, after)))


def _days(day: date, period: Period) -> tuple[date, date, str]:
    match period:
        case Period.DAY:
            return day, day + timedelta(days=1), day.isoformat()
        case Period.WEEK:
            monday = day - timedelta(days=day.weekday())
            year, week, _ = day.isocalendar()
            return monday, monday + timedelta(days=7), f"{year}-W{week:02}"
        case Period.MONTH:
            return _months(day, 1, f"{day:%Y-%m}")
        case Period.QUARTER:
            return _months(day, 3, f"{day.year}-Q{(day.month + 2) // 3}")
        case Period.YEAR:
            return _months(day, 12, f"{day.year}")


def _months(day: date, length: int, name: str) -> tuple[date, date, str]:
    first = day.month - 1 - (day.month - 1) % length
    after = first + length
    return (
        date(day.year, first + 1, 1),
        date(day.year + after // 12, after % 12 + 1, 1),
        name,
    )
