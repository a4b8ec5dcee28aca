"""The clocks: the machine's own, and the one that stands still until it is moved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from outreach.clock import Clock, MovingClock, SystemClock

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_system_clock_tells_the_machines_time_in_utc() -> None:
    before = datetime.now(UTC)
    now = SystemClock().now()
    assert before <= now <= datetime.now(UTC)
    assert now.tzinfo is UTC


def test_moving_clock_stands_still() -> None:
    clock = MovingClock(NOON)
    assert clock.now() == clock.now() == NOON


def test_moving_clock_speaks_utc_wherever_it_was_started() -> None:
    clock = MovingClock(NOON.astimezone(ZoneInfo("Europe/Berlin")))
    assert clock.now() == NOON
    assert clock.now().tzinfo is UTC


def test_advance_moves_and_returns_the_new_time() -> None:
    clock = MovingClock(NOON)
    assert clock.advance(timedelta(hours=3)) == NOON + timedelta(hours=3)
    assert clock.now() == NOON + timedelta(hours=3)


@pytest.mark.parametrize(
    ("instant", "expected"),
    [
        (NOON, NOON),  # to where it stands: nothing happens
        (NOON + timedelta(days=1), NOON + timedelta(days=1)),
        # given in another zone, told in UTC
        (
            datetime(2026, 11, 22, 14, tzinfo=ZoneInfo("Europe/Berlin")),
            datetime(2026, 11, 22, 13, tzinfo=UTC),
        ),
    ],
)
def test_move_to_goes_to_an_instant(instant: datetime, expected: datetime) -> None:
    clock = MovingClock(NOON)
    assert clock.move_to(instant) == expected
    assert clock.now().tzinfo is UTC


def test_clock_never_goes_back() -> None:
    clock = MovingClock(NOON)
    with pytest.raises(ValueError, match="cannot go back"):
        clock.move_to(NOON - timedelta(microseconds=1))
    with pytest.raises(ValueError, match="cannot go back"):
        clock.advance(timedelta(seconds=-1))
    assert clock.now() == NOON


def test_a_time_without_a_zone_is_refused() -> None:
    naive = NOON.replace(tzinfo=None)
    with pytest.raises(ValueError, match="names no zone"):
        MovingClock(naive)
    with pytest.raises(ValueError, match="names no zone"):
        MovingClock(NOON).move_to(naive + timedelta(days=1))


def test_clocks_take_each_others_place() -> None:
    clocks: list[Clock] = [SystemClock(), MovingClock(NOON)]
    assert all(clock.now().tzinfo is UTC for clock in clocks)
