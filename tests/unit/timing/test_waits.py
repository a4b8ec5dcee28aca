"""Waits keep the time on the clock where days are meant, and count hours where hours are."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from outreach.timing.calendars import Calendar
from outreach.timing.durations import Duration, parse_duration
from outreach.timing.hours import WEEKDAYS, parse_hours
from outreach.timing.waits import add_local
from tests.unit.berlin import BERLIN, berlin

OFFICE = Calendar("office", BERLIN, WEEKDAYS, parse_hours("09:00-17:00"), "DE")


@pytest.mark.parametrize(
    ("start", "duration", "at", "end"),
    [
        ("2026-11-23 15:00", "3 days", None, "2026-11-26 15:00"),
        # across both changes of the clocks
        ("2026-03-27 15:00", "3 days", None, "2026-03-30 15:00"),
        ("2026-10-23 15:00", "3 days", None, "2026-10-26 15:00"),
        # 24 hours are not a day
        ("2026-03-28 15:00", "24 hours", None, "2026-03-29 16:00"),
        ("2026-03-28 15:00", "1 day 2 hours", None, "2026-03-29 17:00"),
        # a time that is skipped: when the clocks jump; one that comes twice: the first
        ("2026-03-28 02:30", "1 day", None, "2026-03-29 03:00"),
        ("2026-10-24 02:30", "1 day", None, "2026-10-25 02:30"),
        # at: the first such time from then on
        ("2026-11-23 09:00", "1 day", "10:00", "2026-11-24 10:00"),
        ("2026-11-23 15:00", "1 day", "10:00", "2026-11-25 10:00"),
        ("2026-11-23 10:00", "1 day", "10:00", "2026-11-24 10:00"),
        ("2026-03-28 12:00", "2 hours", "02:30", "2026-03-29 03:00"),
        # business time
        ("2026-11-20 15:00", "4 business hours", None, "2026-11-23 11:00"),
        ("2026-11-20 15:00", "2 business days", "18:00", "2026-11-24 18:00"),
        ("2026-11-20 15:00", "1 day 1 business hour", None, "2026-11-23 10:00"),
    ],
)
def test_a_wait_ends(start: str, duration: str, at: str | None, end: str) -> None:
    clock = time.fromisoformat(at) if at else None
    found = add_local(berlin(start), parse_duration(duration), BERLIN, clock, OFFICE)
    assert found == berlin(end)
    assert found.tzinfo is UTC


def test_in_the_repeated_hour_at_means_its_first_showing() -> None:
    between = datetime(2026, 10, 25, 0, 45, tzinfo=UTC)  # 02:45, for the first time
    assert add_local(between, Duration(), BERLIN, time(2, 30)) == berlin("2026-10-26 02:30")


def test_days_are_counted_on_the_recipients_clock() -> None:
    start = datetime(2026, 3, 28, 12, tzinfo=UTC)
    day = parse_duration("1 day")
    assert add_local(start, day, BERLIN) == datetime(2026, 3, 29, 11, tzinfo=UTC)
    assert add_local(start, day, ZoneInfo("Asia/Tokyo")) == datetime(2026, 3, 29, 12, tzinfo=UTC)


def test_business_time_without_a_calendar_is_refused() -> None:
    with pytest.raises(ValueError, match="'4 business hours' needs a calendar"):
        add_local(berlin("2026-11-23 15:00"), parse_duration("4 business hours"), BERLIN)
