"""Counting what comes in, and saying it now and then: a flood of requests is no flood of lines."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from datetime import datetime, timedelta

import structlog

log = structlog.get_logger(__name__)

#: one line of a kind and provider in this time
EVERY = timedelta(minutes=1)
TAKEN, REFUSED, FAILED = "Took receipts", "Refused requests", "Could not keep receipts"
HEARD = "Took replies"
CHOSEN, UNANSWERED = "Customers chose", "Could not answer customers"
_LOUD = (REFUSED, FAILED, UNANSWERED)


class Tally:
    """Counts by provider what was taken, refused or failed. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        self._unsaid: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        self._said_at: dict[tuple[str, str], datetime] = {}

    def add(self, what: str, provider: str, counts: dict[str, int], now: datetime) -> None:
        """Count something; say it with all that was not said yet, the first time at once."""
        key = (what, provider)
        with self._lock:
            self._counts[key].update(counts)
            self._unsaid[key].update(counts)
            said_at = self._said_at.get(key)
            if said_at is not None and now - said_at < EVERY:
                return
            self._said_at[key] = now
            said = self._unsaid.pop(key)
        _say(key, said)

    def count(self, what: str, provider: str) -> dict[str, int]:
        """Return what was counted since the start."""
        with self._lock:
            return dict(self._counts[what, provider])

    def flush(self) -> None:
        """Say what was not said yet."""
        with self._lock:
            unsaid, self._unsaid = self._unsaid, defaultdict(Counter)
        for key, counts in unsaid.items():
            _say(key, counts)


def _say(key: tuple[str, str], counts: Counter[str]) -> None:
    what, provider = key
    say = log.warning if what in _LOUD else log.info
    say(what, provider=provider, **{name: count for name, count in counts.items() if count})
