"""The only place that asks the system what time it is."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


def elapsed() -> float:
    """Return seconds since some instant, to compare: those, too, in which the machine slept."""
    # where there is one: the monotonic clock stands still meanwhile
    which = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if which is None else time.clock_gettime(which)


class Clock(Protocol):
    """Something that knows what time it is."""

    def now(self) -> datetime:
        """Return the current instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class MovingClock:
    """A clock that stands still until it is moved: simulations, rule tests, stories.

    Instants without a zone raise ValueError: the machine's own would be taken for theirs.
    """

    def __init__(self, start: datetime) -> None:
        self._now = _aware(start)

    def now(self) -> datetime:
        return self._now

    def advance(self, by: timedelta) -> datetime:
        """Move forward and return the new time; going back raises ValueError."""
        return self.move_to(self._now + by)

    def move_to(self, instant: datetime) -> datetime:
        """Move forward to an instant; going back raises ValueError."""
        instant = _aware(instant)
        if instant < self._now:
            msg = f"the clock cannot go back from {self._now} to {instant}"
            raise ValueError(msg)
        self._now = instant
        return self._now


def _aware(instant: datetime) -> datetime:
    """Return an instant in UTC; raises ValueError for one that names no zone."""
    if instant.tzinfo is None:
        raise ValueError(f"{instant} names no zone: a clock needs an aware datetime")
    return instant.astimezone(UTC)
