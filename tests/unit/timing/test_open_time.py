"""Open time between two instants is what counting by hand gives, and what a calendar adds."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from outreach.timing.calendars import Calendar
from outreach.timing.durations import Duration
from outreach.timing.hours import parse_days, parse_hours
from outreach.timing.open_time import OpenTime
from tests.unit.berlin import BERLIN, berlin

DESK = Calendar("desk", BERLIN, parse_days("mon-fri"), parse_hours("09:00-17:00"), "DE")
OPEN = OpenTime(DESK, berlin("2026-10-01 00:00"), berlin("2026-12-31 00:00"))


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-11-20 13:00", "2026-11-20 15:30", 2.5),  # a Friday
        ("2026-11-20 16:00", "2026-11-23 10:00", 2),  # over the weekend
        ("2026-11-20 18:00", "2026-11-23 08:00", 0),  # nobody was there
        ("2026-11-21 12:00", "2026-11-24 12:00", 11),
        ("2026-10-23 16:00", "2026-10-26 10:00", 2),  # the clocks went back in between
        ("2026-12-24 16:00", "2026-12-28 10:00", 2),  # Christmas is a Friday
        ("2026-11-20 13:00", "2026-11-20 13:00", 0),
        ("2026-11-20 13:00", "2026-11-19 13:00", 0),  # backwards
    ],
)
def test_only_open_hours_count(start: str, end: str, hours: float) -> None:
    assert OPEN.between(berlin(start), berlin(end)) == timedelta(hours=hours)


def test_it_is_what_the_calendar_adds() -> None:
    draw = random.Random(7)
    for _ in range(200):
        start = berlin("2026-10-05 09:00") + timedelta(minutes=draw.randrange(60_000))
        minutes = draw.randrange(1, 3_000)
        end = DESK.add(start, Duration(business_minutes=minutes))
        assert OPEN.between(start, end) == timedelta(minutes=minutes)
