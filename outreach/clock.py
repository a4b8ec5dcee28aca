"""The only place that asks the system what time it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol


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
    """A clock that stands still until it is moved: simulations, rule tests, stories."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def advance(self, by: timedelta) -> datetime:
        """Move forward and return the new time."""
        self._now += by
        return self._now

    def move_to(self, instant: datetime) -> datetime:
        """Move forward to an instant; going back raises ValueError."""
        if instant < self._now:
            msg = f"the clock cannot go back from {self._now} to {instant}"
            raise ValueError(msg)
        self._now = instant.astimezone(UTC)
        return self._now
