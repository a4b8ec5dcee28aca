"""Local times become instants exactly, on the nights when the clocks change too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from outreach.timing.wall_clock import first_instant, reading

BERLIN = "Europe/Berlin"


@pytest.mark.parametrize(
    ("zone", "wall", "expected"),
    [
        (BERLIN, "2026-01-15 09:00", "2026-01-15 08:00"),
        (BERLIN, "2026-07-15 09:00", "2026-07-15 07:00"),
        # skipped: the moment of the jump, wherever in the gap
        (BERLIN, "2026-03-29 02:00", "2026-03-29 01:00"),
        (BERLIN, "2026-03-29 02:30", "2026-03-29 01:00"),
        (BERLIN, "2026-03-29 02:59:59.999999", "2026-03-29 01:00"),
        (BERLIN, "2026-03-29 03:00", "2026-03-29 01:00"),
        # shown twice: the first time
        (BERLIN, "2026-10-25 02:30", "2026-10-25 00:30"),
        (BERLIN, "2026-10-25 03:00", "2026-10-25 02:00"),
        # half an hour only
        ("Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-03 15:30"),
        # the day Samoa left out
        ("Pacific/Apia", "2011-12-30 12:00", "2011-12-30 10:00"),
    ],
)
def test_a_local_time_is_its_first_instant(zone: str, wall: str, expected: str) -> None:
    found = first_instant(datetime.fromisoformat(wall), ZoneInfo(zone))
    assert found == datetime.fromisoformat(expected + "+00:00")


@pytest.mark.parametrize(
    ("zone", "instant", "expected"),
    [
        (BERLIN, "2026-07-15 07:00", "2026-07-15 09:00"),
        (BERLIN, "2026-03-29 01:00", "2026-03-29 03:00"),
        (BERLIN, "2026-10-25 00:30", "2026-10-25 02:30"),
        # in the repeated hour the clocks have been almost at three already
        (BERLIN, "2026-10-25 01:00", "2026-10-25 02:59:59.999999"),
        (BERLIN, "2026-10-25 01:59", "2026-10-25 02:59:59.999999"),
        (BERLIN, "2026-10-25 02:00", "2026-10-25 03:00"),
    ],
)
def test_a_reading_never_runs_backwards(zone: str, instant: str, expected: str) -> None:
    found = reading(datetime.fromisoformat(instant + "+00:00"), ZoneInfo(zone))
    assert found == datetime.fromisoformat(expected)


CHANGES = (
    (BERLIN, datetime(2026, 3, 29, 1, tzinfo=UTC)),
    (BERLIN, datetime(2026, 10, 25, 1, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 4, 4, 15, tzinfo=UTC)),
    ("America/Havana", datetime(2026, 11, 1, 5, tzinfo=UTC)),  # from 01:00 back to midnight
    ("Africa/Casablanca", datetime(2026, 2, 15, 2, tzinfo=UTC)),
    ("Pacific/Apia", datetime(2011, 12, 30, 10, tzinfo=UTC)),
    ("America/St_Johns", datetime(2011, 3, 13, 3, 31, tzinfo=UTC)),  # at one minute past midnight
    ("America/St_Johns", datetime(2010, 11, 7, 2, 31, tzinfo=UTC)),  # back across midnight
    ("Pacific/Kwajalein", datetime(1969, 9, 30, 13, tzinfo=UTC)),  # a day twice
)


@given(
    change=st.sampled_from(CHANGES),
    wall_offset=st.timedeltas(timedelta(hours=-40), timedelta(hours=40)),
    instant_offset=st.timedeltas(timedelta(hours=-26), timedelta(hours=26)),
)
@example(change=CHANGES[1], wall_offset=timedelta(hours=1), instant_offset=timedelta(0))
def test_first_instant_and_reading_fit_together(
    change: tuple[str, datetime], wall_offset: timedelta, instant_offset: timedelta
) -> None:
    zone = ZoneInfo(change[0])
    wall = (change[1] + wall_offset).replace(tzinfo=None)
    instant = change[1] + instant_offset
    assert (first_instant(wall, zone) <= instant) == (wall <= reading(instant, zone))
    # and at the very edges, where chance seldom looks
    first = first_instant(wall, zone)
    assert reading(first, zone) >= wall
    assert reading(first - timedelta(microseconds=1), zone) < wall
