"""A time of day that is left out when the clocks go forward is known ahead."""

from __future__ import annotations

from datetime import date, time
from zoneinfo import ZoneInfo

import pytest

from outreach.timing.clock_changes import next_skipped


@pytest.mark.parametrize(
    ("zone", "at", "expected"),
    [
        ("Europe/Berlin", time(2, 30), date(2027, 3, 28)),
        ("Europe/Berlin", time(2, 0), date(2027, 3, 28)),
        ("Europe/Berlin", time(3, 0), None),  # the clocks jump to it
        ("Europe/Berlin", time(1, 59), None),
        ("America/New_York", time(2, 30), date(2027, 3, 14)),
        ("America/Santiago", time(0, 30), date(2027, 9, 5)),  # at midnight
        ("Australia/Lord_Howe", time(2, 15), date(2027, 10, 3)),  # half an hour only
        ("Asia/Tokyo", time(2, 30), None),  # no summer time
    ],
)
def test_the_next_day_without_it_is_found(zone: str, at: time, expected: date | None) -> None:
    assert next_skipped(at, ZoneInfo(zone), date(2026, 11, 22)) == expected
